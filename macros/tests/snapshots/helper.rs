fn both<'a>(
    a: &'a str,
) -> ::mainspring::Task<
    impl ::core::future::Future<Output = Result<(u64, &'a str)>> + ::core::marker::Send,
> {
    #[allow(unused_imports)]
    use ::mainspring::__private::Gate as _;
    ::mainspring::__private::durable(async move {
        #[allow(unreachable_code, clippy::all, clippy::pedantic)]
        if false {
            let __output: Result<(u64, &'a str)> = loop {};
            return __output;
        }
        let later = ::mainspring::__private::durable(async move {
            price(2).__durable().await
        });
        println!("{}", price(1).__durable(). await ?);
        Ok((later.__durable().await?, a))
    })
}
const _: () = {
    #[deprecated(
        note = "it prints again on every replay: use `workflow::info!` and its siblings, which are silent on replay; see https://github.com/mainspring-rs/mainspring/blob/main/docs/errors/MS0407.md"
    )]
    const MS0407: () = ();
    #[allow(clippy::let_unit_value)]
    {
        let _ = MS0407;
    }
};

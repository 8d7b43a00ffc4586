// What both benchmarks measure. A macro crate exports nothing but macros, so its modules are compiled in here. The tokens
// are those of proc-macro2, not of the compiler; parsing them is measured as well, which rustc does in any case.

extern crate proc_macro;

#[path = "../../src/attrs/mod.rs"]
mod attrs;
#[path = "../../src/check.rs"]
mod check;
#[path = "../../src/determinism/mod.rs"]
mod determinism;
#[path = "../../src/diagnostics.rs"]
mod diagnostics;
#[path = "../../src/duration.rs"]
mod duration;
#[path = "../../src/expand/mod.rs"]
mod expand;
#[path = "../../src/expected.rs"]
mod expected;
#[path = "../../src/gate.rs"]
mod gate;
#[path = "../../src/krate.rs"]
mod krate;
#[path = "../../src/model/mod.rs"]
mod model;
#[path = "../../src/syntax.rs"]
mod syntax;

use proc_macro2::TokenStream;

const LINES: usize = 2_000;

/// One `impl` of a workflow, as long as asked for.
fn source() -> String {
    let mut code = String::from(
        "impl Order {\n#[run]\npub async fn run(&self, total: u64) -> Result<u64> { self.step0(total).await }\n",
    );
    let mut method = 0;
    while code.lines().count() < LINES {
        code.push_str(&format!(
            "    async fn step{method}(&self, n: u64) -> Result<u64> {{
                let prices: BTreeMap<u32, u64> = BTreeMap::new();
                let mut sum = 0;
                for (sku, price) in &prices {{
                    let quote = activities.quote(*sku, *price).start_to_close(\"10s\").await?;
                    if quote.total > n && self.limits.borrow().contains(&quote.sku) {{
                        sum += quote.total * u64::from(*sku);
                        workflow::info!(\"{{}} of {{}}\", sum, quote.sku);
                    }}
                }}
                let later = async move {{ workflow::sleep(\"1 day\").await }};
                select! {{
                    _ = later => {{}}
                    paid = workflow::wait_until(|| self.paid.get() >= sum) => paid?,
                }}
                match self.state.get() {{
                    Phase::Open if sum > 10 => Ok(sum),
                    Phase::Closed {{ reason, .. }} => Err(ApplicationError::new(\"Closed\", reason).into()),
                    _ => Ok(n),
                }}
            }}\n"
        ));
        method += 1;
    }
    code.push('}');
    code
}

/// Parses and expands it.
fn expand_all(source: &str) -> TokenStream {
    let item: TokenStream = source.parse().expect("the source is balanced");
    let expansion = expand::workflow(TokenStream::new(), item);
    assert!(!expansion.is_empty());
    expansion
}

//! `#[mainspring::main]`: an asynchronous `main` on a runtime, so that programs need no other dependency for it.
//!
//! ```text
//! fn main() -> Result<()> {
//!     async fn main() -> Result<()> { .. }
//!     ::mainspring::__private::run_main(main())
//! }
//! ```

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Diagnostics;
use crate::krate;
use crate::syntax::{Function, Item};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let diagnostics = Diagnostics::new();
    if !options.is_empty() {
        diagnostics.error_over(options, "`#[mainspring::main]` takes no options");
    }
    let out = match Item::parse(item.clone()) {
        Err(error) => return super::unparsed(item, error),
        Ok(Item::Function(function)) => main(*function, item, &diagnostics),
        Ok(_) => {
            diagnostics.error_over(&item, "`#[mainspring::main]` goes on `async fn main()`");
            item
        }
    };
    super::with(out, diagnostics)
}

fn main(function: Function, item: TokenStream, diagnostics: &Diagnostics) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = function;
    if sig.asyncness.is_none() {
        diagnostics.error(
            sig.fn_token.span,
            "`#[mainspring::main]` goes on an `async fn`: it is what runs it",
        );
        return item;
    }
    if !sig.inputs.is_empty() {
        diagnostics.error_over(&sig.inputs, "`main` has no parameters");
        return quote!(#vis fn main() {});
    }
    let (krate, name, output) = (krate::path(), &sig.ident, &sig.output);
    quote! {
        #(#attrs)*
        #vis fn #name() #output {
            #sig #body
            #krate::__private::run_main(#name())
        }
    }
}

//! Shared handles in the state of a workflow (MS0502): locks, atomics, pools and clients in the fields of its struct.
//!
//! The attribute stands on the `impl`; the struct is read from the file, so one in another file is not seen. Only names
//! that the file explains count, so that `workflow::Mutex` or a type of the user's called `Pool` is none.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::path::PathTokens;
use super::scope::Scope;

/// What can change without a message of the workflow's history; `..::` stands for all of a module or crate.
const SHARED: &[&str] = &[
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::Condvar",
    "std::sync::OnceLock",
    "std::sync::LazyLock",
    "std::sync::atomic::",
    "std::cell::",
    "std::rc::",
    "tokio::sync::",
    "parking_lot::",
    "dashmap::",
    "r2d2::",
    "bb8::",
    "deadpool::",
    "sqlx::Pool",
    "sqlx::PgPool",
    "sqlx::MySqlPool",
    "sqlx::SqlitePool",
    "sqlx::AnyPool",
    "reqwest::Client",
    "redis::Client",
    "mongodb::Client",
    "mongodb::Database",
    "mongodb::Collection",
    "mainspring::Client",
    "mainspring::client::",
];

/// The first field that holds such a thing, and the thing's full path.
pub(super) fn shared(item: &syn::ItemStruct, scope: &Scope) -> Option<(String, String)> {
    let mut fields = item.fields.iter().enumerate();
    fields.find_map(|(position, field)| {
        let name = field
            .ident
            .as_ref()
            .map_or_else(|| position.to_string(), ToString::to_string);
        let found = shared_type(field.ty.to_token_stream(), scope)?;
        Some((name, found))
    })
}

fn shared_type(ty: TokenStream, scope: &Scope) -> Option<String> {
    let tokens: Vec<TokenTree> = ty.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if let Some(path) = PathTokens::at(&tokens[at..]) {
            let full = scope.resolve(&path.names).join("::");
            if SHARED.iter().any(|shared| is_covered(&full, shared)) {
                return Some(full);
            }
            at += path.length;
            continue;
        }
        if let TokenTree::Group(group) = &tokens[at]
            && let Some(found) = shared_type(group.stream(), scope)
        {
            return Some(found);
        }
        at += 1;
    }
    None
}

fn is_covered(full: &str, shared: &str) -> bool {
    full == shared || (shared.ends_with("::") && full.starts_with(shared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: Option<(&str, &str)>) {
        let scope = Scope::of_source(source, "impl  for Order");
        let found = scope.shared_field("Order");
        let found = found.map(|(field, ty)| (field.as_str(), ty.as_str()));
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn locks_pools_and_clients_are_found_through_names_and_arguments() {
        check(
            "use std::sync::{Arc, Mutex as M}; struct Order { n: u32, list: Arc<M<Vec<u32>>> } impl Order {}",
            Some(("list", "std::sync::Mutex")),
        );
        check(
            "struct Order(u32, State<(u8, core::sync::atomic::AtomicU32)>); impl Order {}",
            Some(("1", "std::sync::atomic::AtomicU32")),
        );
        check(
            "use sqlx::PgPool; struct Order { pool: Option<PgPool> } impl Order {}",
            Some(("pool", "sqlx::PgPool")),
        );
    }

    #[test]
    fn what_only_looks_like_it_is_quiet() {
        check(
            "use mainspring::{State, workflow}; struct Order { a: State<u8>, b: workflow::Mutex<u8>, c: std::sync::Arc<str> } impl Order {}",
            None,
        );
        check(
            "use mine::Mutex; struct PgPool; struct Order { a: Mutex<u8>, b: PgPool } impl Order {}",
            None,
        );
    }
}

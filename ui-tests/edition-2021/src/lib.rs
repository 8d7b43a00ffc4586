//! Expansions bring the rules of their own edition along: what `impl` captures, above all.

#![deny(warnings)]
#![allow(dead_code)]

use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

#[workflow_fn]
async fn borrows<'a>(a: &'a str, b: &str, mut n: u32) -> Result<&'a str> {
    n += b.len() as u32;
    price(n).await?;
    Ok(a)
}

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self, name: String) -> Result<String>;
    #[signal]
    fn approve(&self, by: String);
}

#[derive(Default)]
struct W {
    by: State<String>,
}

#[workflow]
impl Greeting for W {
    async fn greet(&self, name: String) -> Result<String> {
        let (a, b) = join!(price(1), self.both(&name));
        select! {
            _ = workflow::sleep("1s") => {}
            _ = async { price(1).await } => {}
        }
        Ok(format!("{} {}", a?, b?))
    }
    fn approve(&self, by: String) {
        self.by.set(by)
    }
}

#[workflow]
impl W {
    async fn both(&self, name: &str) -> Result<String> {
        let list = workflow::join_all((0..3).map(|sku| async move { price(sku).await })).await;
        Ok(format!(
            "{name} {} {}",
            list.len(),
            borrows(name, "b", 1).await?
        ))
    }
}

#[workflow]
async fn function(n: u32) -> Result<u64> {
    Ok(price(n).await?)
}

//! Zero to eight parameters, plain results and fallible ones, aliases, custom errors.
use mainspring::prelude::*;

#[derive(Debug)]
pub struct OutOfStock(pub u32);
impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {}", self.0)
    }
}
impl std::error::Error for OutOfStock {}

pub type StockResult<T> = std::result::Result<T, OutOfStock>;

#[activity(start_to_close = "5s")]
async fn none() {}

#[activity(start_to_close = "5s")]
fn blocking(a: u8, b: String) -> StockResult<String> {
    if a == 0 { Err(OutOfStock(1)) } else { Ok(b) }
}

#[activity(start_to_close = "5s")]
async fn eight(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: Option<u8>) -> Vec<u8> {
    vec![a, b, c, d, e, f, g, h.unwrap_or(0)]
}

#[activity(start_to_close = "5s")]
async fn pattern((a, b): (u8, u8), mut c: u8, _: u8) -> u8 {
    c += a + b;
    c
}

#[workflow]
async fn nothing() {}

#[workflow]
async fn custom(sku: u32) -> StockResult<(u32, Option<String>)> {
    Err(OutOfStock(sku))
}

#[workflow]
async fn all(mut n: u8) -> Result<u8> {
    none().await?;
    n += blocking(1, "x".into()).await?.len() as u8;
    n += eight(1, 2, 3, 4, 5, 6, 7, None).await?.len() as u8;
    n += pattern((1, 2), 3, 4).await?;
    nothing().await?;
    custom(1).await?;
    Ok(n)
}

#[workflow_interface]
pub trait Shapes {
    #[run]
    async fn run(&self);
    #[signal]
    async fn slow(&self, a: u8) -> Result<()>;
    #[signal]
    fn two(&self, a: u8, b: Vec<String>);
    #[query]
    fn plain(&self) -> Option<String>;
    #[query]
    fn fallible(&self, a: u8) -> StockResult<u8>;
    #[update]
    fn sync(&self) -> u8;
    #[update]
    async fn plain_update(&self, a: u8, b: u8, c: u8) -> (u8, u8);
    #[update]
    async fn unit(&self) -> Result<()>;
}

#[derive(Default)]
struct W;

#[workflow]
impl Shapes for W {
    async fn run(&self) {}
    async fn slow(&self, _a: u8) -> Result<()> {
        Ok(())
    }
    fn two(&self, _a: u8, _b: Vec<String>) {}
    fn plain(&self) -> Option<String> {
        None
    }
    fn fallible(&self, a: u8) -> StockResult<u8> {
        Ok(a)
    }
    fn sync(&self) -> u8 {
        1
    }
    async fn plain_update(&self, a: u8, b: u8, _c: u8) -> (u8, u8) {
        (a, b)
    }
    async fn unit(&self) -> Result<()> {
        Ok(())
    }
}

pub async fn client(client: &mainspring::Client) -> Result<()> {
    let w = client.workflow(Shapes, "id");
    w.run().await?;
    let _: (u8, u8) = w.plain_update(1, 2, 3).await?;
    let _: u8 = w.fallible(1).await?;
    client.workflow(nothing, "id").execute(()).await?;
    let _: u8 = client.workflow(all, "id").execute(1u8).await?;
    let _: (u32, Option<String>) = client.workflow(custom, "id").execute(1u32).await?;
    Ok(())
}

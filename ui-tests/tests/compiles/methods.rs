//! Helpers in an `impl`: every receiver, constants, generics, conditions.
use mainspring::prelude::*;

#[activity(start_to_close = "5s")]
async fn price(sku: u32) -> Result<u64, ActivityError> {
    Ok(sku.into())
}

pub struct W {
    n: u32,
}

#[workflow]
impl W {
    pub const LIMIT: u32 = 3;

    pub async fn by_value(mut self) -> Result<Self> {
        self.n += 1;
        price(self.n).await?;
        Ok(self)
    }
    pub async fn by_mut(&mut self) -> Result<&mut u32> {
        price(self.n).await?;
        self.n += 1;
        Ok(&mut self.n)
    }
    pub async fn generic<'a, const N: usize, T>(
        &'a self,
        xs: [T; N],
        s: &str,
    ) -> Result<(&'a Self, usize)>
    where
        T: Into<u32> + Send,
    {
        for x in xs {
            price(x.into()).await?;
        }
        let _ = s;
        Ok((self, N))
    }
    pub async fn no_await(&self) -> u32 {
        self.n
    }
    pub fn sync(&self) -> u32 {
        self.n.min(Self::LIMIT)
    }
    pub fn returns_block(&self) -> impl Durable<Output = u64> {
        let n = self.sync();
        async move { price(n).await.unwrap_or(0) }
    }
    #[cfg(any())]
    pub async fn never(&self) -> Missing {
        1
    }
}

#[test]
fn compiles() {
    let _ = W { n: 1 }.sync();
}

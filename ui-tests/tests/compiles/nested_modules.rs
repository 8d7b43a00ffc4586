//! Items in modules of a file, and in functions.
use mainspring::prelude::*;

mod outer {
    pub mod inner {
        use mainspring::prelude::*;
        use std::time::Duration;

        #[activity(start_to_close = "5s")]
        pub async fn price(sku: u32) -> u32 {
            sku
        }

        #[workflow]
        pub async fn nested() -> Result<u32> {
            workflow::sleep(Duration::from_secs(1)).await?;
            Ok(price(1).await?)
        }
    }
}

#[workflow]
async fn outside() -> Result<u32> {
    Ok(outer::inner::nested().await?)
}

#[test]
fn in_a_function() {
    #[activity(start_to_close = "5s")]
    async fn local() -> u32 {
        1
    }
    let _ = local();
}

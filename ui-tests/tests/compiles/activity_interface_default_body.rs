//! A method of an activity interface may have a body of its own.
use mainspring::prelude::*;

#[activity_interface(start_to_close = "5s")]
trait Prices {
    async fn price(&self, sku: u32) -> u64 {
        u64::from(sku)
    }
    fn currency(&self) -> String {
        "EUR".to_owned()
    }
}

#[derive(Default)]
struct Fixed;

#[activity]
impl Prices for Fixed {}

#[tokio::test]
async fn the_body_is_plain_code() {
    assert_eq!(Fixed.price(3).await, 3);
}

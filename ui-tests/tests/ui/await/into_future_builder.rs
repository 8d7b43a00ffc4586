use mainspring::prelude::*;

struct Request;

impl IntoFuture for Request {
    type Output = String;
    type IntoFuture = std::future::Ready<String>;
    fn into_future(self) -> Self::IntoFuture {
        std::future::ready(String::new())
    }
}

#[workflow_fn]
async fn fetch() -> usize {
    Request.await.len()
}

fn main() {}

use mainspring::prelude::*;

macro_rules! lazy_static {
    (static ref $name:ident: $ty:ty = $value:expr;) => {
        static $name: std::sync::LazyLock<$ty> = std::sync::LazyLock::new(|| $value);
    };
}

lazy_static! {
    static ref COUNT: std::sync::Mutex<u32> = std::sync::Mutex::new(0);
}

#[workflow_fn]
async fn run() {
    drop(COUNT.lock());
}

fn main() {}

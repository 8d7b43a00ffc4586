//! Attributes of others stay where they belong.
use mainspring::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Input {
    pub name: String,
}

/// Documented.
#[workflow]
#[allow(clippy::needless_return)]
#[inline]
pub async fn documented(input: Input) -> Input {
    return input;
}

#[activity(start_to_close = "5s")]
#[allow(unused_variables)]
pub async fn lint_allowed(input: Input) {
    let unused = 1;
}

#[derive(Default)]
pub struct W;

#[workflow]
#[allow(unused_variables)]
impl W {
    #[run]
    #[allow(unused_mut)]
    pub async fn run(&self, input: Input) -> Input {
        let mut unused = 1;
        input
    }
}

//! The versioning behaviour of a workflow.
use mainspring::{prelude::*, workflow::VersioningBehavior};

#[workflow(versioning = VersioningBehavior::Pinned)]
async fn pinned() {}

#[derive(Default)]
struct Upgrading;

#[workflow(versioning = VersioningBehavior::AutoUpgrade)]
impl Upgrading {
    #[run]
    async fn run(&self) {}
}

//! A method with a body and no marker is a helper; it may wait.
use mainspring::prelude::*;

#[workflow_interface]
trait Patient {
    #[run]
    async fn run(&self) -> Result<()>;
    async fn wait_twice(&self) -> Result<()> {
        workflow::sleep("1s").await?;
        workflow::sleep("1s").await?;
        Ok(())
    }
}

#[derive(Default)]
struct W;

#[workflow]
impl Patient for W {
    async fn run(&self) -> Result<()> {
        self.wait_twice().await
    }
}

#[workflow_fn]
async fn takes_any(patient: &impl Patient) -> Result<()> {
    patient.wait_twice().await
}

//! An interface without a run method is for others to inherit.
use mainspring::prelude::*;

#[workflow_interface]
trait Progress {
    #[query]
    fn percent(&self) -> u8;
    #[query]
    fn label(&self) -> String {
        format!("{} %", self.percent())
    }
}

#[workflow_interface]
trait Job: Progress {
    #[run]
    async fn work(&self) -> Result<()>;
}

#[derive(Default)]
struct Copying {
    percent: State<u8>,
}

#[workflow]
impl Job for Copying {
    async fn work(&self) -> Result<()> {
        self.percent.set(100);
        Ok(())
    }
}

#[workflow]
impl Progress for Copying {
    fn percent(&self) -> u8 {
        self.percent.get()
    }
}

#[test]
fn a_default_body_is_a_body() {
    assert_eq!(Copying::default().label(), "0 %");
}

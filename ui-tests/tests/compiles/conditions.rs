//! `#[cfg]`, `#[deprecated]` and doc comments go along with what they stand on.
use mainspring::prelude::*;

#[workflow_interface]
trait Greeting {
    #[run]
    async fn greet(&self) -> Result<()>;
    #[cfg(any())]
    #[signal]
    fn never(&self, by: Missing);
    #[cfg(not(any()))]
    #[signal]
    fn always(&self);
    /// Not any more.
    #[deprecated(note = "use `always`")]
    #[signal]
    fn once(&self);
}

#[derive(Default)]
struct W;

#[workflow]
impl Greeting for W {
    async fn greet(&self) -> Result<()> {
        Ok(())
    }
    #[cfg(not(any()))]
    fn always(&self) {}
    fn once(&self) {}
}

#[activity_interface(start_to_close = "5s")]
trait Activities {
    #[cfg(any())]
    async fn never(&self, by: Missing);
    #[deprecated]
    async fn once(&self);
}

struct A;

#[activity]
impl Activities for A {
    async fn once(&self) {}
}

#[activity(start_to_close = "5s")]
#[deprecated]
async fn old() {}

#[workflow]
#[allow(deprecated)]
async fn uses_old() -> Result<()> {
    old().await?;
    ActivitiesStub::default().once().await?;
    Greeting.external("x").once().await?;
    Ok(())
}

#[cfg(any())]
#[workflow]
async fn never(a: Missing) {}

#[test]
fn compiles() {
    assert!(
        mainspring::registry::activities()
            .iter()
            .any(|it| it.name() == "once")
    );
}

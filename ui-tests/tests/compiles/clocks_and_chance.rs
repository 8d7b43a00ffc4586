//! What the forbidden names have in their place.
use mainspring::prelude::*;

#[workflow]
async fn chance() -> Result<String> {
    let started = workflow::now();
    let mut rng = workflow::random();
    let lucky = rng.chance(0.5);
    let id = workflow::uuid();
    let limit: u32 = workflow::side_effect(|| 3);
    if workflow::patched("louder") {
        workflow::info!("{id} {lucky} {limit}");
    }
    workflow::warn!(limit, "of {started:?}");
    Ok(id.to_string())
}

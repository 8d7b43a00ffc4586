//! What workflow code waits with: locks, channels, conditions, scopes.

use mainspring::prelude::*;
use mainspring::workflow::{CancellationScope, Mutex, Semaphore};

use crate::World;

#[derive(Default)]
struct Guests {
    inside: u32,
    most: u32,
    been: u32,
}

#[workflow]
async fn two_at_a_time() -> Result<(u32, u32)> {
    let guests = Mutex::new(Guests::default());
    let doors = Semaphore::new(2);
    let (guests, doors) = (&guests, &doors);
    let visits = (0..5).map(|_| async move {
        let _door = doors.acquire().await;
        let mut now = guests.lock().await;
        now.inside += 1;
        now.most = now.most.max(now.inside);
        drop(now);
        workflow::sleep("5ms").await?;
        let mut now = guests.lock().await;
        now.inside -= 1;
        now.been += 1;
        Ok::<_, WorkflowError>(())
    });
    workflow::try_join_all(visits).await?;
    let guests = guests.lock().await;
    Ok((guests.most, guests.been))
}

#[workflow]
async fn pass_along(items: u32) -> Result<u32> {
    let (sender, mut receiver) = workflow::bounded_channel::<u32>(1);
    let sending = workflow::spawn(async move {
        for item in 1..=items {
            let sent = sender.send(item).await;
            assert!(sent.is_ok(), "the receiver waits for all of them");
        }
    });
    let mut sum = 0;
    while let Some(item) = receiver.recv().await {
        sum += item;
    }
    sending.await;
    Ok(sum)
}

#[workflow]
async fn whatever_comes_first() -> Result<Vec<String>> {
    let mut seen = Vec::new();
    let mut letters = workflow::signals::<(String,)>("letter");
    loop {
        let line = select! {
            (letter,) = letters.recv() => letter,
            _ = workflow::sleep("200ms") => "silence".to_owned(),
        };
        seen.push(line.clone());
        if line == "silence" {
            return Ok(seen);
        }
    }
}

#[workflow]
async fn gives_up() -> Result<Vec<bool>> {
    let late = workflow::wait_until(|| false).timeout("5ms").await?;
    let in_time = workflow::wait_until(|| true).timeout("1h").await?;
    Ok(vec![late.is_ok(), in_time.is_ok()])
}

#[activity(start_to_close = "10s")]
async fn sweep() -> Result<String, ActivityError> {
    Ok("swept".into())
}

#[workflow]
async fn cleans_up() -> Result<String> {
    let scope = CancellationScope::new();
    let waiting = scope.run(async {
        let slept = workflow::sleep("1h").await;
        assert!(slept.is_err() && workflow::is_cancelled());
        // In the scope nothing can be called any more; apart from it, it can.
        assert!(sweep().await.is_err());
        workflow::detached(sweep()).await
    });
    let stop = async {
        workflow::sleep("5ms").await?;
        scope.cancel();
        Ok::<_, WorkflowError>(())
    };
    let (waited, stopped) = join!(waiting, stop);
    stopped?;
    assert!(!workflow::is_cancelled(), "only the scope is");
    Ok(waited?)
}

#[tokio::test]
async fn a_semaphore_lets_in_as_many_as_it_says() {
    let world = World::new().await;
    let run = world.client.workflow(two_at_a_time, world.id("locks"));
    assert_eq!(run.execute(()).await.expect("it completes"), (2, 5));
}

#[tokio::test]
async fn a_bounded_channel_passes_all_along() {
    let world = World::new().await;
    let run = world.client.workflow(pass_along, world.id("channel"));
    assert_eq!(run.execute(4).await.expect("it completes"), 10);
}

#[tokio::test]
async fn select_takes_what_comes_first() {
    let world = World::new().await;
    let id = world.id("select");
    let run = world
        .client
        .workflow(whatever_comes_first, &id)
        .start(())
        .await;
    let run = run.expect("it starts");
    let untyped = world.client.untyped_workflow("whatever_comes_first", &id);
    let signal = untyped.signal("letter", ("A".to_owned(),));
    signal.await.expect("it is taken");
    let seen = run.result().await.expect("it completes");
    assert_eq!(seen, ["A", "silence"]);
}

#[tokio::test]
async fn a_condition_may_have_a_timeout() {
    let world = World::new().await;
    let run = world.client.workflow(gives_up, world.id("timeout"));
    assert_eq!(run.execute(()).await.expect("it completes"), [false, true]);
}

#[tokio::test]
async fn a_scope_is_cancelled_alone_and_what_is_detached_goes_on() {
    let world = World::new().await;
    let run = world.client.workflow(cleans_up, world.id("scope"));
    assert_eq!(run.execute(()).await.expect("it completes"), "swept");
}

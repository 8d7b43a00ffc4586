//! The runtime's core: a history in, commands out.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gungraun::{library_benchmark, library_benchmark_group};
use mainspring::history::History;
use mainspring::prelude::*;
use mainspring::testing::Replayer;
use mainspring_proto::history::v1 as proto;
use mainspring_server::history::record;
use prost::Message;

use crate::chain;

#[activity(start_to_close = "1m")]
async fn say(name: String) -> Result<String, ActivityError> {
    Ok(name)
}

/// So many activities, one after the other.
#[workflow(name = "chain")]
async fn links(activities: u32) -> Result<String> {
    let mut last = String::new();
    for step in 0..activities {
        last = say(step.to_string()).await?;
    }
    Ok(last)
}

/// What the server would have of a chain that has ended.
fn history(activities: u32) -> (Replayer, History) {
    let records = chain::records(activities).into_iter();
    let events = records.flat_map(|it| record::events(it).expect("it was just encoded"));
    let events = events.map(|it| proto::HistoryEvent::decode(it).expect("it was just encoded"));
    (
        Replayer::new(),
        proto::History::from(events.collect::<Vec<_>>()).into(),
    )
}

#[library_benchmark]
#[bench::of_1(setup = history, args = (1))]
#[bench::of_1000(setup = history, args = (1_000))]
fn replay_a_chain((replayer, history): (Replayer, History)) {
    let mut replay = pin!(replayer.replay(history));
    // Nothing in it waits: there is no codec.
    match replay
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(outcome) => outcome.expect("the history is of this code"),
        Poll::Pending => panic!("a replay waited for something"),
    }
}

library_benchmark_group!(name = replays, benchmarks = [replay_a_chain]);

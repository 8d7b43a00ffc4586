//! Chance, the same on every replay.

use std::ops::Range;

use uuid::Uuid;

use super::encoded_value;
use crate::converter::{DataConverter, Value};
use crate::engine::context;

/// Random numbers, drawn from a generator that begins with the run's id. Not for secrets.
///
/// # Panics
/// Outside workflow code, when used; and in a query or a validator, of which a replay would know nothing, so that all
/// later numbers were others. Draw in the run method, a signal or an update, and keep what was drawn in `State`.
pub fn random() -> Rng {
    Rng { _private: () }
}

/// A random UUID of version 4.
///
/// # Panics
/// As [`random`].
pub fn uuid() -> Uuid {
    let bits = (u128::from(random().next_u64()) << 64) | u128::from(random().next_u64());
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

/// A random UUID of version 7, which sorts by the workflow's time.
///
/// # Panics
/// As [`random`].
pub fn uuid_v7() -> Uuid {
    let now = super::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut bytes = [0; 10];
    random().fill(&mut bytes);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

/// Computes a value once and records it, so that a replay sees the same. For what is quick and cannot fail, such as a
/// setting of this process; anything else belongs in an activity.
///
/// # Panics
/// Outside workflow code, or if the value does not encode.
#[track_caller]
pub fn side_effect<T: Value>(compute: impl FnOnce() -> T) -> T {
    let at = std::panic::Location::caller();
    let recorded = context::with("workflow::side_effect", |run| {
        run.assert_may_command("workflow::side_effect");
        run.recorded_side_effect()
    });
    let payload = match recorded {
        Some(payload) => payload,
        None => {
            let value = context::exempt(compute);
            encoded_value("the value of a side effect", &value)
        }
    };
    context::with("workflow::side_effect", |run| {
        run.record_side_effect(payload.clone(), at);
    });
    match DataConverter::current().from_payload(&payload) {
        Ok(value) => value,
        Err(error) => panic!("the value of a side effect at {at} does not decode: {error}"),
    }
}

/// Draws random numbers; see [`random`].
#[derive(Debug)]
pub struct Rng {
    _private: (),
}

impl Rng {
    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        context::with("workflow::random", |run| {
            run.assert_may_command(
                "chance (draw it in the run method, a signal or an update, and keep it in `State`)",
            );
            run.random.next_u64()
        })
    }

    /// 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// Fills a slice with random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let random = self.next_u64().to_le_bytes();
            chunk.copy_from_slice(&random[..chunk.len()]);
        }
    }

    /// A number from 0 to below 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// A number of a range.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn range(&mut self, range: Range<u64>) -> u64 {
        assert!(range.start < range.end, "a range without numbers");
        let width = u128::from(range.end - range.start);
        // The bias of this is below 2^-64 times the width.
        range.start + ((u128::from(self.next_u64()) * width) >> 64) as u64
    }

    /// An element of a slice; none of an empty one.
    pub fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.range(0..from.len() as u64) as usize)
    }

    /// Puts a slice into random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.range(0..last as u64 + 1) as usize);
        }
    }
}

//! Types that are encoded alike everywhere, and an exception for one that is not.
use mainspring::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A hasher whose order is the same in every process.
type Fixed = std::hash::BuildHasherDefault<Fnv>;

#[derive(Default)]
pub struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[workflow]
pub async fn ordered(stock: BTreeMap<String, u64>, skus: BTreeSet<u32>) -> Result<u32> {
    let longest = stock.keys().map(String::len).max().unwrap_or_default();
    Ok(longest as u32 + skus.len() as u32)
}

#[activity(start_to_close = "5s")]
pub async fn hashed_alike(stock: HashMap<u32, u32, Fixed>) -> u32 {
    stock.len() as u32
}

#[activity(start_to_close = "5s")]
#[mainspring::allow(MS0606, reason = "only Rust, on 64 bits")]
pub async fn allowed_behind(n: usize) -> usize {
    n
}

#[mainspring::allow(MS0606, reason = "only Rust, on 64 bits")]
#[activity(start_to_close = "5s")]
pub async fn allowed_before(n: usize) -> usize {
    n
}

#[workflow]
#[mainspring::allow(MS0606, reason = "one entry at most")]
pub async fn allowed(stock: HashMap<u32, u32>) -> u32 {
    stock.len() as u32
}

/// What is not called by name takes what it likes.
#[workflow_fn]
pub async fn helper(n: usize, stock: &HashMap<u32, u32>) -> usize {
    n + stock.len()
}

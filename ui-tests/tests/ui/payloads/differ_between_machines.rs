#![deny(deprecated)]
use mainspring::prelude::*;
use std::collections::{HashMap as Map, HashSet};

#[workflow]
async fn order(stock: Map<String, u32>) -> Result<usize> {
    Ok(stock.len())
}

#[activity(start_to_close = "5s")]
async fn count(list: Vec<Option<isize>>) -> u32 {
    list.len() as u32
}

#[activity_interface]
trait Prices {
    fn all(&self) -> HashSet<u32>;
}

fn main() {}

//! Every line that ends in the id of a rule breaks it, and clippy must say so, with that id; it must say nothing else.
//! What the scan of names in workflow code would not see: methods on values, helpers, names from globs.

// Named, so that they are loaded, and clippy knows the names in them.
use {
    chrono as _, dashmap as _, fastrand as _, flume as _, futures as _, getrandom as _,
    hostname as _, jiff as _, lazy_static as _, log as _, num_cpus as _, parking_lot as _,
    pollster as _, rand as _, rayon as _, time as _, tokio as _, tokio_util as _, ulid as _,
    uuid as _,
};

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::*;

pub fn clocks(started: SystemTime, measured: Instant) {
    let _ = SystemTime::now(); // MS0101
    let _ = started.elapsed(); // MS0101
    let _ = chrono::Utc::now(); // MS0101
    let _ = chrono::Local::now(); // MS0101
    let _ = Instant::now(); // MS0102
    let _ = measured.elapsed(); // MS0102
    let read: fn() -> SystemTime = SystemTime::now; // MS0101
    let _ = read;
}

pub fn chance() {
    let _ = rand::random::<u8>(); // MS0201
    let _ = rand::rng(); // MS0201
    let _ = uuid::Uuid::new_v4(); // MS0202
    let _ = uuid::Uuid::now_v7(); // MS0202
}

pub fn order(map: &HashMap<u32, u32>, set: &HashSet<u32>, fine: &BTreeMap<u32, u32>) -> usize {
    for _ in map {} // MS0203
    let _ = map.keys(); // MS0203
    let _ = map.values(); // MS0203
    let _ = map.iter(); // MS0203
    let _ = set.iter(); // MS0203
    let _ = std::hash::RandomState::new(); // MS0203
    fine.iter().count() + map.len() + usize::from(map.contains_key(&1))
}

pub fn identity(a: &Arc<u32>) {
    let _ = Arc::as_ptr(a); // MS0204
    let _ = std::any::type_name::<u32>(); // MS0204
    let _ = std::hash::DefaultHasher::new(); // MS0204
}

pub async fn waiting() {
    tokio::time::sleep(Duration::ZERO).await; // MS0301
    std::thread::sleep(Duration::ZERO); // MS0302
    std::hint::spin_loop(); // MS0302
    std::thread::spawn(|| {}); // MS0303
    tokio::spawn(async {}); // MS0303
    let _ = tokio::join!(async {}, async {}); // MS0304
    let _ = std::sync::mpsc::channel::<u8>(); // MS0305
    let _ = tokio::sync::Notify::new(); // MS0305
    let _ = tokio::runtime::Handle::current(); // MS0308
}

pub struct Locked {
    pub a: std::sync::Mutex<u8>, // MS0306
    pub b: std::sync::RwLock<u8>, // MS0306
}

pub fn outside(path: &Path) {
    let _ = std::fs::read("x"); // MS0401
    let _ = std::fs::File::open("x"); // MS0401
    let _ = path.exists(); // MS0401
    let _ = path.read_link(); // MS0401
    let _ = path.join("fine");
    let _ = std::net::TcpStream::connect("x:1"); // MS0402
    let _ = std::process::Command::new("x"); // MS0404
    let _ = std::process::id(); // MS0404
    let _ = std::env::var("X"); // MS0405
    let _ = std::env::args(); // MS0405
    let _ = std::io::stdin(); // MS0406
    println!("x"); // MS0407
    eprintln!("x"); // MS0407
    let _ = std::thread::available_parallelism(); // MS0408
    let _ = std::thread::current(); // MS0408
}

pub static COUNT: std::sync::atomic::AtomicU64 = // MS0501
    const { std::sync::atomic::AtomicU64::new(0) }; // MS0501

pub fn memory(a: &Arc<u32>, b: &Weak<u32>) {
    let _ = Arc::strong_count(a); // MS0503
    let _ = b.upgrade(); // MS0503
    let _ = std::panic::catch_unwind(|| {}); // MS0603
}

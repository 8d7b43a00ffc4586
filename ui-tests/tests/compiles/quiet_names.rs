//! Names that only look bad, and legal uses next to forbidden ones.
use mainspring::prelude::*;
use mine::{Instant, Utc, rand};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

mod mine {
    pub struct Instant;
    impl Instant {
        pub fn now() -> u32 {
            1
        }
    }
    pub struct Utc;
    impl Utc {
        pub fn now() -> u32 {
            2
        }
    }
    pub mod rand {
        pub fn random() -> u32 {
            4
        }
    }
}

mod glob {
    pub struct SystemTime;
    impl SystemTime {
        pub fn now() -> u32 {
            3
        }
    }
}
use glob::*;

pub struct Clock {
    pub thread: u32,
    pub rand: u32,
}

static NAME: &str = "constant";
const LIMIT: u32 = 3;

pub trait HasNow {
    fn now() -> u32;
}

#[workflow_fn]
pub async fn looks<T: HasNow>(clock: Clock, t: std::time::SystemTime) -> u32 {
    let thread = 1;
    let _later: std::time::SystemTime = t + Duration::from_secs(1);
    let env = NAME.len() as u32 + LIMIT;
    Instant::now()
        + Utc::now()
        + SystemTime::now()
        + rand::random()
        + clock.thread
        + clock.rand
        + thread
        + env
        + T::now()
}

pub trait Clocks {
    type Wall: HasNow;
}

mod elsewhere {
    pub struct Stamp<T>(pub T);
    impl Stamp<u32> {
        pub fn now() -> u32 {
            8
        }
    }
    pub struct Wall;
    impl Wall {
        pub fn now() -> u32 {
            5
        }
    }
}

/// The compiler is asked of each of these, and finds no clock: whatever scope the name is of.
#[workflow_fn]
pub async fn no_clocks<C: Clocks>() -> u32 {
    use elsewhere::{Stamp, Wall};
    struct Local;
    impl Local {
        fn now() -> u32 {
            6
        }
    }
    let inner = {
        use elsewhere::Wall as Inner;
        mod deep {
            pub struct Wall;
            impl Wall {
                pub fn now() -> u32 {
                    7
                }
            }
        }
        Inner::now() + deep::Wall::now()
    };
    // A type with parameters is named with them.
    let stamp = Stamp::<u32>::now();
    stamp + inner + Wall::now() + elsewhere::Wall::now() + Local::now() + C::Wall::now()
}

macro_rules! join {
    ($($future:expr),*) => {
        ($($future.len()),*)
    };
}

/// Macros of one's own that are called like others.
#[workflow_fn]
pub async fn own_macros() -> usize {
    use other_macros::{info, select};
    macro_rules! eprintln {
        ($text:expr) => {
            $text.len()
        };
    }
    let (a, b) = join!("a", "b");
    a + b + select!("c") + info!("d") + eprintln!("e")
}

mod other_macros {
    macro_rules! size {
        ($text:expr) => {
            $text.len()
        };
    }
    pub(crate) use size as select;
    pub(crate) use size as info;
}

#[workflow_fn]
pub async fn looked_up(prices: HashMap<String, u64>) -> u64 {
    let mut known: HashMap<u32, u64> = HashMap::new();
    known.insert(1, 2);
    let ordered: BTreeMap<u32, u64> = BTreeMap::new();
    let mut sum = 0;
    for (_, price) in &ordered {
        sum += price;
    }
    sum + prices.get("x").copied().unwrap_or(0) + known.contains_key(&1) as u64 + known.len() as u64
}

#[workflow_fn]
pub async fn seeded(seed: u64) -> u32 {
    use rand_crate::{Rng, SeedableRng, rngs::StdRng};
    StdRng::seed_from_u64(seed).random()
}
use ::rand as rand_crate;

#[workflow_fn]
pub async fn pure() -> Option<uuid::Uuid> {
    let address: std::net::IpAddr = std::net::Ipv4Addr::LOCALHOST.into();
    let text = include_str!("quiet_names.rs").len();
    let path = std::path::Path::new("a").join("b");
    let shared = std::sync::Arc::new(1);
    let same = std::sync::Arc::ptr_eq(&shared, &shared);
    drop((address, text, path, same));
    uuid::Uuid::parse_str("x").ok()
}

fn ordinary_code_may() -> std::time::SystemTime {
    println!("anything");
    std::time::SystemTime::now()
}

#[test]
fn compiles() {
    ordinary_code_may();
}

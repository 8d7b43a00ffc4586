//! What the hot paths cost, in instructions, which stay the same however busy the machine is:
//! `cargo bench -p mainspring-bench`. It takes valgrind and `cargo install gungraun-runner`.

mod chain;
mod codec;
mod engine;
mod server;

use codec::payloads;
use engine::replays;
use gungraun::main;
use server::decisions;

main!(library_benchmark_groups = [decisions, replays, payloads]);

//! The `mainspring` program.

use std::process::ExitCode;

/// Many small, short-lived allocations on several threads are what the server makes; the system's
/// allocator spends a tenth of its time on them and gives pages back only to ask for them again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mainspring_server::cli::main()
}

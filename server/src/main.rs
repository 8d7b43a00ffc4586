//! The `mainspring` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    mainspring_server::cli::main()
}

//! `cargo xtask …`: what needs more than cargo.

mod conformance;
mod crash;
mod package;
mod polyglot;
mod process;
mod scale;
mod soak;
mod temporal;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  conformance [--lang LANG]...   run the programs of the official SDKs against the bundled server (python,
                                 go, typescript, java, polyglot), compare it with Temporal's dev server
                                 (reference), and run the runtime's tests against that one (temporal);
                                 all of them without --lang
  crash [--kills N] [--seed S]   kill a server at random moments while clients and workers go on,
                                 and check that nothing it acknowledged is lost (1000 kills)
  recovery [--workflows N]       kill a server with so many open workflows, and print how long it takes
                                 to be back with all of them (100000 workflows)
  finished [--workflows N]       run so many workflows to their end, and print what a server keeps for
                                 them and what each costs (100000 workflows)
  soak [--minutes N]             hold a steady load on a server and print what it takes over time
  package                        make the crates as they are published, in target/packages, and print what
                                 a user's first program costs to build with them";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let outcome = match args.next().as_deref() {
        Some("conformance") => conformance::run(args),
        Some("crash") => crash::run(args),
        Some("recovery") => scale::run("open_workflows", args),
        Some("finished") => scale::run("finished_workflows", args),
        Some("package") => package::run(args),
        Some("soak") => soak::run(args),
        Some(other) => Err(format!("unknown command `{other}`\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

//! One run of a workflow, pure: history in, commands out. No clock, IO, task or channel is used here.

pub(crate) mod commands;
pub(crate) mod context;
pub(crate) mod machines;
pub(crate) mod nondeterminism;
pub(crate) mod random;
pub(crate) mod run;

pub use random::Random;
pub use run::Run;

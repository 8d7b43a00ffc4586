//! `mainspring server backup`

use std::path::PathBuf;

use clap::Args;

use super::Failure;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Where to write the copy; nothing may be there yet
    file: PathBuf,
    /// The data file, whether or not a server is using it
    #[arg(short = 'f', long, value_name = "PATH")]
    db_filename: PathBuf,
}

pub(super) fn run(command: &Backup) -> Result<(), Failure> {
    crate::backup(&command.db_filename, &command.file)?;
    println!(
        "Copied {} to {}",
        command.db_filename.display(),
        command.file.display()
    );
    Ok(())
}

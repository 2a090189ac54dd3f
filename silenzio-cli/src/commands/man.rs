//! `silenzio man`: writes man pages.

use super::{Written, print_json};
use crate::arguments::{GlobalOptions, ManOptions};
use crate::command_line;
use crate::error::CliError;
use std::fs;

/// Writes a page for the program and one for each command.
///
/// # Errors
/// If the folder cannot be created, or a page cannot be written.
pub fn run(options: &ManOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let failed = |error| CliError::Write { path: options.folder.clone(), error };
    fs::create_dir_all(&options.folder).map_err(failed)?;
    clap_mangen::generate_to(command_line(), &options.folder).map_err(failed)?;
    if global.json {
        return print_json(&Written { folder: &options.folder });
    }
    outln!("man pages   {}", options.folder.display());
    Ok(())
}

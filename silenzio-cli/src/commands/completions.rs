//! `silenzio completions`: a script that completes the command line in a shell.

use crate::arguments::CompletionsOptions;
use crate::{command_line, output};

/// Prints the script.
pub fn run(options: &CompletionsOptions) {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command_line(), "silenzio", &mut script);
    output::write_bytes(&script);
}

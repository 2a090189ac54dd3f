//! The program `silenzio`: see [`silenzio_cli::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    silenzio_cli::main()
}

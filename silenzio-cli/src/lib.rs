//! `silenzio`: trains neural networks on data that the trainer never sees.
//!
//! The program is a library with a `main`, so that man pages, shell completions and the tests of the documentation can use
//! its command line without running it.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod output;

mod arguments;
mod client_arguments;
mod commands;
mod error;
mod memory;
mod plan_arguments;
mod progress;
mod ranks;
mod report;
mod server_arguments;
mod snapshot_arguments;
mod stop;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use error::CliError;
use std::io::IsTerminal;
use std::process::ExitCode;

/// The command line: all commands with their arguments, as `clap` describes them.
#[must_use]
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs the program on the arguments that the process was started with.
///
/// The exit status is 0 for success, 1 for a failure, 2 for arguments that are not understood, and 130 for work that the
/// user interrupted.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let done = run(&arguments);
    match done.and_then(|()| output::finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::error(&error.to_string());
            if error.is_interruption() { ExitCode::from(stop::INTERRUPTED) } else { ExitCode::FAILURE }
        }
    }
}

/// Prints what is wrong with the arguments, or the help.
fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args_os().any(|argument| argument == "--json");
    if json && error.use_stderr() {
        progress::use_json(true);
        progress::error(error.to_string().trim_end());
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn run(arguments: &Arguments) -> Result<(), CliError> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SILENZIO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .init();
    progress::use_json(arguments.global.json);
    let result = match &arguments.command {
        Command::Demo(options) => commands::demo::run(options, &arguments.global),
        Command::Keygen(options) => commands::keygen::run(options, &arguments.global),
        Command::Encrypt(options) => commands::encrypt::run(options, &arguments.global),
        Command::Decrypt(options) => commands::decrypt::run(options, &arguments.global),
        Command::Evaluate(options) => commands::evaluate::run(options, &arguments.global),
        Command::Predict(options) => commands::predict::run(options, &arguments.global),
        Command::Rehearse(options) => commands::rehearse::run(options, &arguments.global),
        Command::Infer(options) => commands::infer::run(options, &arguments.global),
        Command::Inspect(options) => commands::inspect::run(options, &arguments.global),
        Command::Train(options) => commands::train::run(options, &arguments.global),
        Command::Plan(options) => commands::plan::run(options, &arguments.global),
        Command::Estimate(options) => commands::estimate::run(options, &arguments.global),
        Command::Simulate(options) => commands::simulate::run(options, &arguments.global),
        Command::Sweep(options) => commands::sweep::run(options, &arguments.global),
        Command::Report(options) => commands::report::run(options, &arguments.global),
        Command::Parameters => commands::parameters::run(&arguments.global),
        Command::Export(options) => commands::export::run(options, &arguments.global),
        Command::Completions(options) => {
            commands::completions::run(options);
            Ok(())
        }
        Command::Man(options) => commands::man::run(options, &arguments.global),
    };
    if let Some(bytes) = memory::peak_memory_bytes() {
        tracing::info!("peak memory {bytes} bytes");
    }
    result
}

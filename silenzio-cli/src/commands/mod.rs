//! One module per command.

pub mod completions;
pub mod decrypt;
pub mod demo;
pub mod encrypt;
pub mod estimate;
pub mod evaluate;
pub mod export;
pub mod infer;
pub mod inspect;
pub mod keygen;
pub mod man;
pub mod parameters;
pub mod plan;
pub mod predict;
pub mod rehearse;
pub mod report;
pub mod simulate;
pub mod sweep;
pub mod train;

use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::progress::{Bars, notice};
use serde::Serialize;
use silenzio::files::{Aside, Outputs};
use silenzio::{Context, Run};
use std::path::Path;

/// The context of a command: the threads that the command line sets, with progress on standard error.
fn context(global: &GlobalOptions) -> Result<Context, CliError> {
    let bars = Bars::default();
    on_threads(Context::new().observed_by(move |event| bars.show(event)), global)
}

fn on_threads(context: Context, global: &GlobalOptions) -> Result<Context, CliError> {
    Ok(match global.threads {
        Some(threads) => context.on_threads(threads)?,
        None => context,
    })
}

/// Makes a run begin with a public model, if one is given.
fn begun(run: Run, initial: Option<&Path>) -> Result<Run, CliError> {
    Ok(match initial {
        Some(path) => run.from_pretrained(path)?,
        None => run,
    })
}

/// Gives the outputs of a command their names, and prints which client keys were renamed.
fn commit(outputs: Outputs) -> Result<(), CliError> {
    for Aside { from, to } in outputs.commit()? {
        notice(&format!("the old client key {} is now {}", from.display(), to.display()));
    }
    Ok(())
}

/// The result for machines of a command that fills a folder.
#[derive(Serialize)]
struct Written<'a> {
    folder: &'a Path,
}

/// The number of threads, and of ranks if there are several.
fn workers(ranks: usize, threads: usize) -> String {
    match ranks {
        1 => format!("{threads} threads"),
        ranks => format!("{ranks} ranks of {threads} threads"),
    }
}

/// Prints a result for machines.
fn print_json(result: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(result).map_err(|error| CliError::Output(error.to_string()))?;
    outln!("{text}");
    Ok(())
}

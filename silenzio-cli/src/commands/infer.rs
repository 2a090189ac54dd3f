//! `silenzio infer`: applies an encrypted model to encrypted inputs.

use super::{on_threads, print_json, workers};
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::progress::Bars;
use crate::ranks::Ranks;
use crate::server_arguments::InferOptions;
use crate::stop;
use serde::Serialize;
use silenzio::server::{InferRequest, Inferred};
use silenzio::{Context, Event};
use silenzio_report::text::duration;
use std::path::Path;
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    samples: u64,
    out: &'a Path,
    sha256: String,
    /// The number of threads of each rank.
    threads: usize,
    ranks: usize,
    seconds: f64,
}

/// Runs the command, as one of several ranks if it was started in an MPI job.
///
/// # Errors
/// If the files cannot be used, or the work was interrupted.
pub fn run(options: &InferOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let ranks = Ranks::join(&options.ranks)?;
    ranks.conclude(infer(options, global, &ranks))
}

fn infer(options: &InferOptions, global: &GlobalOptions, ranks: &Ranks) -> Result<(), CliError> {
    let request = InferRequest {
        model: options.model.clone(),
        inputs: options.inputs.clone(),
        logits: options.out.clone(),
        force: options.force,
    };
    let (bars, leads) = (Bars::default(), ranks.leads());
    let observer = move |event: &Event| {
        if leads {
            bars.show(event);
        }
    };
    let context = Context::new().observed_by(observer).cancelled_by(stop::on_signal()?);
    let context = on_threads(context, global)?;
    let start = Instant::now();
    let Some(inferred) = ranks.infer(&options.key, &request, &context)? else { return Ok(()) };
    let Inferred::Finished { samples, logits } = inferred else {
        return Err(CliError::NothingWritten);
    };
    let outcome = Outcome {
        samples,
        out: &options.out,
        sha256: logits.to_string(),
        threads: context.threads(),
        ranks: ranks.count(),
        seconds: start.elapsed().as_secs_f64(),
    };
    if global.json {
        return print_json(&outcome);
    }
    let workers = workers(outcome.ranks, outcome.threads);
    outln!("inferred    {samples} inputs, in {} on {workers}", duration(outcome.seconds));
    outln!("logits      {}", outcome.out.display());
    outln!("            SHA-256 {}", outcome.sha256);
    Ok(())
}

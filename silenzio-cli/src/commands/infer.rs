//! `silenzio infer`: an encrypted model on encrypted inputs.

use super::{context, print_json};
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::server_arguments::InferOptions;
use crate::stop;
use serde::Serialize;
use silenzio::server::{InferRequest, Inferred, infer};
use silenzio_report::text::duration;
use std::path::Path;
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    samples: u64,
    out: &'a Path,
    sha256: String,
    threads: usize,
    seconds: f64,
}

/// Runs the command.
///
/// # Errors
/// If the files cannot be used, or if it was interrupted.
pub fn run(options: &InferOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let request = InferRequest {
        model: options.model.clone(),
        inputs: options.inputs.clone(),
        logits: options.out.clone(),
        force: options.force,
    };
    let context = context(global)?.cancelled_by(stop::on_signal()?);
    let start = Instant::now();
    let Inferred::Finished { samples, logits } = infer(&options.key, &request, &context)? else {
        return Err(CliError::NothingWritten);
    };
    let outcome = Outcome {
        samples,
        out: &options.out,
        sha256: logits.to_string(),
        threads: context.threads(),
        seconds: start.elapsed().as_secs_f64(),
    };
    if global.json {
        return print_json(&outcome);
    }
    outln!("inferred    {samples} inputs, in {} on {} threads", duration(outcome.seconds), outcome.threads);
    outln!("logits      {}", outcome.out.display());
    outln!("            SHA-256 {}", outcome.sha256);
    Ok(())
}

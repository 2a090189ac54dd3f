//! `silenzio train`: training on encrypted files.

use super::print_json;
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::memory::peak_memory_bytes;
use crate::progress::{Progress, notice};
use crate::report::duration;
use crate::server_arguments::TrainOptions;
use crate::stop;
use serde::Serialize;
use silenzio_server::{Outcome, Report, TrainRequest, train};
use std::path::Path;
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Trained<'a> {
    /// Whether the model is there; if not, `--resume` goes on.
    finished: bool,
    steps_done: u64,
    steps: u64,
    /// Steps that were done by earlier runs.
    steps_before: u64,
    out: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    threads: usize,
    seconds: f64,
    /// Where the system tells it.
    peak_memory_bytes: Option<u64>,
}

/// Runs the command.
///
/// # Errors
/// If the files cannot be used, or if it was interrupted.
pub fn run(options: &TrainOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let request = TrainRequest {
        data: options.data.clone(),
        plan: options.public_plan.clone(),
        model: options.out.clone(),
        checkpoint: options.checkpoint.clone(),
        policy: options.policy(),
        resume: options.resume,
        force: options.force,
    };
    let stop = stop::on_signal()?;
    let start = Instant::now();
    let (mut bar, mut steps_before) = (None, 0);
    let mut report = |report| match report {
        Report::Checked { bytes, total } => {
            bar.get_or_insert_with(|| Progress::new("kB checked", total / 1000)).set(bytes / 1000);
        }
        Report::Begun { steps_done, steps } => {
            steps_before = steps_done;
            match (options.resume, steps_done) {
                (true, 0) => notice("there is no checkpoint: begins at the first step"),
                (true, _) => notice(&format!("goes on after {steps_done} of {steps} steps")),
                (false, _) => {}
            }
            bar = Some(Progress::resumed("steps", steps, steps_done));
        }
        Report::Step { steps_done, .. } => bar.iter_mut().for_each(|bar| bar.set(steps_done)),
        Report::Saved { .. } => {}
    };
    let outcome = train(&options.key, &request, &mut report, &stop)?;
    drop(bar);
    let (finished, steps_done, steps, sha256) = match outcome {
        Outcome::Finished { steps, steps_before: before, model } => {
            steps_before = before;
            (true, steps, steps, Some(model.to_string()))
        }
        Outcome::Stopped { steps_done, steps } => (false, steps_done, steps, None),
    };
    let trained = Trained {
        finished,
        steps_done,
        steps,
        steps_before,
        out: &options.out,
        sha256,
        threads: rayon::current_num_threads(),
        peak_memory_bytes: peak_memory_bytes(),
        seconds: start.elapsed().as_secs_f64(),
    };
    if global.json {
        print_json(&trained)?;
    } else {
        print(&trained);
    }
    if finished { Ok(()) } else { Err(CliError::Stopped { steps_done, steps }) }
}

fn print(trained: &Trained<'_>) {
    let now = trained.steps_done - trained.steps_before;
    println!(
        "trained     {} of {} steps, {now} of them now, in {} on {} threads",
        trained.steps_done,
        trained.steps,
        duration(trained.seconds),
        trained.threads
    );
    if let Some(sha256) = &trained.sha256 {
        println!("model       {}", trained.out.display());
        println!("            SHA-256 {sha256}");
    }
}

//! `silenzio train`: trains on encrypted files.

use super::{on_threads, print_json, workers};
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::memory::peak_memory_bytes;
use crate::progress::{Bars, notice};
use crate::ranks::Ranks;
use crate::server_arguments::TrainOptions;
use crate::stop;
use indicatif::DecimalBytes;
use serde::Serialize;
use silenzio::server::{Outcome, Traffic, TrainRequest};
use silenzio::{Context, Event, Stage};
use silenzio_report::text::duration;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Trained<'a> {
    /// Whether the model is finished; if not, `--resume` resumes the training.
    finished: bool,
    steps_done: u64,
    steps: u64,
    /// The steps done by earlier runs.
    steps_before: u64,
    out: &'a Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// The snapshots beside the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    snapshots: Vec<PathBuf>,
    /// The number of threads of each rank.
    threads: usize,
    ranks: usize,
    /// Of rank 0; none if it is alone, or took no step.
    messages: Option<Messages>,
    seconds: f64,
    /// The peak memory, if the system reports it.
    peak_memory_bytes: Option<u64>,
}

/// The bytes of the messages of a step, on average.
#[derive(Serialize)]
struct Messages {
    sent_bytes_per_step: f64,
    received_bytes_per_step: f64,
}

impl Messages {
    fn new(traffic: Traffic, steps: u64) -> Option<Self> {
        let per_step = |bytes: u64| bytes as f64 / steps as f64;
        (steps > 0 && traffic != Traffic::default()).then(|| Self {
            sent_bytes_per_step: per_step(traffic.sent),
            received_bytes_per_step: per_step(traffic.received),
        })
    }
}

/// Runs the command, as one of several ranks if it was started in an MPI job.
///
/// # Errors
/// If the files cannot be used, or the work was interrupted.
pub fn run(options: &TrainOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let ranks = Ranks::join(&options.ranks)?;
    ranks.conclude(train(options, global, &ranks))
}

fn train(options: &TrainOptions, global: &GlobalOptions, ranks: &Ranks) -> Result<(), CliError> {
    let request = TrainRequest {
        data: options.data.clone(),
        plan: options.public_plan.clone(),
        initial: options.initial.clone(),
        model: options.out.clone(),
        checkpoint: options.checkpoint.clone(),
        policy: options.policy(),
        snapshots: options.snapshots.policy(),
        resume: options.resume,
        force: options.force,
    };
    let (bars, resume, leads) = (Bars::default(), options.resume, ranks.leads());
    let observer = move |event: &Event| {
        if !leads {
            return;
        }
        match event {
            Event::Progress { what: Stage::Training, done, total, before } if resume && done == before => {
                match before {
                    0 => notice("there is no checkpoint: training starts at the first step"),
                    _ => notice(&format!("resuming after {before} of {total} steps")),
                }
            }
            _ => {}
        }
        bars.show(event);
    };
    let context = Context::new().observed_by(observer).cancelled_by(stop::on_signal()?);
    let context = on_threads(context, global)?;
    let start = Instant::now();
    let Some((outcome, traffic)) = ranks.train(&options.key, &request, &context)? else { return Ok(()) };
    let (finished, steps_done, steps, steps_before, sha256, snapshots) = match outcome {
        Outcome::Finished { steps, steps_before, model, snapshots } => {
            (true, steps, steps, steps_before, Some(model.to_string()), snapshots)
        }
        Outcome::Stopped { steps_done, steps, steps_before } => {
            (false, steps_done, steps, steps_before, None, vec![])
        }
    };
    let trained = Trained {
        finished,
        steps_done,
        steps,
        steps_before,
        out: &options.out,
        sha256,
        snapshots,
        threads: context.threads(),
        ranks: ranks.count(),
        messages: Messages::new(traffic, steps_done - steps_before),
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
    outln!(
        "trained     {} of {} steps, {now} of them now, in {} on {}",
        trained.steps_done,
        trained.steps,
        duration(trained.seconds),
        workers(trained.ranks, trained.threads)
    );
    if let Some(Messages { sent_bytes_per_step, received_bytes_per_step }) = trained.messages {
        let bytes = |bytes: f64| DecimalBytes(bytes as u64);
        outln!(
            "messages    rank 0 sent {} a step, and received {}",
            bytes(sent_bytes_per_step),
            bytes(received_bytes_per_step)
        );
    }
    if let Some(sha256) = &trained.sha256 {
        outln!("model       {}", trained.out.display());
        outln!("            SHA-256 {sha256}");
    }
    if let [first, .., last] | [first @ last] = &trained.snapshots[..] {
        outln!("snapshots   {}: {} to {}", trained.snapshots.len(), first.display(), last.display());
    }
}

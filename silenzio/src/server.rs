//! The server: training and inference on encrypted files. Nothing here can hold a secret key.

pub use silenzio_server::{CheckpointPolicy, InferRequest, Inferred, Outcome, ServerError, TrainRequest};

use crate::{Context, Error, Event, Stage};
use silenzio_server::Report;
use std::path::Path;

/// Trains with the server key in a file. Observers are told the bytes of the data set that are checked, then the steps
/// done. When the work is cancelled, it saves itself after the step at hand, and is [stopped](Outcome::Stopped).
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts, or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn train(server_key: &Path, request: &TrainRequest, context: &Context) -> Result<Outcome, Error> {
    let mut steps_before = 0;
    let mut report = |report| match report {
        Report::Checked { bytes, total } => context.progress(Stage::Check, bytes, total),
        Report::Begun { steps_done, steps } => {
            steps_before = steps_done;
            let (what, done, total) = (Stage::Training, steps_done, steps);
            context.tell(&Event::Progress { what, done, total, before: steps_done });
        }
        Report::Step { steps_done, steps } => {
            let (what, done, total) = (Stage::Training, steps_done, steps);
            context.tell(&Event::Progress { what, done, total, before: steps_before });
        }
        Report::Saved { .. } => {}
    };
    let stop = context.cancel_token().flag();
    Ok(context.install(|| silenzio_server::train(server_key, request, &mut report, stop))?)
}

/// Infers with the server key in a file. Observers are told the inputs done. When the work is cancelled, nothing is
/// written.
///
/// # Errors
/// If a file is missing, damaged or does not fit the others, before any work starts, or if an operation of the engine
/// fails. Files that exist stay as they are.
pub fn infer(server_key: &Path, request: &InferRequest, context: &Context) -> Result<Inferred, Error> {
    let mut report = |done, total| context.progress(Stage::Inference, done, total);
    let stop = context.cancel_token().flag();
    Ok(context.install(|| silenzio_server::infer(server_key, request, &mut report, stop))?)
}

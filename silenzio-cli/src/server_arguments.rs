//! The options of the server's commands.

use crate::snapshot_arguments::SnapshotOptions;
use clap::Args;
use silenzio::server::CheckpointPolicy;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

/// The options of the ranks of an MPI job; a build without MPI has none.
#[derive(Args, Debug)]
pub struct RankOptions {
    /// In an MPI job: give up if another rank does not respond for this many seconds while this one waits for it. It must be
    /// more than ranks differ in the time of a step, or of a batch of inputs, and more than rank 0 takes to read the samples once.
    #[cfg(feature = "mpi")]
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub peer_timeout: Duration,
}

#[derive(Args, Debug)]
pub struct TrainOptions {
    /// The encrypted training samples, as `silenzio encrypt` wrote them: one data set, or several of one key and plan (see
    /// `silenzio encrypt --like`), whose samples are shuffled together.
    #[arg(required = true)]
    pub data: Vec<PathBuf>,
    /// The server's keys, as `silenzio keygen` wrote them.
    #[arg(long, value_name = "FILE", default_value = "server.key")]
    pub key: PathBuf,
    /// Write the encrypted model here.
    #[arg(long, value_name = "FILE", default_value = "model.silenzio")]
    pub out: PathBuf,
    /// Begin with the weights of this model instead of random ones: a public one, which is a safetensors file, or an
    /// encrypted one of the same key, which the training continues.
    #[arg(long, value_name = "FILE")]
    pub initial: Option<PathBuf>,
    /// Refuse samples for another plan than this public plan; of several data sets, the first one is compared.
    #[arg(long, value_name = "FILE")]
    pub public_plan: Option<PathBuf>,
    /// Write the checkpoint here. The default is the model's name with `.checkpoint` added.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Write a checkpoint every N minutes.
    #[arg(long, value_name = "N", default_value = "10", value_parser = minutes, allow_negative_numbers = true)]
    pub checkpoint_minutes: Duration,
    /// Also write a checkpoint every N steps.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub checkpoint_steps: Option<NonZeroU64>,
    #[command(flatten)]
    pub snapshots: SnapshotOptions,
    /// Resume from the checkpoint. Without a checkpoint the training starts at the first step, and if the model exists
    /// there is nothing left to do, so the same command can be repeated after any interruption.
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    pub ranks: RankOptions,
    /// Replace an existing model and its snapshots. Without --resume, also ignore an existing checkpoint.
    #[arg(long)]
    pub force: bool,
}

impl TrainOptions {
    /// When checkpoints are written.
    pub fn policy(&self) -> CheckpointPolicy {
        CheckpointPolicy { steps: self.checkpoint_steps, interval: Some(self.checkpoint_minutes) }
    }
}

#[derive(Args, Debug)]
pub struct InferOptions {
    /// The encrypted model, as `silenzio train` wrote it.
    pub model: PathBuf,
    /// The encrypted inputs, as `silenzio encrypt` wrote them.
    pub inputs: PathBuf,
    /// The server's keys, as `silenzio keygen` wrote them.
    #[arg(long, value_name = "FILE", default_value = "server.key")]
    pub key: PathBuf,
    /// Write the encrypted logits here.
    #[arg(long, value_name = "FILE", default_value = "logits.silenzio")]
    pub out: PathBuf,
    #[command(flatten)]
    pub ranks: RankOptions,
    /// Replace existing logits.
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Debug)]
pub struct InspectOptions {
    /// A file of any kind. A table (`-` for standard input) or a plan with its data is shown as it would be read.
    pub file: PathBuf,
    /// Check every byte, not only the header and the length.
    #[arg(long)]
    pub verify: bool,
}

#[cfg(feature = "mpi")]
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=1e7).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "must be a number between 0.001 and 10000000".into())
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.parse().ok().filter(|minutes| (0.0..=1e6).contains(minutes));
    minutes
        .map(|minutes: f64| Duration::from_secs_f64(60.0 * minutes))
        .ok_or_else(|| "must be a number between 0 and 1000000".into())
}

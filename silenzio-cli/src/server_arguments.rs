//! The options of the server's commands.

use crate::snapshot_arguments::SnapshotOptions;
use clap::Args;
use silenzio::server::CheckpointPolicy;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args, Debug)]
pub struct TrainOptions {
    /// The encrypted training samples, as `silenzio encrypt` wrote them.
    pub data: PathBuf,
    /// The server's keys, as `silenzio keygen` wrote them.
    #[arg(long, value_name = "FILE", default_value = "server.key")]
    pub key: PathBuf,
    /// Write the encrypted model here.
    #[arg(long, value_name = "FILE", default_value = "model.silenzio")]
    pub out: PathBuf,
    /// Begin with the weights of this public model, a safetensors file, instead of random ones.
    #[arg(long, value_name = "FILE")]
    pub initial: Option<PathBuf>,
    /// Refuse samples for another plan than this public plan.
    #[arg(long, value_name = "FILE")]
    pub public_plan: Option<PathBuf>,
    /// Write the checkpoint here; by default it is beside the model, with `.checkpoint` behind its name.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Write a checkpoint after so many minutes.
    #[arg(long, value_name = "N", default_value = "10", value_parser = minutes)]
    pub checkpoint_minutes: Duration,
    /// Write a checkpoint after so many steps, too.
    #[arg(long, value_name = "N")]
    pub checkpoint_steps: Option<NonZeroU64>,
    #[command(flatten)]
    pub snapshots: SnapshotOptions,
    /// Go on from the checkpoint. Without one the training begins at the first step, and with the model there is nothing
    /// left to do: a training that is started with this option may be started again at any time.
    #[arg(long)]
    pub resume: bool,
    /// Replace an existing model and its snapshots. Without --resume, leave an existing checkpoint aside, too.
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
    /// Replace existing logits.
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Debug)]
pub struct InspectOptions {
    /// A file of any kind; a table, or a plan with its data, is shown as it would be read.
    pub file: PathBuf,
    /// Check every byte, not only the header and the length.
    #[arg(long)]
    pub verify: bool,
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text.parse().ok().filter(|minutes| (0.0..=1e6).contains(minutes));
    minutes
        .map(|minutes: f64| Duration::from_secs_f64(60.0 * minutes))
        .ok_or_else(|| "needs a number from 0 to 1000000".into())
}

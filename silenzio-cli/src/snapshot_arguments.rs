//! Which models on the way of a training are kept or averaged.

use clap::Args;
use silenzio::SnapshotPolicy;
use std::num::{NonZeroU64, NonZeroUsize};

#[derive(Args, Default, Debug)]
pub struct SnapshotOptions {
    /// Use the models after the last N epochs, the one in the end included. `train` keeps the others beside the model, with
    /// `.snapshot-` and the steps behind its name; `simulate` and `rehearse` say how good the average is.
    #[arg(long, value_name = "N")]
    pub snapshots: Option<NonZeroUsize>,
    /// Take a snapshot after every K steps instead of every epoch.
    #[arg(long, value_name = "K", requires = "snapshots")]
    pub snapshot_steps: Option<NonZeroU64>,
}

impl SnapshotOptions {
    /// Which models, if any.
    pub fn policy(&self) -> Option<SnapshotPolicy> {
        let count = self.snapshots?;
        Some(SnapshotPolicy { count, every: self.snapshot_steps })
    }
}

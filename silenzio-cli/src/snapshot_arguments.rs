//! The options for snapshots: models during a training that are kept or averaged.

use clap::Args;
use silenzio::SnapshotPolicy;
use std::num::{NonZeroU64, NonZeroUsize};

#[derive(Args, Default, Debug)]
pub struct SnapshotOptions {
    /// Use the models after each of the last N epochs, including the final one. `train` keeps the others beside the model, with
    /// `.snapshot-` and the steps after its name; `simulate` and `rehearse` print the accuracy of the average.
    #[arg(long, value_name = "N")]
    pub snapshots: Option<NonZeroUsize>,
    /// Take a snapshot after every K steps instead of every epoch.
    #[arg(long, value_name = "K", requires = "snapshots")]
    pub snapshot_steps: Option<NonZeroU64>,
}

impl SnapshotOptions {
    /// The snapshots to take, if any.
    pub fn policy(&self) -> Option<SnapshotPolicy> {
        let count = self.snapshots?;
        Some(SnapshotPolicy { count, every: self.snapshot_steps })
    }
}

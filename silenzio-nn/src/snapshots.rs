//! Snapshots: models that are kept during a training.

use crate::trainer::Schedule;
use std::num::{NonZeroU64, NonZeroUsize};

/// The snapshots that a training keeps: the last few of those taken after each epoch, or at a given interval of steps.
/// The final model counts as the last snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SnapshotPolicy {
    /// The number of snapshots that are kept, including the final model.
    pub count: NonZeroUsize,
    /// The number of steps between snapshots; by default the steps of an epoch.
    pub every: Option<NonZeroU64>,
}

/// The snapshots of one training. A snapshot is identified by the number of steps done when it is taken.
#[derive(Clone, Copy, Debug)]
pub struct Snapshots {
    count: u64,
    every: u64,
    steps: u64,
}

impl Snapshots {
    /// The snapshots of a training under a policy.
    pub fn new(policy: SnapshotPolicy, schedule: &Schedule) -> Self {
        let every = policy.every.map_or(schedule.steps_per_epoch(), NonZeroU64::get);
        Self { count: policy.count.get() as u64, every: every.max(1), steps: schedule.steps() }
    }

    /// All snapshots, including the final model.
    pub fn all(&self) -> impl Iterator<Item = u64> + use<> {
        let Self { every, steps, .. } = *self;
        (1..=self.taken(steps)).map(move |number| at(number, every, steps))
    }

    /// Whether a snapshot is taken when `steps_done` steps are done.
    pub fn is_due(&self, steps_done: u64) -> bool {
        steps_done > 0 && (steps_done == self.steps || steps_done.is_multiple_of(self.every))
    }

    /// The snapshots that are kept when `steps_done` steps are done.
    pub fn kept(&self, steps_done: u64) -> impl Iterator<Item = u64> + use<> {
        let Self { count, every, steps } = *self;
        let taken = self.taken(steps_done);
        (taken.saturating_sub(count) + 1..=taken).map(move |number| at(number, every, steps))
    }

    /// The latest snapshot that is no longer kept when `steps_done` steps are done.
    pub fn expired(&self, steps_done: u64) -> Option<u64> {
        let number = self.taken(steps_done).saturating_sub(self.count);
        (number > 0).then(|| at(number, self.every, self.steps))
    }

    /// The number of snapshots that are taken in `steps_done` steps.
    fn taken(&self, steps_done: u64) -> u64 {
        if steps_done < self.steps { steps_done / self.every } else { self.steps.div_ceil(self.every) }
    }
}

/// The steps done at snapshot `number`, from 1.
fn at(number: u64, every: u64, steps: u64) -> u64 {
    number.saturating_mul(every).min(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::plan::TrainingPlan;

    fn snapshots(count: usize, every: Option<u64>, epochs: usize, samples: usize) -> Snapshots {
        let plan = TrainingPlan { epochs, batch: 2, ..TrainingPlan::default() };
        let policy = SnapshotPolicy {
            count: NonZeroUsize::new(count).unwrap(),
            every: every.and_then(NonZeroU64::new),
        };
        Snapshots::new(policy, &Schedule::new(&plan, samples))
    }

    #[test]
    fn the_last_ones_are_kept_and_the_end_is_one_of_them() {
        let epochs = snapshots(2, None, 4, 6);
        assert_eq!(epochs.all().collect::<Vec<_>>(), [3, 6, 9, 12]);
        assert_eq!(epochs.kept(7).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(epochs.kept(12).collect::<Vec<_>>(), [9, 12]);
        assert_eq!([6, 9, 12].map(|done| epochs.expired(done)), [None, Some(3), Some(6)]);
        let uneven = snapshots(3, Some(5), 4, 6);
        assert_eq!(uneven.all().collect::<Vec<_>>(), [5, 10, 12]);
        assert_eq!(uneven.kept(12).collect::<Vec<_>>(), [5, 10, 12]);
        assert_eq!(snapshots(3, None, 4, 0).all().count(), 0);
    }

    proptest! {
        #[test]
        fn every_snapshot_is_taken_once_and_expires_once(
            count in 1usize..6, every in proptest::option::of(1u64..9), epochs in 1usize..6, samples in 1usize..9,
        ) {
            let snapshots = snapshots(count, every, epochs, samples);
            let all: Vec<u64> = snapshots.all().collect();
            let steps = *all.last().unwrap();
            let mut on_disk: Vec<u64> = Vec::new();
            for done in 1..=steps {
                if snapshots.is_due(done) {
                    on_disk.push(done);
                    if let Some(expired) = snapshots.expired(done) {
                        prop_assert_eq!(on_disk.remove(0), expired);
                    }
                }
                prop_assert_eq!(&snapshots.kept(done).collect::<Vec<_>>(), &on_disk);
            }
            let from = all.len().saturating_sub(count);
            prop_assert_eq!(&on_disk, &all[from..]);
        }
    }
}

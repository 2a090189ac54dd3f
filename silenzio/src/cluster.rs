//! A model of what an encrypted training takes on the ranks of a cluster.
//!
//! In a step, each rank computes the gradients of a share of the batch. They are added up along a binomial tree, the sum is
//! sent back along it, and every rank applies it:
//!
//! ```text
//! time of a step = (samples of the largest share * time of a sample + time for the weights) / threads
//!                + 2 ceil(log2 ranks) (latency + gradient / bandwidth) + ceil(log2 ranks) latency
//! ```
//!
//! The times of samples and weights are those that an [`Estimate`] has measured. The model neglects the time for reading
//! samples and adding up gradients.

use crate::Estimate;
use serde::Serialize;
use silenzio_nn::data_parallel::{most_ranks, share};
use std::num::NonZeroUsize;

/// A cluster, with one rank on each machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cluster {
    /// The number of ranks.
    pub ranks: NonZeroUsize,
    /// The number of threads of each rank.
    pub threads: NonZeroUsize,
    /// The bandwidth of a connection, in gigabits per second.
    pub gigabits_per_second: f64,
    /// The time of an empty message, in seconds.
    pub latency: f64,
}

/// An estimate of what a training takes on a [`Cluster`].
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ClusterEstimate {
    /// The number of ranks.
    pub ranks: usize,
    /// The number of threads of each rank.
    pub threads: usize,
    /// The time of a step for computing, in seconds.
    pub computing_seconds: f64,
    /// The time of a step for messages, in seconds.
    pub message_seconds: f64,
    /// The time of a step, in seconds.
    pub seconds_per_step: f64,
    /// The time of the training, in seconds.
    pub seconds: f64,
    /// The time of one rank, divided by that of all of them together.
    pub efficiency: f64,
    /// The size of a gradient.
    pub gradient_bytes: usize,
    /// The bytes that rank 0 sends in a step; it receives as many.
    pub sent_bytes_per_step: usize,
    /// The memory of a rank.
    pub memory_bytes: usize,
    /// The largest number of ranks that have work: a batch does not have samples for more.
    pub most_ranks: usize,
    /// The number of ranks with which a step is fastest.
    pub fastest_ranks: usize,
}

impl Estimate {
    /// Estimates what the training takes on a cluster of machines whose cores are like those of this one.
    pub fn on(&self, cluster: &Cluster) -> ClusterEstimate {
        let ranks = cluster.ranks.get();
        let (computing_seconds, message_seconds) = self.step_on(cluster, ranks);
        let seconds_per_step = computing_seconds + message_seconds;
        let total = |ranks: usize| {
            let (computing, messages) = self.step_on(cluster, ranks);
            computing + messages
        };
        let most_ranks = most_ranks(self.batch, self.step.share_unit);
        let fastest = (1..=most_ranks).min_by(|&a, &b| total(a).total_cmp(&total(b)));
        let unused = self.batch - share(self.batch, self.step.share_unit, 0, ranks).len();
        ClusterEstimate {
            ranks,
            threads: cluster.threads.get(),
            computing_seconds,
            message_seconds,
            seconds_per_step,
            seconds: seconds_per_step * self.steps as f64,
            efficiency: total(1) / (seconds_per_step * ranks as f64),
            gradient_bytes: self.step.gradient_bytes,
            sent_bytes_per_step: rounds(ranks) * self.step.gradient_bytes,
            memory_bytes: self.server_memory_bytes - unused * self.step.held_bytes_per_sample,
            most_ranks,
            fastest_ranks: fastest.unwrap_or(1),
        }
    }

    /// The times of a step on `ranks` ranks of a cluster: for computing, and for messages.
    fn step_on(&self, cluster: &Cluster, ranks: usize) -> (f64, f64) {
        let samples = share(self.batch, self.step.share_unit, 0, ranks).len();
        let core_seconds = samples as f64 * self.step.sample_core_seconds + self.step.weight_core_seconds;
        let transfer = self.step.gradient_bytes as f64 * 8e-9 / cluster.gigabits_per_second;
        let messages = rounds(ranks) as f64 * (3.0 * cluster.latency + 2.0 * transfer);
        (core_seconds / cluster.threads.get() as f64, messages)
    }
}

/// The depth of a binomial tree.
const fn rounds(ranks: usize) -> usize {
    ranks.next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operations;
    use silenzio_suite::StepCost;

    fn estimate() -> Estimate {
        Estimate {
            network: "784-128-10".into(),
            steps: 100,
            samples: 6400,
            operations_per_step: Operations::default(),
            key_file_bytes: 0,
            server_key_bytes: 1000,
            upload_bytes: 0,
            server_memory_bytes: 1000 + 64 * 10,
            threads: 2,
            seconds_per_step: 33.0,
            seconds: 3300.0,
            batch: 64,
            step: StepCost {
                sample_core_seconds: 1.0,
                weight_core_seconds: 2.0,
                gradient_bytes: 1_250_000,
                held_bytes_per_sample: 10,
                share_unit: 1,
            },
        }
    }

    fn on(ranks: usize, gigabits_per_second: f64, latency: f64) -> ClusterEstimate {
        let [ranks, threads] = [ranks, 2].map(|n| NonZeroUsize::new(n).unwrap());
        estimate().on(&Cluster { ranks, threads, gigabits_per_second, latency })
    }

    #[test]
    fn one_rank_is_one_machine() {
        let alone = on(1, 1.0, 1e-3);
        assert_eq!((alone.seconds_per_step, alone.message_seconds, alone.efficiency), (33.0, 0.0, 1.0));
        assert_eq!((alone.sent_bytes_per_step, alone.memory_bytes), (0, 1640));
    }

    #[test]
    fn ranks_share_samples_and_pay_for_messages() {
        let four = on(4, 1.0, 1e-3);
        assert_eq!(four.computing_seconds, 9.0);
        // Each way takes two rounds of 10 ms and a latency, and the decision two latencies.
        assert!((four.message_seconds - 0.046).abs() < 1e-12, "{}", four.message_seconds);
        assert_eq!((four.sent_bytes_per_step, four.memory_bytes), (2_500_000, 1160));
        assert_eq!((four.most_ranks, four.fastest_ranks), (64, 64));
        assert_eq!(on(100, 1.0, 1e-3).computing_seconds, 1.5, "a batch has 64 samples");
    }

    #[test]
    fn a_slow_network_pays_for_fewer_ranks() {
        let slow = on(64, 0.001, 1e-3);
        assert!(slow.fastest_ranks < 64 && slow.seconds_per_step > on(1, 0.001, 1e-3).seconds_per_step);
    }
}

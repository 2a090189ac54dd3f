//! A model of what an encrypted training takes on the ranks of a cluster.
//!
//! In a step, each rank computes the gradients of a share of the batch. They are added up along a binomial tree, and the sum
//! is sent back along it. Where weights are bootstrapped, every rank does a share of them, and the results go around a ring:
//!
//! ```text
//! time of a step = (samples of the largest share * time of a sample + time of the largest share of the weights) / threads
//!                + rounds (2 (latency + gradient / bandwidth) + gradient (coding + adding)) + gradient * coding
//!                + gathers (ranks - 1) (latency + largest share of the results / bandwidth) + results * coding
//!                + rounds * latency
//! ```
//!
//! with `rounds = ceil(log2 ranks)`, and two gathers for each layer whose weights are bootstrapped by both an update and a
//! preparation. The times of samples and weights, and those of one core for coding and adding a byte, are those that an
//! [`Estimate`] has measured. The model neglects the time for reading samples.

use crate::Estimate;
use serde::Serialize;
use silenzio_nn::data_parallel::{most_ranks, share};
use silenzio_suite::{MessageCost, StepCost, WeightCost};
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
    /// The time of a step for samples, in seconds.
    pub sample_seconds: f64,
    /// The time of a step for bootstraps of weights, in seconds.
    pub weight_seconds: f64,
    /// The time of a step in which messages are on their way, in seconds.
    pub network_seconds: f64,
    /// The time of a step for writing and reading messages, and for adding up gradients, in seconds.
    pub message_seconds: f64,
    /// The time of a step, in seconds.
    pub seconds_per_step: f64,
    /// The time of the training, in seconds.
    pub seconds: f64,
    /// The time of one rank, divided by that of all of them together.
    pub efficiency: f64,
    /// The size of a gradient.
    pub gradient_bytes: usize,
    /// The size of the results of bootstraps of weights.
    pub gathered_bytes: usize,
    /// The bytes that rank 0 sends in a step; it receives as many.
    pub sent_bytes_per_step: usize,
    /// The memory of a rank.
    pub memory_bytes: usize,
    /// The largest number of ranks that have samples: a batch does not have samples for more.
    pub most_ranks: usize,
    /// The number of ranks with which a step is fastest.
    pub fastest_ranks: usize,
}

/// The time of a step, by its parts.
#[derive(Clone, Copy)]
struct Step {
    samples: f64,
    weights: f64,
    network: f64,
    messages: f64,
}

impl Step {
    fn total(self) -> f64 {
        self.samples + self.weights + self.network + self.messages
    }
}

/// The largest number of ranks that is tried for the fastest one.
const MOST: usize = 4096;

impl Estimate {
    /// Estimates what the training takes on a cluster of machines whose cores are like those of this one.
    pub fn on(&self, cluster: &Cluster) -> ClusterEstimate {
        let ranks = cluster.ranks.get();
        let step = self.step_on(cluster, ranks);
        let most_ranks = most_ranks(self.batch, self.step.share_unit);
        let blocks = self.step.weights.iter().map(|layer| layer.blocks).max().unwrap_or(0);
        let total = |ranks: usize| self.step_on(cluster, ranks).total();
        let fastest = (1..=most_ranks.max(blocks).min(MOST)).min_by(|&a, &b| total(a).total_cmp(&total(b)));
        let unused = self.batch - share(self.batch, self.step.share_unit, 0, ranks).len();
        ClusterEstimate {
            ranks,
            threads: cluster.threads.get(),
            sample_seconds: step.samples,
            weight_seconds: step.weights,
            network_seconds: step.network,
            message_seconds: step.messages,
            seconds_per_step: step.total(),
            seconds: step.total() * self.steps as f64,
            efficiency: total(1) / (step.total() * ranks as f64),
            gradient_bytes: self.step.gradient_bytes,
            gathered_bytes: self.step.weights.iter().map(|layer| messages(layer, ranks).sum::<usize>()).sum(),
            sent_bytes_per_step: self.sent_bytes(ranks),
            memory_bytes: self.server_memory_bytes - unused * self.step.held_bytes_per_sample
                + self.message_memory(ranks),
            most_ranks,
            fastest_ranks: fastest.unwrap_or(1),
        }
    }

    /// The times of a step on `ranks` ranks of a cluster.
    fn step_on(&self, cluster: &Cluster, ranks: usize) -> Step {
        let StepCost { gradient_bytes, message: MessageCost { coding, adding }, .. } = self.step;
        let threads = cluster.threads.get() as f64;
        let samples = share(self.batch, self.step.share_unit, 0, ranks).len();
        let transfer = |bytes: f64| bytes * 8e-9 / cluster.gigabits_per_second;
        let (rounds, gradient) = (rounds(ranks) as f64, gradient_bytes as f64);
        let mut step = Step {
            samples: samples as f64 * self.step.sample_core_seconds / threads,
            weights: 0.0,
            network: rounds * (3.0 * cluster.latency + 2.0 * transfer(gradient)),
            messages: gradient * (rounds * (coding + adding) + if ranks > 1 { coding } else { 0.0 }),
        };
        for layer in &self.step.weights {
            let part = share(layer.blocks, 1, 0, ranks).len() as f64 / layer.blocks.max(1) as f64;
            step.weights += part * layer.core_seconds / threads;
            if ranks > 1 {
                let (largest, all) = messages(layer, ranks)
                    .fold((0, 0), |(largest, all), bytes| (bytes.max(largest), all + bytes));
                let latencies = layer.gathers as f64 * cluster.latency;
                step.network += (ranks as f64 - 1.0) * (latencies + transfer(largest as f64));
                step.messages += all as f64 * coding;
            }
        }
        step
    }

    /// What rank 0 sends in a step; it receives as much, but for the difference of two shares of weights.
    fn sent_bytes(&self, ranks: usize) -> usize {
        if ranks == 1 {
            return 0;
        }
        // Around a ring, a rank sends all results but those of the next one.
        let around = |layer: &WeightCost| {
            let next = messages(layer, ranks).nth(1).unwrap_or(0);
            messages(layer, ranks).sum::<usize>() - next
        };
        let weights: usize = self.step.weights.iter().map(around).sum();
        rounds(ranks) * self.step.gradient_bytes + weights
    }

    /// The memory for messages: a gradient, or the results of a layer, as a message and as what it says.
    fn message_memory(&self, ranks: usize) -> usize {
        let layers = self.step.weights.iter().map(|layer| messages(layer, ranks).sum());
        if ranks > 1 { 2 * self.step.gradient_bytes.max(layers.max().unwrap_or(0)) } else { 0 }
    }
}

/// The sizes of the messages of all ranks about the weights of a layer.
fn messages(layer: &WeightCost, ranks: usize) -> impl Iterator<Item = usize> {
    (0..ranks).map(move |rank| layer.message_bytes(&share(layer.blocks, 1, rank, ranks)))
}

/// The depth of a binomial tree.
const fn rounds(ranks: usize) -> usize {
    ranks.next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Operations;

    /// 64 samples of a second, weights of two seconds, and messages that cost nothing but their transfer.
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
                weights: vec![WeightCost {
                    blocks: 10,
                    core_seconds: 2.0,
                    results: 10,
                    result_bytes: 100_000,
                    gathers: 1,
                }],
                gradient_bytes: 1_250_000,
                message: MessageCost { coding: 0.0, adding: 0.0 },
                held_bytes_per_sample: 10,
                share_unit: 1,
            },
        }
    }

    fn on(estimate: &Estimate, ranks: usize, gigabits_per_second: f64, latency: f64) -> ClusterEstimate {
        let [ranks, threads] = [ranks, 2].map(|n| NonZeroUsize::new(n).unwrap());
        estimate.on(&Cluster { ranks, threads, gigabits_per_second, latency })
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn one_rank_is_one_machine() {
        let alone = on(&estimate(), 1, 1.0, 1e-3);
        assert_eq!((alone.seconds_per_step, alone.efficiency), (33.0, 1.0));
        assert_eq!((alone.network_seconds, alone.message_seconds), (0.0, 0.0));
        assert_eq!((alone.sent_bytes_per_step, alone.memory_bytes), (0, 1640));
    }

    #[test]
    fn ranks_share_samples_and_weights_and_pay_for_messages() {
        let four = on(&estimate(), 4, 1.0, 1e-3);
        assert_eq!(four.sample_seconds, 8.0);
        // Three of ten blocks.
        assert_close(four.weight_seconds, 0.3);
        // Two rounds each way of 10 ms and a latency, two latencies for the decision, and three times a latency and
        // 2.4 ms for 0.3 MB around the ring.
        assert_close(four.network_seconds, 0.046 + 3.0 * (0.001 + 0.0024));
        // Two gradients, and all blocks but the three of the next rank.
        assert_eq!(four.sent_bytes_per_step, 2_500_000 + 700_000);
        assert_eq!(four.memory_bytes, 1000 + 16 * 10 + 2_500_000);
        assert_eq!((four.most_ranks, four.fastest_ranks), (64, 64));
        assert_eq!(on(&estimate(), 100, 1.0, 1e-3).sample_seconds, 0.5, "a batch has 64 samples");
    }

    #[test]
    fn messages_are_written_read_and_added_up() {
        let mut estimate = estimate();
        estimate.step.message = MessageCost { coding: 2e-8, adding: 1e-8 };
        // Two rounds that code and add a gradient, one more that codes the sum, and the results for weights.
        assert_close(on(&estimate, 4, 1.0, 1e-3).message_seconds, 1.25e6 * (2.0 * 3e-8 + 2e-8) + 1e6 * 2e-8);
    }

    #[test]
    fn a_slow_network_pays_for_fewer_ranks() {
        let slow = on(&estimate(), 64, 0.001, 1e-3);
        assert!(slow.fastest_ranks < 64);
        assert!(slow.seconds_per_step > on(&estimate(), 1, 0.001, 1e-3).seconds_per_step);
    }
}

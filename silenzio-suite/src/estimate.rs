//! Estimates of what an encrypted training takes on this machine.

use crate::approximate::Approximate;
use crate::exact::{Exact, lut_cost};
use crate::observation::{Operations, exact_operations};
use crate::suite::{ClientSuite, Each, Suite};
use crate::{LocalWork, Network, Simulator};
use serde::Serialize;
use silenzio_approximate::ApproximateNetwork;
use silenzio_approximate::layout::Layout;
use silenzio_backend_tfhe::approximate::ApproximateServerKey;
use silenzio_backend_tfhe::noise::sum_capacity;
use silenzio_backend_tfhe::{Ciphertext, KeyPlan, ServerKey};
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Backend, BackendError, Client, EngineError, Lut, LutCounts, Modulus, Wire};
use silenzio_rns::ExactNetwork;
use silenzio_rns::format::LayerFormat;
use std::io;
use std::ops::Range;
use std::time::Instant;

/// The size of the seed of a list of ciphertexts.
const SEED_BYTES: usize = 16;

/// The number of look-ups that are timed, per thread.
const TIMED: usize = 32;

/// Ciphertexts that are written, read and added.
const MEASURED_BYTES: usize = 64 << 20;

/// An estimate of what an encrypted training takes on this machine, with all threads of the current Rayon pool busy.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Estimate {
    /// The operations of a step with a full batch.
    pub operations_per_step: Operations,
    /// The size of the file of the server key.
    pub key_file_bytes: usize,
    /// The size of the server key in memory.
    pub server_key_bytes: usize,
    /// The size of an encrypted sample with its label.
    pub bytes_per_sample: usize,
    /// The memory that a server needs during a step, besides its keys.
    pub held_bytes: usize,
    /// The time of a step on one core, in seconds.
    pub core_seconds_per_step: f64,
    /// The parts of a step.
    pub step: StepCost,
}

/// The parts of a step, for estimates of how it can be distributed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StepCost {
    /// The time of a sample on one core, in seconds.
    pub sample_core_seconds: f64,
    /// The cost of a step whatever the number of samples, for each layer whose weights are bootstrapped.
    pub weights: Vec<WeightCost>,
    /// The size of a gradient in the form in which it is sent.
    pub gradient_bytes: usize,
    /// The cost of sending and adding up ciphertexts.
    pub message: MessageCost,
    /// The memory that a server needs for each sample during a step.
    pub held_bytes_per_sample: usize,
    /// The number of samples that must stay together when a batch is split.
    pub share_unit: usize,
}

/// The cost of the bootstraps of the weights of a layer in a step.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct WeightCost {
    /// The blocks that can be shared out.
    pub blocks: usize,
    /// The time of all blocks on one core, in seconds.
    pub core_seconds: f64,
    /// The results, each of which is that of successive blocks. A message has the whole of those to which its blocks belong.
    pub results: usize,
    /// The size of a result in the form in which it is sent.
    pub result_bytes: usize,
    /// How often some of them are gathered: after an update, and after a preparation.
    pub gathers: usize,
}

impl WeightCost {
    /// The size of the message about a share of the blocks.
    pub fn message_bytes(&self, blocks: &Range<usize>) -> usize {
        if blocks.is_empty() {
            return 0;
        }
        let per_result = self.blocks.div_ceil(self.results.max(1)).max(1);
        (blocks.end.div_ceil(per_result) - blocks.start / per_result) * self.result_bytes
    }
}

/// The time on one core for each byte of ciphertexts in messages, in seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct MessageCost {
    /// For writing them to a message and reading them from one.
    pub coding: f64,
    /// For adding them to others.
    pub adding: f64,
}

impl MessageCost {
    /// Measures it on copies of a ciphertext.
    fn measure<V: Wire<F> + Clone, F>(
        ciphertext: &V,
        format: &F,
        mut add: impl FnMut(&mut V, &V) -> Result<(), BackendError>,
    ) -> Result<Self, EngineError> {
        let failed = |error: io::Error| BackendError::WrongShape(error.to_string());
        let bytes = V::encoded_len(format).map_err(failed)? as usize;
        let mut sums = vec![ciphertext.clone(); MEASURED_BYTES.div_ceil(bytes.max(1))];
        let start = Instant::now();
        let mut message = vec![];
        sums.iter().try_for_each(|value| value.write(&mut message)).map_err(failed)?;
        let mut from = &message[..];
        let read = sums.iter().map(|_| V::read(&mut from, format)).collect::<io::Result<Vec<_>>>();
        let read = read.map_err(failed)?;
        let coded = start.elapsed().as_secs_f64();
        for (sum, other) in sums.iter_mut().zip(&read) {
            add(sum, other)?;
        }
        let adding = start.elapsed().as_secs_f64() - coded;
        Ok(Self { coding: coded / message.len() as f64, adding: adding / message.len() as f64 })
    }
}

/// Measures single operations on all threads for a few seconds, and multiplies their times by their numbers in a step on
/// `batch` samples. `one_step` trains the network for one such step.
///
/// # Errors
/// If an operation of the engine fails.
pub fn estimate<W>(network: &Network, batch: usize, one_step: W) -> Result<Estimate, EngineError>
where
    W: LocalWork<Output = Result<(), EngineError>>,
{
    match &network.0 {
        Each::Exact(network) => exact(network, batch),
        Each::Approximate(inner) => {
            let (trained, observed) = Simulator::new(1).run(network, one_step).map_err(|inapplicable| {
                EngineError::Plan { field: "engine.kind".into(), problem: inapplicable.to_string() }
            })?;
            trained?;
            approximate(inner, batch, observed.operations)
        }
    }
}

fn exact(network: &ExactNetwork, batch: usize) -> Result<Estimate, EngineError> {
    let luts = network.step_luts(batch)?;
    let small_keys = network.format().small_keys;
    let (slowness, message) = slowness(small_keys)?;
    let core_seconds = |luts: &LutCounts| {
        let cost = |bits: u32| Modulus::new((1 << bits) - 1).map_or(0.0, lut_cost(small_keys));
        let milliseconds: f64 = luts.classes().map(|(bits, count)| cost(bits) * count as f64).sum();
        slowness * milliseconds / 1000.0
    };
    let core_seconds_per_step = core_seconds(&luts);
    let trained = network.trained_layers().iter().filter_map(|&layer| network.layers().get(layer));
    let values = |layer: &LayerFormat| {
        let (rows, columns) = layer.weight_shape();
        rows * columns * layer.gradient.moduli().len()
    };
    let gradient_values: usize = trained.map(values).sum();
    let value_bytes = Ciphertext::VALUE_BYTES + size_of::<f64>();
    let keys = Exact::parameters(network)?;
    let seeds = network.input_moduli(0).len() + network.label_moduli().len();
    let weights = network.trained_layers().iter().map(|&layer| {
        let (rows, columns) = network.layer(layer)?.weight_shape();
        // Two digits, and the residues of products.
        let values = 2 + network.weight_moduli(layer).len();
        Ok(WeightCost {
            blocks: rows,
            core_seconds: core_seconds(&network.weight_luts(layer, 0)?),
            results: rows,
            result_bytes: columns * values * value_bytes,
            gathers: 2,
        })
    });
    let weights = weights.collect::<Result<Vec<_>, EngineError>>()?;
    let weight_core_seconds: f64 = weights.iter().map(|layer| layer.core_seconds).sum();
    Ok(Estimate {
        operations_per_step: exact_operations(&luts),
        key_file_bytes: keys.compressed_key_bytes(),
        server_key_bytes: keys.server_key_bytes(),
        bytes_per_sample: network.values_per_sample() * size_of::<u64>() + seeds * SEED_BYTES,
        held_bytes: network.values_held(batch) * Ciphertext::VALUE_BYTES,
        core_seconds_per_step,
        step: StepCost {
            sample_core_seconds: (core_seconds_per_step - weight_core_seconds) / batch.max(1) as f64,
            weights,
            message,
            gradient_bytes: gradient_values * value_bytes,
            held_bytes_per_sample: (network.values_held(1) - network.values_held(0))
                * Ciphertext::VALUE_BYTES,
            share_unit: network
                .share_unit(batch, |m| sum_capacity(keys.parameter_sets().iter().copied(), m))?,
        },
    })
}

/// Times four-bit look-ups on all threads and divides the time by the cost with which formats are planned; also measures
/// messages of their results.
fn slowness(small_keys: SmallKeys) -> Result<(f64, MessageCost), EngineError> {
    let m = Modulus::new(15).map_err(BackendError::from)?;
    let client_key = Exact::generate(&KeyPlan::for_moduli(small_keys, [m]));
    let server_key = ServerKey::new(&client_key)?;
    let inputs =
        server_key.expand(&client_key.encrypt(m, &vec![3; TIMED * rayon::current_num_threads()])?)?;
    let start = Instant::now();
    let outputs = server_key.lut(&inputs, &Lut::embed(m, m))?;
    let milliseconds = 1000.0 * start.elapsed().as_secs_f64() / TIMED as f64;
    let add = |sum: &mut Ciphertext, other: &Ciphertext| server_key.add_assign(sum, other);
    let message = MessageCost::measure(outputs.first().unwrap_or(&Ciphertext::trivial(m, 0)), &m, add)?;
    Ok((milliseconds / lut_cost(small_keys)(m), message))
}

/// The time on one core of a bootstrap in a batch, in seconds, while all threads do the same.
fn bootstrap_seconds(server_key: &ApproximateServerKey, precision: Precision) -> Result<f64, BackendError> {
    let inputs = vec![server_key.trivial_lwe(0.1); TIMED * rayon::current_num_threads()];
    let lut = RealLut::new(server_key.parameters().table_size(precision), &[&|x| x])?;
    let start = Instant::now();
    server_key.bootstrap(precision, &inputs, &lut)?;
    Ok(start.elapsed().as_secs_f64() / TIMED as f64)
}

fn approximate(
    network: &ApproximateNetwork,
    batch: usize,
    operations: Operations,
) -> Result<Estimate, EngineError> {
    let parameters = network.parameters();
    let server_key = ApproximateServerKey::new(&Approximate::generate(&parameters))?;
    let (mut core_seconds_per_step, mut bootstraps) = (0.0, vec![]);
    for precision in Precision::ALL {
        if let Some(&count) = operations.bootstraps.get(precision.name()).filter(|&&count| count > 0) {
            let seconds = bootstrap_seconds(&server_key, precision)?;
            core_seconds_per_step += count as f64 * seconds;
            bootstraps.push((precision, seconds));
        }
    }
    let polynomial_bytes = parameters.polynomial_size * size_of::<u64>();
    // A factor has two polynomials for each level, and a seed.
    let layouts = || network.layers().iter().map(|layer| &layer.layout);
    let blocks = layouts().next().map_or(0, |layout| layout.input_blocks());
    let factor_bytes = 2 * parameters.fresh.levels * polynomial_bytes + SEED_BYTES;
    let label_bytes =
        layouts().next_back().map_or(0, |layout| layout.outputs * size_of::<u64>() + SEED_BYTES);
    let bytes_per_sample = network.factors_per_block() * blocks * factor_bytes + label_bytes;
    let polynomials: usize = layouts().map(Layout::blocks).sum();
    let trained = || network.trained_layers().iter().filter_map(|&layer| network.layers().get(layer));
    let gradient: usize = trained().map(|format| format.layout.blocks()).sum();
    let coarse = bootstraps.iter().find(|&&(precision, _)| precision == Precision::Coarse);
    let weights: Vec<WeightCost> = trained()
        .filter(|format| format.is_refreshed())
        .filter_map(|format| {
            let (_, seconds) = coarse?;
            Some(WeightCost {
                blocks: format.layout.columns(),
                core_seconds: format.layout.weights() as f64 * seconds,
                results: format.layout.blocks(),
                result_bytes: 2 * polynomial_bytes,
                gathers: 1,
            })
        })
        .collect();
    let weight_core_seconds: f64 = weights.iter().map(|layer| layer.core_seconds).sum();
    let glwe = server_key.trivial_glwe(&[0.1]);
    let message = MessageCost::measure(&glwe, parameters, |sum, other| {
        server_key.add_glwe(sum, other);
        Ok(())
    })?;
    Ok(Estimate {
        operations_per_step: operations,
        key_file_bytes: Approximate::evaluation_key_bytes(&parameters),
        server_key_bytes: server_key.size_bytes(),
        bytes_per_sample,
        // A factor that is ready for computing also has its mask, which was sent as a seed.
        held_bytes: 2 * batch * bytes_per_sample + 2 * polynomials * polynomial_bytes,
        core_seconds_per_step,
        step: StepCost {
            sample_core_seconds: (core_seconds_per_step - weight_core_seconds) / batch.max(1) as f64,
            weights,
            message,
            gradient_bytes: 2 * gradient * polynomial_bytes,
            held_bytes_per_sample: 2 * bytes_per_sample,
            share_unit: 1,
        },
    })
}

//! The choice of number formats for a plan: parameters, refreshed layers, amplitudes and units.

use crate::format::{ApproximateFormat, LayerNumbers};
use crate::layout::Layout;
use crate::network::{ApproximateNetwork, GATE_CENTRE};
use crate::noise::{accumulated_noise, relative_noise, weight_step};
use crate::softmax::LossScales;
use silenzio_core::approximate::{ApproximateParameters, Precision, parameters};
use silenzio_core::plan::{ApproximatePlan, TrainingPlan};
use silenzio_core::{EngineError, shapes};

/// How many times the range in the plan a pre-activation can be before it wraps. From once on it saturates; above
/// the margin, activation and gate are 0.
const PRE_ACTIVATION_MARGIN: f64 = 2.0;

/// How many times the range in the plan a refreshed weight can be before it wraps.
const WEIGHT_MARGIN: f64 = 1.5;

/// The step of the decrypted weights of a frozen layer, to which training adds no noise: below what a 32-bit float holds
/// of all but the tiniest weights. The noise of an encrypted model that it comes from
/// [raises](ApproximateNetwork::with_weight_noise) it.
const FROZEN_WEIGHT_STEP: f64 = 1.0 / (1_u64 << 40) as f64;

/// How many times the range in the plan a propagated delta can be before it wraps.
const DELTA_MARGIN: f64 = 6.0;

impl ApproximateNetwork {
    /// The network with the given widths (inputs, hidden layers, classes) for a parameter set, whose layers in `refreshed`
    /// are refreshed at every step, and whose training visits an unknown number of samples.
    ///
    /// # Errors
    /// If there is no layer, a field of the plan is impossible, or a factor of the plan's bits does not fit the gadget.
    pub fn new(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
        refreshed: &[usize],
    ) -> Result<Self, EngineError> {
        Self::visiting(widths, training, plan, parameters, refreshed, 1)
    }

    fn visiting(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
        refreshed: &[usize],
        visited: u64,
    ) -> Result<Self, EngineError> {
        let layers = widths.len().saturating_sub(1);
        training.validate(layers)?;
        plan.validate(layers)?;
        let planner = Planner { training, plan, parameters, visited };
        Self::of_format(widths, training, plan, parameters, planner.format(widths, refreshed)?)
    }

    /// The network with the given widths (inputs, hidden layers, classes) that trains on `samples` samples an epoch, at
    /// the least cost at which the noise of the weights stays below `engine.weight_noise`.
    ///
    /// Two of activations, deltas and weights have to be factors in the three products of a layer. Activations and
    /// deltas always are: both come out of a bootstrap anyway, whose further outputs the gadget levels are. What is left
    /// to choose is the parameter set, and the layers whose weights are refreshed by a bootstrap per weight and step,
    /// so that their master weights can be larger beside the noise.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if no parameters keep the noise as low.
    pub fn planned(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        samples: usize,
    ) -> Result<Self, EngineError> {
        let sets: Vec<&'static ApproximateParameters> = match &plan.parameters {
            None => parameters::DEFAULT.to_vec(),
            Some(name) => vec![parameters::named(name).ok_or_else(|| unknown(name))?],
        };
        let visited = training.epochs as u64 * samples as u64;
        let mut cheapest: Option<(f64, Self)> = None;
        let mut least_noise = f64::INFINITY;
        for set in sets {
            let network = Self::visiting(widths, training, plan, set, &[], visited)?;
            let noisy = |(layer, &noise): (usize, &f64)| (noise > plan.weight_noise).then_some(layer);
            // The inputs of the first layer are too many, and come with little noise.
            let refreshed: Vec<usize> =
                network.weight_noise(visited).iter().enumerate().skip(1).filter_map(noisy).collect();
            let network = Self::visiting(widths, training, plan, set, &refreshed, visited)?;
            let noise = network.weight_noise(visited).into_iter().fold(0.0, f64::max);
            least_noise = noise.min(least_noise);
            let cost = network.cost(training.batch);
            if noise <= plan.weight_noise && cheapest.as_ref().is_none_or(|(least, _)| cost < *least) {
                cheapest = Some((cost, network));
            }
        }
        cheapest.map(|(_, network)| network).ok_or_else(|| EngineError::Plan {
            field: "engine.weight_noise".into(),
            problem: format!(
                "the noise that weights gather over {visited} samples would be {least_noise:.2} of a typical weight \
                 instead of {}; lower training.epochs, engine.range or engine.bits.inputs, or allow more noise",
                plan.weight_noise
            ),
        })
    }

    /// What the bootstraps of a step cost, for comparison.
    fn cost(&self, batch: usize) -> f64 {
        let bootstraps = self.bootstraps(1, batch as u64);
        let cost = |precision| bootstraps.to(precision) as f64 * self.parameters().bootstrap_cost(precision);
        Precision::ALL.into_iter().map(cost).sum()
    }
}

struct Planner<'a> {
    training: &'a TrainingPlan,
    plan: &'a ApproximatePlan,
    parameters: &'static ApproximateParameters,
    /// The samples that the whole training visits, counting again those that are visited again.
    visited: u64,
}

/// The largest integer of `bits` bits.
fn largest(bits: u32) -> i64 {
    (1 << bits) - 1
}

impl Planner<'_> {
    fn format(&self, widths: &[usize], refreshed: &[usize]) -> Result<ApproximateFormat, EngineError> {
        if widths.len() < 2 || widths.contains(&0) {
            return Err(EngineError::Shape {
                what: "widths",
                expected: "at least inputs and classes, none of them 0".into(),
                found: format!("{widths:?}"),
            });
        }
        self.check_factors()?;
        let range = &self.plan.range;
        let logit_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * range.logits);
        let loss = LossScales::planned(logit_amplitude, range.logits, self.training);
        let trained = self.training.train.numbers(widths.len() - 1);
        let lowest = trained.first().copied().unwrap_or(0);
        let mut layers: Vec<LayerNumbers> = vec![];
        for (layer, shape) in shapes::of_layers(widths).enumerate() {
            let last = layer + 2 == widths.len();
            let mut numbers = self.layer(layer, shape, last, refreshed.contains(&layer), &loss);
            if layer > lowest {
                numbers.delta_unit = Some(self.delta_unit(numbers.weight_amplitude, last));
            }
            if let (Some(below), Some(unit)) = (layers.last_mut(), numbers.delta_unit) {
                // Deltas of the layer below come through these weights.
                below.delta_amplitude = numbers.weight_amplitude / unit;
            }
            layers.push(numbers);
        }
        for (layer, numbers) in layers.iter_mut().enumerate() {
            let noise = |numbers: &LayerNumbers| {
                accumulated_noise(self.parameters, layer, numbers, self.visited.max(1))
            };
            if layer == lowest {
                numbers.delta_precision = Precision::Medium;
                if relative_noise(numbers, noise(numbers)) > self.plan.weight_noise {
                    numbers.delta_precision = Precision::Fine;
                }
            }
            let noise = noise(numbers);
            numbers.weight_step =
                if trained.contains(&layer) { weight_step(noise) } else { FROZEN_WEIGHT_STEP };
        }
        Ok(ApproximateFormat {
            layers,
            activation_range: range.activations,
            logit_range: range.logits,
            loss_amplitude: loss.logit_amplitude,
            delta_amplitude: loss.delta_amplitude,
            delta_alpha: largest(self.plan.bits.deltas),
        })
    }

    fn check_factors(&self) -> Result<(), EngineError> {
        let bits = &self.plan.bits;
        for (field, bits) in [
            ("engine.bits.inputs", bits.inputs),
            ("engine.bits.activations", bits.activations),
            ("engine.bits.deltas", bits.deltas),
        ] {
            if largest(bits) > self.parameters.largest_message() {
                let problem = format!("integers up to {} do not fit", largest(bits));
                return Err(EngineError::Plan { field: field.into(), problem });
            }
        }
        Ok(())
    }

    /// The numbers of a layer. Those of its deltas are as if it were the last, until the layer above is known.
    fn layer(
        &self,
        layer: usize,
        (inputs, outputs): (usize, usize),
        last: bool,
        refreshed: bool,
        loss: &LossScales,
    ) -> LayerNumbers {
        let (bits, range, training) = (&self.plan.bits, &self.plan.range, self.training);
        let (input_alpha, input_range) = if layer == 0 {
            (largest(bits.inputs), 1.0)
        } else {
            (largest(bits.activations), range.activations)
        };
        let input_unit = input_range / input_alpha as f64;
        let output_range = if last { range.logits } else { range.activations };
        let output_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * output_range);
        let weight_amplitude = output_amplitude * input_unit;
        let master_amplitude =
            if refreshed { 0.25 / (WEIGHT_MARGIN * range.weights_of(layer)) } else { weight_amplitude };
        let layout = if layer == 0 { Layout::first } else { Layout::hidden };
        LayerNumbers {
            layout: layout(self.parameters.polynomial_size, inputs + 1, outputs),
            input_unit,
            input_alpha,
            bias_input: ((1.0 / input_unit).round() as i64).clamp(1, input_alpha),
            weight_amplitude,
            master_amplitude,
            delta_amplitude: loss.delta_amplitude,
            gradient_amplitude: training.learning_rate / training.batch as f64
                * input_unit
                * master_amplitude,
            delta_precision: Precision::Fine,
            delta_unit: None,
            weight_step: 1.0,
        }
    }

    /// The unit of the deltas above weights of this amplitude: as fine as the bits and the range of the propagated
    /// delta allow.
    fn delta_unit(&self, weight_amplitude: f64, last: bool) -> f64 {
        let range = &self.plan.range;
        let largest_loss_delta = 1.0 + self.training.logit_penalty * range.logits;
        let largest_delta = if last { largest_loss_delta } else { DELTA_MARGIN * range.deltas };
        let by_bits = largest_delta / largest(self.plan.bits.deltas) as f64;
        let by_range = weight_amplitude * DELTA_MARGIN * range.deltas / GATE_CENTRE;
        by_bits.max(by_range)
    }
}

fn unknown(name: &str) -> EngineError {
    let names: Vec<&str> = parameters::ALL.iter().map(|set| set.name).collect();
    EngineError::Plan {
        field: "engine.parameters".into(),
        problem: format!("there is no set {name:?}, only {}", names.join(", ")),
    }
}

//! The choice of number formats for a plan: parameters, refreshed layers, amplitudes and units.

use crate::format::{ApproximateFormat, GradientFactors, LayerNumbers, WeightForm};
use crate::layout::Layout;
use crate::loss;
use crate::network::{ApproximateNetwork, DELTA_MARGIN, GATE_CENTRE};
use crate::noise::weight_step;
use crate::softmax::LossScales;
use silenzio_core::approximate::{ApproximateParameters, Precision, parameters};
use silenzio_core::plan::{ApproximatePlan, TrainingPlan};
use silenzio_core::{EngineError, shapes};

/// The factor by which a pre-activation can exceed the range in the plan. Beyond the range itself, the activation saturates.
/// Beyond this factor, the pre-activation wraps: a positive one gives an activation of 0, a negative one minus the range, and
/// from 9/8 of this factor on the gate has the wrong sign.
const PRE_ACTIVATION_MARGIN: f64 = 2.0;

/// The factor by which a refreshed weight can exceed the range in the plan before it wraps.
const WEIGHT_MARGIN: f64 = 1.5;

/// The step of the decrypted weights of a frozen layer, to which training adds no noise. It is below the precision of
/// all but the tiniest weights as 32-bit floats. If the layer is from an encrypted model, that model's noise
/// [raises](ApproximateNetwork::with_weight_noise) it.
const FROZEN_WEIGHT_STEP: f64 = 1.0 / (1_u64 << 40) as f64;

impl ApproximateNetwork {
    /// Makes the network with the given widths (inputs, hidden layers, outputs) for a parameter set, with these forms
    /// of weights from the first layer up; further layers are [kept](WeightForm::Kept). The number of samples is
    /// unknown.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there is no layer; [`EngineError::Field`] if a field of the plan has an impossible
    /// value; [`EngineError::Plan`] if factors with the plan's bits do not fit the gadget.
    pub fn new(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        parameters: &'static ApproximateParameters,
        forms: &[WeightForm],
    ) -> Result<Self, EngineError> {
        let layers = widths.len().saturating_sub(1);
        training.validate(layers)?;
        plan.validate(layers)?;
        let planner =
            Planner { training, plan, parameters, trained: training.train.numbers(layers), visited: 1 };
        Self::of_format(widths, training, plan, parameters, planner.format(widths, forms)?)
    }

    /// Plans the network with the given widths (inputs, hidden layers, outputs) that trains on `samples` samples per
    /// epoch at the least cost, while the noise of the weights stays below `engine.weight_noise`.
    ///
    /// The planner chooses the parameter set, the precision of values that are packed for gradients, and which layers are
    /// refreshed: with one bootstrap per weight and step, master weights are larger in relation to the noise.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and [`EngineError::Plan`] if the noise exceeds `engine.weight_noise` with all
    /// parameters, or there are none with the name in `engine.parameters`.
    pub fn planned(
        widths: &[usize],
        training: &TrainingPlan,
        plan: &ApproximatePlan,
        samples: usize,
    ) -> Result<Self, EngineError> {
        let layers = widths.len().saturating_sub(1);
        training.validate(layers)?;
        plan.validate(layers)?;
        let sets: Vec<&'static ApproximateParameters> = match &plan.parameters {
            None => parameters::DEFAULT.to_vec(),
            Some(name) => vec![parameters::named(name).ok_or_else(|| unknown(name))?],
        };
        let visited = training.epochs as u64 * samples as u64;
        let mut cheapest: Option<(f64, &'static ApproximateParameters, ApproximateFormat)> = None;
        let mut least_noise = f64::INFINITY;
        for parameters in sets {
            let planner =
                Planner { training, plan, parameters, trained: training.train.numbers(layers), visited };
            let format = planner.cheapest(widths)?;
            let noise =
                format.layers.iter().enumerate().map(|layer| planner.noise(layer)).fold(0.0, f64::max);
            least_noise = noise.min(least_noise);
            let cost = planner.cost(&format);
            if noise <= plan.weight_noise && cheapest.as_ref().is_none_or(|(least, ..)| cost < *least) {
                cheapest = Some((cost, parameters, format));
            }
        }
        let Some((_, parameters, format)) = cheapest else {
            return Err(EngineError::Plan {
                field: "engine.weight_noise".into(),
                problem: format!(
                    "the noise that accumulates in the weights over {visited} samples would be {least_noise:.2} of a \
                     typical weight, but at most {} is allowed; lower training.epochs, engine.range or \
                     engine.bits.inputs, or allow more noise",
                    plan.weight_noise
                ),
            });
        };
        Self::of_format(widths, training, plan, parameters, format)
    }
}

struct Planner<'a> {
    training: &'a TrainingPlan,
    plan: &'a ApproximatePlan,
    parameters: &'static ApproximateParameters,
    /// The layers that are trained, in ascending order.
    trained: Vec<usize>,
    /// The number of samples that the whole training visits. A sample counts once for each visit.
    visited: u64,
}

/// The largest integer of `bits` bits.
fn largest(bits: u32) -> i64 {
    (1 << bits) - 1
}

impl Planner<'_> {
    /// The relative cost of the bootstraps of one step.
    fn cost(&self, format: &ApproximateFormat) -> f64 {
        let bootstraps = format.bootstraps(self.training.loss, 1, self.training.batch as u64);
        let cost = |precision| bootstraps[precision] as f64 * self.parameters.bootstrap_cost(precision);
        Precision::ALL.into_iter().map(cost).sum()
    }

    /// The largest weight of a refreshed layer before it wraps.
    fn weight_range(&self, layer: usize) -> f64 {
        WEIGHT_MARGIN * self.plan.range.weights_of(layer)
    }

    /// The largest delta as a factor, in steps.
    fn delta_alpha(&self) -> i64 {
        largest(self.plan.bits.deltas)
    }

    /// The lowest trained layer.
    fn lowest(&self) -> usize {
        self.trained.first().copied().unwrap_or(0)
    }

    /// The noise of a weight of a layer at the end of the training, as a fraction of a typical weight.
    fn noise(&self, (layer, numbers): (usize, &LayerNumbers)) -> f64 {
        if self.trained.contains(&layer) {
            numbers.weight_noise(self.parameters, layer, self.delta_alpha(), self.visited)
        } else {
            0.0
        }
    }

    /// The format in which each layer has the cheapest form of weights that keeps the noise below the plan's limit or,
    /// if none does, the form with the least noise. Layers can be decided one by one, since the form of one layer does
    /// not affect the noise of another, and costs add up.
    fn cheapest(&self, widths: &[usize]) -> Result<ApproximateFormat, EngineError> {
        let mut forms: Vec<WeightForm> = vec![];
        let rank = |format: &ApproximateFormat, layer: usize| {
            let noise = format.layers.get(layer).map_or(0.0, |numbers| self.noise((layer, numbers)));
            if noise <= self.plan.weight_noise { (0, self.cost(format)) } else { (1, noise) }
        };
        let mut best = self.format(widths, &forms)?;
        for layer in 0..widths.len().saturating_sub(1) {
            // The first layer has too many weights, and its inputs have little noise; frozen layers gain none.
            let mut form = WeightForm::Kept;
            if layer > 0 && self.trained.contains(&layer) {
                let refreshed =
                    self.format(widths, &[forms.as_slice(), &[WeightForm::Refreshed]].concat())?;
                if rank(&refreshed, layer) < rank(&best, layer) {
                    (form, best) = (WeightForm::Refreshed, refreshed);
                }
            }
            forms.push(form);
        }
        Ok(best)
    }

    fn format(&self, widths: &[usize], forms: &[WeightForm]) -> Result<ApproximateFormat, EngineError> {
        if widths.len() < 2 || widths.contains(&0) {
            return Err(EngineError::Shape {
                what: "widths",
                expected: "at least inputs and outputs, none of them 0".into(),
                found: format!("{widths:?}"),
            });
        }
        self.check_factors()?;
        let range = &self.plan.range;
        let logit_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * range.logits);
        let scales = loss::scales(logit_amplitude, range.logits, self.training);
        let mut layers: Vec<LayerNumbers> = vec![];
        for (layer, shape) in shapes::of_layers(widths).enumerate() {
            let last = layer + 2 == widths.len();
            let form = forms.get(layer).copied().unwrap_or(WeightForm::Kept);
            let numbers = self.layer(layer, shape, last, form, &scales);
            if let (Some(below), Some(unit)) = (layers.last_mut(), numbers.delta_unit) {
                // The deltas of the layer below are propagated through these weights.
                below.delta_amplitude = numbers.weight_amplitude / unit;
            }
            layers.push(numbers);
        }
        let mut format = ApproximateFormat {
            layers,
            activation_range: range.activations,
            logit_range: range.logits,
            loss_amplitude: scales.logit_amplitude,
            delta_amplitude: scales.delta_amplitude,
            delta_alpha: self.delta_alpha(),
        };
        for (layer, numbers) in format.layers.iter_mut().enumerate() {
            if !self.trained.contains(&layer) {
                numbers.weight_step = FROZEN_WEIGHT_STEP;
                // The inputs are only factors of products that are bootstrapped.
                numbers.input_precision = Precision::Wide;
                continue;
            }
            // What is packed for a gradient need not be fine, unless the noise would be too high: deltas in the lowest trained
            // layer, and inputs above it.
            let cheaper = match numbers.gradient_factors {
                GradientFactors::Inputs => Precision::Medium,
                GradientFactors::Deltas => Precision::Wide,
            };
            for precision in [cheaper, Precision::Fine] {
                *numbers.packed_precision() = precision;
                if self.noise((layer, numbers)) <= self.plan.weight_noise {
                    break;
                }
            }
            let visited = self.visited.max(1);
            numbers.weight_step =
                weight_step(numbers.accumulated_noise(self.parameters, layer, self.delta_alpha(), visited));
        }
        Ok(format)
    }

    fn check_factors(&self) -> Result<(), EngineError> {
        let bits = &self.plan.bits;
        for (field, bits) in [
            ("engine.bits.inputs", bits.inputs),
            ("engine.bits.activations", bits.activations),
            ("engine.bits.deltas", bits.deltas),
        ] {
            if largest(bits) > self.parameters.largest_message() {
                let problem = format!(
                    "integers up to {} do not fit the parameters {}, which take up to {}; use fewer bits",
                    largest(bits),
                    self.parameters.name,
                    self.parameters.largest_message()
                );
                return Err(EngineError::Plan { field: field.into(), problem });
            }
        }
        Ok(())
    }

    /// The numbers of a layer. The amplitude of its deltas is that of the last layer, until the layer above is known.
    fn layer(
        &self,
        layer: usize,
        (inputs, outputs): (usize, usize),
        last: bool,
        form: WeightForm,
        scales: &LossScales,
    ) -> LayerNumbers {
        let (bits, range, training) = (&self.plan.bits, &self.plan.range, self.training);
        let weight_range = self.weight_range(layer);
        let gradient_factors =
            if layer > self.lowest() { GradientFactors::Deltas } else { GradientFactors::Inputs };
        let (input_alpha, input_range) = if layer == 0 {
            (largest(bits.inputs), 1.0)
        } else {
            (largest(bits.activations), range.activations)
        };
        let input_unit = input_range / input_alpha as f64;
        let output_range = if last { range.logits } else { range.activations };
        let output_amplitude = 0.25 / (PRE_ACTIVATION_MARGIN * output_range);
        let weight_amplitude = output_amplitude * input_unit;
        let master_amplitude = if form == WeightForm::Kept { weight_amplitude } else { 0.25 / weight_range };
        let delta_unit = (layer > self.lowest()).then(|| self.delta_unit(weight_amplitude, last));
        // The unit of the operand that is a factor in the gradient.
        let factor_unit = delta_unit.unwrap_or(input_unit);
        let layout = if layer == 0 { Layout::first } else { Layout::hidden };
        LayerNumbers {
            layout: layout(self.parameters.polynomial_size, inputs + 1, outputs),
            input_unit,
            input_alpha,
            bias_input: ((1.0 / input_unit).round() as i64).clamp(1, input_alpha),
            weight_amplitude,
            master_amplitude,
            delta_amplitude: scales.delta_amplitude,
            gradient_amplitude: training.learning_rate / training.batch as f64
                * factor_unit
                * master_amplitude,
            delta_precision: Precision::Fine,
            delta_unit,
            input_precision: Precision::Fine,
            gradient_factors,
            weight_step: 1.0,
        }
    }

    /// The unit of the deltas at the outputs of a layer with weights of this amplitude. It is as fine as the bits allow
    /// and, if these deltas are propagated as factors, as the range of the propagated delta allows.
    fn delta_unit(&self, weight_amplitude: f64, last: bool) -> f64 {
        let range = &self.plan.range;
        let largest_loss_delta = loss::largest_delta(self.training, range.logits);
        let largest_delta = if last { largest_loss_delta } else { DELTA_MARGIN * range.deltas };
        let by_bits = largest_delta / self.delta_alpha() as f64;
        by_bits.max(weight_amplitude * DELTA_MARGIN * range.deltas / GATE_CENTRE)
    }
}

fn unknown(name: &str) -> EngineError {
    let names: Vec<&str> = parameters::ALL.iter().map(|set| set.name).collect();
    EngineError::Plan {
        field: "engine.parameters".into(),
        problem: format!("there is no parameter set {name:?}; choose one of {}", names.join(", ")),
    }
}

//! The gradient of the softmax cross entropy, by a log-mean-exp tree of bootstraps.
//!
//! For logits o_1 … o_c the gradient is `p_i - y_i` with `p_i = exp(o_i - L) / c`, where L is the result of the
//! [tree](silenzio_core::log_mean_exp). Nothing can wrap. A sample takes 3c - 1 coarse bootstraps: one per logit, for
//! its clamped value and its penalty, c - 1 in the tree, and one per probability.
//!
//! Label smoothing bounds the differences of logits, and is part of the function for p_i. A penalty on each logit
//! bounds their mean, on which p does not depend.

use silenzio_core::approximate::backend::Lwe;
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::log_mean_exp::{self, Node};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::{BackendError, EngineError};

/// The largest fraction of a quarter of the torus that values fill. The rest is left for noise.
const FILL: f64 = 0.9;

/// The softmax cross entropy of one network.
#[derive(Clone, PartialEq, Debug)]
pub struct SoftmaxGradient {
    classes: usize,
    /// The amplitude of clamped logits, torus per unit.
    logit_amplitude: f64,
    delta_amplitude: f64,
    label_smoothing: f64,
    size: usize,
    logit_lut: RealLut,
    probability_lut: RealLut,
}

/// The amplitudes and the range of a loss.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LossScales {
    /// The amplitude of the network's logits, torus per unit.
    pub input_amplitude: f64,
    /// The real value at which logits are clamped.
    pub logit_range: f64,
    /// The amplitude of clamped logits, torus per unit.
    pub logit_amplitude: f64,
    /// The amplitude of deltas, torus per unit.
    pub delta_amplitude: f64,
}

impl LossScales {
    /// Chooses the scales that make the best use of the torus, for logits of an amplitude that are clamped to a range.
    pub fn planned(input_amplitude: f64, logit_range: f64, training: &TrainingPlan) -> Self {
        Self {
            input_amplitude,
            logit_range,
            logit_amplitude: FILL / 4.0 / (2.0 * logit_range),
            delta_amplitude: FILL / 4.0 / (1.0 + training.logit_penalty * logit_range),
        }
    }
}

impl SoftmaxGradient {
    /// Makes the gradient for a number of classes, on a backend with tables of `size` coefficients.
    ///
    /// # Errors
    /// If `size` is less than 2.
    pub fn new(
        classes: usize,
        scales: LossScales,
        size: usize,
        training: &TrainingPlan,
    ) -> Result<Self, BackendError> {
        let TrainingPlan { label_smoothing, logit_penalty, .. } = *training;
        let LossScales { input_amplitude, logit_range: range, logit_amplitude, delta_amplitude } = scales;
        let clamped = |x: f64| (x / input_amplitude).clamp(-range, range);
        let smoothed = |p: f64| (p - label_smoothing / classes as f64) * delta_amplitude;
        let probability = |x: f64| (x / logit_amplitude).exp() / classes as f64;
        Ok(Self {
            classes,
            logit_amplitude,
            delta_amplitude,
            label_smoothing,
            size,
            logit_lut: RealLut::new(
                size,
                &[&|x| clamped(x) * logit_amplitude, &|x| logit_penalty * clamped(x) * delta_amplitude],
            )?
            .named("logits"),
            probability_lut: RealLut::new(size, &[&|x| smoothed(probability(x).min(1.0))])?
                .named("probabilities"),
        })
    }

    /// The number of classes.
    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// The amplitude of the deltas, torus per unit.
    pub const fn delta_amplitude(&self) -> f64 {
        self.delta_amplitude
    }

    /// Encodes the label `class` as the client encrypts it: one torus element per class.
    pub fn label(&self, class: usize) -> Vec<f64> {
        let hot = (1.0 - self.label_smoothing) * self.delta_amplitude;
        (0..self.classes).map(|i| if i == class { hot } else { 0.0 }).collect()
    }

    /// Computes the deltas of a batch from its logits, at [`delta_amplitude`](Self::delta_amplitude): one per class,
    /// sample by sample.
    ///
    /// # Errors
    /// Those of the backend's operations.
    pub fn deltas<B: ApproximateBackend>(
        &self,
        backend: &B,
        logits: &[Lwe<B::Types>],
        labels: &[&[Lwe<B::Types>]],
    ) -> Result<Vec<Lwe<B::Types>>, EngineError> {
        let mut outputs = backend.bootstrap(Precision::Coarse, logits, &self.logit_lut)?.into_iter();
        let mut differences = outputs.next().unwrap_or_default();
        let mut deltas = outputs.next().unwrap_or_default();

        let column = |class: usize| differences.iter().skip(class).step_by(self.classes).cloned().collect();
        let means = self.log_mean_exp(backend, (0..self.classes).map(column).collect())?;
        for (sample, mean) in differences.chunks_mut(self.classes.max(1)).zip(&means) {
            sample.iter_mut().for_each(|logit| backend.sub_lwe(logit, mean));
        }
        let probabilities = backend.bootstrap(Precision::Coarse, &differences, &self.probability_lut)?;
        let labels = labels.iter().copied().flatten();
        for ((delta, probability), label) in deltas.iter_mut().zip(probabilities.iter().flatten()).zip(labels)
        {
            backend.add_lwe(delta, probability);
            backend.sub_lwe(delta, label);
        }
        Ok(deltas)
    }

    /// Computes the log-mean-exp of each sample, from one vector per class with the logits of all samples.
    fn log_mean_exp<B: ApproximateBackend>(
        &self,
        backend: &B,
        classes: Vec<Vec<Lwe<B::Types>>>,
    ) -> Result<Vec<Lwe<B::Types>>, BackendError> {
        let root = log_mean_exp::fold(classes, |node, mut differences, b| {
            differences.iter_mut().zip(&b).for_each(|(a, b)| backend.sub_lwe(a, b));
            let lut = self.mean_lut(node)?;
            let mut mean =
                backend.bootstrap(Precision::Coarse, &differences, &lut)?.pop().unwrap_or_default();
            mean.iter_mut().zip(&b).for_each(|(mean, b)| backend.add_lwe(mean, b));
            Ok::<_, BackendError>(mean)
        })?;
        Ok(root.unwrap_or_default())
    }

    /// The table from a - b to LME(a, b) - b.
    fn mean_lut(&self, node: Node) -> Result<RealLut, BackendError> {
        let mean = |x: f64| node.mean(x / self.logit_amplitude) * self.logit_amplitude;
        Ok(RealLut::new(self.size, &[&mean])?.named("log-mean-exps"))
    }
}

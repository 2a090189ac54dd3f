//! The gradient of the softmax cross entropy, by a log-mean-exp tree of bootstraps.
//!
//! With logits o_1 … o_c the gradient is `p_i - y_i`, `p_i = exp(o_i - L) / c`, where L is the log of the *mean* of the
//! exponentials, built pair by pair: for means over n_a and n_b logits,
//!
//! ```text
//! LME(a, b) = b + ln((n_a exp(a - b) + n_b) / (n_a + n_b)).
//! ```
//!
//! A mean lies between its operands, so every node stays in the range of the logits, and every difference within twice
//! that: nothing can wrap. 3c - 1 coarse bootstraps a sample: one per logit, for its clamped value and its penalty, c - 1
//! in the tree, one per probability.
//!
//! Label smoothing bounds the differences of logits, and is part of the function for p_i. A penalty on each
//! logit bounds what they have in common, on which p does not depend.

use silenzio_core::approximate::backend::Lwe;
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::{BackendError, EngineError};

/// The part of a quarter of the torus that values fill at most: the rest is left to noise.
const FILL: f64 = 0.9;

/// The softmax cross entropy of one network.
#[derive(Clone, PartialEq, Debug)]
pub struct SoftmaxGradient {
    classes: usize,
    /// A clamped logit on the torus, per unit.
    logit_amplitude: f64,
    delta_amplitude: f64,
    label_smoothing: f64,
    size: usize,
    logit_lut: RealLut,
    probability_lut: RealLut,
}

impl SoftmaxGradient {
    /// The gradient for logits that come at `amplitude` (torus per unit) and are clamped to ±`range`, on a backend with
    /// polynomials of `size` coefficients.
    pub fn new(classes: usize, amplitude: f64, range: f64, size: usize, training: &TrainingPlan) -> Self {
        let TrainingPlan { label_smoothing, logit_penalty, .. } = *training;
        let logit_amplitude = FILL / 4.0 / (2.0 * range);
        let delta_amplitude = FILL / 4.0 / (1.0 + logit_penalty * range);
        let clamped = |x: f64| (x / amplitude).clamp(-range, range);
        let smoothed = |p: f64| (p - label_smoothing / classes as f64) * delta_amplitude;
        let probability = |x: f64| (x / logit_amplitude).exp() / classes as f64;
        Self {
            classes,
            logit_amplitude,
            delta_amplitude,
            label_smoothing,
            size,
            logit_lut: RealLut::new(
                size,
                &[&|x| clamped(x) * logit_amplitude, &|x| logit_penalty * clamped(x) * delta_amplitude],
            ),
            probability_lut: RealLut::new(size, &[&|x| smoothed(probability(x).min(1.0))]),
        }
    }

    /// A delta on the torus, per unit.
    pub const fn delta_amplitude(&self) -> f64 {
        self.delta_amplitude
    }

    /// The label of `class` as the client encrypts it: one torus element per class.
    pub fn label(&self, class: usize) -> Vec<f64> {
        let hot = (1.0 - self.label_smoothing) * self.delta_amplitude;
        (0..self.classes).map(|i| if i == class { hot } else { 0.0 }).collect()
    }

    /// The deltas of a batch at [`delta_amplitude`](Self::delta_amplitude), sample by sample, from its logits.
    ///
    /// # Errors
    /// As the backend's operations.
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
        let means = self.softmax(backend, (0..self.classes).map(column).collect())?;
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

    /// The log-mean-exp of each sample, from one vector over the samples per class.
    fn softmax<B: ApproximateBackend>(
        &self,
        backend: &B,
        classes: Vec<Vec<Lwe<B::Types>>>,
    ) -> Result<Vec<Lwe<B::Types>>, BackendError> {
        let mut nodes: Vec<(usize, Vec<Lwe<B::Types>>)> =
            classes.into_iter().map(|column| (1, column)).collect();
        while nodes.len() > 1 {
            let mut parents = Vec::with_capacity(nodes.len().div_ceil(2));
            let mut children = nodes.into_iter();
            while let Some((count_a, mut a)) = children.next() {
                let Some((count_b, b)) = children.next() else {
                    parents.push((count_a, a));
                    break;
                };
                a.iter_mut().zip(&b).for_each(|(a, b)| backend.sub_lwe(a, b));
                let lut = self.mean_lut(count_a, count_b);
                let mut mean = backend.bootstrap(Precision::Coarse, &a, &lut)?.pop().unwrap_or_default();
                mean.iter_mut().zip(&b).for_each(|(mean, b)| backend.add_lwe(mean, b));
                parents.push((count_a + count_b, mean));
            }
            nodes = parents;
        }
        Ok(nodes.pop().map_or_else(Vec::new, |(_, mean)| mean))
    }

    /// LME(a, b) - b from a - b.
    fn mean_lut(&self, count_a: usize, count_b: usize) -> RealLut {
        let (a, b) = (count_a as f64, count_b as f64);
        let mean =
            |x: f64| ((a * (x / self.logit_amplitude).exp() + b) / (a + b)).ln() * self.logit_amplitude;
        RealLut::new(self.size, &[&mean])
    }
}

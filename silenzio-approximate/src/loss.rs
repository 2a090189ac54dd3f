//! The losses, and how each uses the torus.

use crate::softmax::{LossScales, SoftmaxGradient};
use crate::squared::SquaredGradient;
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::Lwe;
use silenzio_core::plan::{Loss, TrainingPlan};
use silenzio_core::{EngineError, Target};

/// The gradient of the loss of one network.
#[derive(Clone, PartialEq, Debug)]
pub enum LossGradient {
    /// The gradient of the softmax cross entropy.
    Softmax(Box<SoftmaxGradient>),
    /// The gradient of the squared loss.
    Squared(SquaredGradient),
}

impl LossGradient {
    /// Makes the gradient of the plan's loss for a number of outputs, on a backend with tables of `size` coefficients.
    ///
    /// # Errors
    /// [`EngineError::Backend`] if `size` is less than 2.
    pub fn new(
        outputs: usize,
        scales: LossScales,
        size: usize,
        training: &TrainingPlan,
    ) -> Result<Self, EngineError> {
        Ok(match training.loss {
            Loss::CrossEntropy => {
                Self::Softmax(Box::new(SoftmaxGradient::new(outputs, scales, size, training)?))
            }
            Loss::Squared => {
                Self::Squared(SquaredGradient::new(outputs, scales.input_amplitude, scales.logit_range))
            }
        })
    }

    /// The loss of which this is the gradient.
    pub const fn kind(&self) -> Loss {
        match self {
            Self::Softmax(_) => Loss::CrossEntropy,
            Self::Squared(_) => Loss::Squared,
        }
    }

    /// Encodes a target as the client encrypts it: one torus element per output.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the loss needs targets of the other kind, or the target does not fit the outputs.
    pub fn label(&self, target: &Target<'_>) -> Result<Vec<f64>, EngineError> {
        match self {
            Self::Softmax(softmax) => Ok(softmax.label(target.class(softmax.classes())?)),
            Self::Squared(squared) => squared.label(target),
        }
    }

    /// Computes the inputs of the last bootstrap, which [makes the deltas](Self::delta) of a batch, from its logits:
    /// one per output, sample by sample.
    ///
    /// # Errors
    /// Those of the backend's operations.
    pub(crate) fn before_deltas<B: ApproximateBackend>(
        &self,
        backend: &B,
        logits: Vec<Lwe<B::Types>>,
        labels: &[&[Lwe<B::Types>]],
    ) -> Result<Vec<Lwe<B::Types>>, EngineError> {
        match self {
            Self::Softmax(softmax) => softmax.deltas(backend, &logits, labels),
            Self::Squared(squared) => Ok(squared.differences(backend, logits, labels)),
        }
    }

    /// The function of the last bootstrap: the delta on the torus, from the bootstrap's input.
    pub(crate) fn delta(&self, x: f64) -> f64 {
        match self {
            Self::Softmax(_) => x,
            Self::Squared(squared) => squared.clipped(x),
        }
    }
}

/// The number of bootstraps that a loss takes for a sample before the last ones, which make the deltas. All are coarse.
pub(crate) fn bootstraps(loss: Loss, outputs: u64) -> u64 {
    match loss {
        Loss::CrossEntropy => (3 * outputs).saturating_sub(1),
        Loss::Squared => 0,
    }
}

/// The largest absolute delta of a loss for logits up to ± `range`.
pub(crate) fn largest_delta(training: &TrainingPlan, range: f64) -> f64 {
    match training.loss {
        Loss::CrossEntropy => 1.0 + training.logit_penalty * range,
        Loss::Squared => range,
    }
}

/// Chooses the scales of a loss that make the best use of the torus, for logits of an amplitude that are clamped to a
/// range.
pub(crate) fn scales(input_amplitude: f64, logit_range: f64, training: &TrainingPlan) -> LossScales {
    match training.loss {
        Loss::CrossEntropy => LossScales::planned(input_amplitude, logit_range, training),
        // Nothing is scaled, since the difference of output and target is the delta.
        Loss::Squared => LossScales {
            input_amplitude,
            logit_range,
            logit_amplitude: input_amplitude,
            delta_amplitude: input_amplitude,
        },
    }
}

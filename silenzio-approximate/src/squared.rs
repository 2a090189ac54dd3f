//! The gradient of the squared loss, which is simply the difference of output and target.
//!
//! The sum of (o_i - t_i)² / 2 over the outputs has the derivative o_i - t_i. The client encrypts t_i at the amplitude
//! of the outputs, so that the derivative is a subtraction. It is clipped to the range of the plan by the bootstrap
//! that every loss needs, which makes the forms in which deltas enter products: one bootstrap per output in total.
//! Beyond a quarter of the torus, which is twice the range, the table continues mirrored: the clipped difference falls
//! to 0 at half of the torus, and its sign is always right.

use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::Lwe;
use silenzio_core::{EngineError, Target};

/// The squared loss of one network.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SquaredGradient {
    outputs: usize,
    /// The amplitude of outputs, targets and differences, torus per unit.
    amplitude: f64,
    /// The largest absolute difference, to which others are clipped.
    range: f64,
}

impl SquaredGradient {
    /// Makes the gradient for a number of outputs with this amplitude, whose differences are clipped to ± `range`.
    pub const fn new(outputs: usize, amplitude: f64, range: f64) -> Self {
        Self { outputs, amplitude, range }
    }

    /// Encodes a target as the client encrypts it: one torus element per output.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the target is a class, or does not have one number from -1 to 1 for each output.
    pub fn label(&self, target: &Target<'_>) -> Result<Vec<f64>, EngineError> {
        Ok(target.values(self.outputs)?.iter().map(|&value| f64::from(value) * self.amplitude).collect())
    }

    /// Computes the differences of a batch, which are not yet [clipped](Self::clipped): one per output, sample by
    /// sample.
    pub fn differences<B: ApproximateBackend>(
        &self,
        backend: &B,
        outputs: Vec<Lwe<B::Types>>,
        targets: &[&[Lwe<B::Types>]],
    ) -> Vec<Lwe<B::Types>> {
        let mut differences = outputs;
        let targets = targets.iter().copied().flatten();
        differences.iter_mut().zip(targets).for_each(|(output, target)| backend.sub_lwe(output, target));
        differences
    }

    /// The delta of a difference; both are torus elements.
    pub fn clipped(&self, difference: f64) -> f64 {
        let largest = self.range * self.amplitude;
        difference.clamp(-largest, largest)
    }
}

//! The gradient of the squared loss: the difference of output and target itself.
//!
//! Half of (o_i - t_i)², added up over the outputs, has the derivative o_i - t_i. The client encrypts t_i at the amplitude
//! at which outputs come, so that a subtraction gives it. The bootstrap that every loss needs, to the forms in which deltas
//! enter products, then clips it to the range of the plan: one bootstrap per output in all. Beyond twice the range, at a
//! quarter of the torus, the clipped difference falls and is 0 at half of the torus; its sign is right everywhere.

use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::approximate::backend::Lwe;
use silenzio_core::{EngineError, Target};

/// The squared loss of one network.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct SquaredGradient {
    outputs: usize,
    /// An output on the torus as it comes, per unit: that of targets and differences, too.
    amplitude: f64,
    /// Differences are clipped to ± this.
    range: f64,
}

impl SquaredGradient {
    /// The gradient for outputs that come at an amplitude.
    pub const fn new(outputs: usize, amplitude: f64, range: f64) -> Self {
        Self { outputs, amplitude, range }
    }

    /// The targets as the client encrypts them: one torus element per output.
    ///
    /// # Errors
    /// If they are classes, or not one for each output, from -1 to 1.
    pub fn label(&self, target: &Target<'_>) -> Result<Vec<f64>, EngineError> {
        Ok(target.values(self.outputs)?.iter().map(|&value| f64::from(value) * self.amplitude).collect())
    }

    /// The differences of a batch, not yet [clipped](Self::clipped), sample by sample.
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

    /// The delta on the torus from a difference on the torus.
    pub fn clipped(&self, difference: f64) -> f64 {
        let largest = self.range * self.amplitude;
        difference.clamp(-largest, largest)
    }
}

//! The shapes of blind rotations.

use crate::noise::GadgetShape;
use crate::record;
use serde::{Deserialize, Serialize};

/// A blind rotation under the key of all ciphertexts, which is cut into k polynomials of N/k coefficients.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotationShape {
    /// log2 of the base of the gadget decomposition.
    pub base_log: usize,
    /// The number of levels of the gadget decomposition.
    pub levels: usize,
    /// k, the number of mask polynomials of an accumulator, which divides N.
    #[serde(default = "record::one", skip_serializing_if = "record::is_one")]
    pub glwe_dimension: usize,
}

/// The time of one transform of the accumulator's polynomials with N = 2048, in microseconds of a core with AVX-512 at
/// 2.3 GHz.
const TRANSFORM_COST: f64 = 3.85;
/// The time of one level of products with the key for each key bit, in the same unit.
const PRODUCT_COST: f64 = 0.87;
/// The relative cost of a rotation in two rings of half the size.
const CUT_COST: f64 = 0.8;

impl RotationShape {
    /// The rotation with k = `glwe_dimension`, the base 2^`base_log` and `levels` levels.
    pub const fn new(glwe_dimension: usize, base_log: usize, levels: usize) -> Self {
        Self { base_log, levels, glwe_dimension }
    }

    /// The gadget decomposition of the accumulators.
    pub const fn gadget(self) -> GadgetShape {
        GadgetShape { base_log: self.base_log, levels: self.levels }
    }

    /// The cost of a rotation with a small key of n bits in blocks of ℓ, in milliseconds of a core with AVX-512 at
    /// 2.3 GHz: a fit of measurements with N = 2048, for comparisons. The bits of a block share the transforms, one for
    /// each level and one back, but not the products.
    pub(super) fn cost(self, lwe_dimension: usize, block: usize) -> f64 {
        let levels = self.levels as f64;
        let bit = TRANSFORM_COST * (levels + 1.0) / block as f64 + PRODUCT_COST * levels;
        let cut = if self.glwe_dimension > 1 { CUT_COST } else { 1.0 };
        lwe_dimension as f64 * bit * cut / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_fit_what_was_measured() {
        for (shape, dimension, block, measured) in [
            (RotationShape::new(1, 23, 1), 840, 1, 7.2),
            (RotationShape::new(1, 8, 5), 840, 1, 24.4),
            (RotationShape::new(1, 23, 1), 760, 4, 2.12),
            (RotationShape::new(1, 15, 2), 760, 4, 3.30),
            (RotationShape::new(1, 8, 5), 760, 4, 7.97),
            (RotationShape::new(2, 23, 1), 760, 4, 1.67),
            (RotationShape::new(2, 15, 2), 760, 4, 2.78),
        ] {
            let cost = shape.cost(dimension, block);
            assert!((cost / measured - 1.0).abs() < 0.1, "{shape:?}: {cost} instead of {measured}");
        }
    }
}

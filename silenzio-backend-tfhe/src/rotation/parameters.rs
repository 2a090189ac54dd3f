//! The parameters of a blind rotation.

use super::rotate::kernel;
use crate::keys::{self, BootstrapShape};
use crate::ring::accumulate::LOG2_BOUND;
use silenzio_core::BackendError;
use silenzio_core::noise::{self, GadgetShape, NoiseVariance, minimal_std};
use tfhe::core_crypto::prelude::{GlweDimension, PolynomialSize};

/// The sizes of a blind rotation and of its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RotationParameters {
    /// n, the number of bits of the small key: a multiple of the block length.
    pub lwe_dimension: usize,
    /// ℓ, the block length of the small key: of this many successive bits at most one is 1. It is 1 for a binary key.
    pub block: usize,
    /// k, the number of mask polynomials of an accumulator.
    pub glwe_dimension: usize,
    /// N, a power of two: the number of coefficients of a polynomial.
    pub polynomial_size: usize,
    /// The gadget decomposition of the accumulators.
    pub gadget: GadgetShape,
}

impl RotationParameters {
    /// Checks that there is a rotation with these parameters.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if the polynomial size is not a power of two, if the small key does not consist of whole
    /// blocks, if there is no kernel for k and the number of levels, or if sums of products could leave the range of their
    /// conversion.
    pub fn check(&self) -> Result<(), BackendError> {
        let Self { lwe_dimension: n, block, glwe_dimension: k, polynomial_size: size, gadget } = *self;
        let fail = |problem: String| Err(BackendError::WrongShape(problem));
        if block == 0 || !keys::BLOCK.is_multiple_of(block) {
            return fail(format!("blocks of {block} key bits: choose a length that divides {}", keys::BLOCK));
        }
        if n == 0 || !n.is_multiple_of(block) {
            return fail(format!("a small key of {n} bits is not made of whole blocks of {block}"));
        }
        if !size.is_power_of_two() || !(16..=1 << 16).contains(&size) {
            return fail(format!(
                "{size} is not a valid polynomial size: choose a power of two from 16 to 65536"
            ));
        }
        if gadget.base_log == 0 || gadget.bits() > 52 {
            return fail(format!(
                "the digits of a gadget have {} bits in all: choose 1 to 52",
                gadget.bits()
            ));
        }
        if kernel(k, gadget.levels).is_none() {
            return fail(format!("there is no rotation with k = {k} and {} levels", gadget.levels));
        }
        if self.largest_sum().log2() > LOG2_BOUND {
            return fail(format!("a base of 2^{} is too large for N = {size} and k = {k}", gadget.base_log));
        }
        Ok(())
    }

    /// A bound on what a block adds to a coefficient of an accumulator, in units of the torus: the sum, for each of ℓ key
    /// bits, of (k+1) l N products of a digit of at most B/2 and a fraction of at most 1/2, doubled for `X^a - 1`.
    fn largest_sum(&self) -> f64 {
        let terms = self.rows() * self.polynomial_size * self.block;
        terms as f64 * self.gadget.base() / 2.0
    }

    /// The number of polynomials of an accumulator, and of columns of a GGSW: k + 1.
    pub(super) const fn columns(&self) -> usize {
        self.glwe_dimension + 1
    }

    /// The number of rows of a GGSW: (k + 1) l.
    pub(super) const fn rows(&self) -> usize {
        self.columns() * self.gadget.levels
    }

    /// The number of real numbers of a GGSW at one place of the transform.
    pub(super) const fn numbers_per_place(&self) -> usize {
        2 * self.rows() * self.columns()
    }

    /// The number of real numbers of the key of a block.
    pub(super) const fn numbers_per_block(&self) -> usize {
        self.polynomial_size / 2 * self.block * self.numbers_per_place()
    }

    /// The number of phases that a rotation tells apart: 2N.
    pub const fn steps(&self) -> usize {
        2 * self.polynomial_size
    }

    /// The dimension of an LWE that is extracted from an accumulator: k N.
    pub const fn output_dimension(&self) -> usize {
        self.glwe_dimension * self.polynomial_size
    }

    /// The size of the key in memory, in bytes: 8 n (k+1)² l N.
    pub const fn key_bytes(&self) -> usize {
        self.lwe_dimension / self.block * self.numbers_per_block() * size_of::<f64>()
    }

    /// The size of the key in the form in which it is sent, in bytes.
    pub fn compressed_key_bytes(&self) -> usize {
        self.shape().seeded_bytes()
    }

    /// The standard deviation of the noise under the GLWE key.
    pub fn glwe_std(&self) -> f64 {
        minimal_std(self.output_dimension())
    }

    /// The noise of every coefficient of a rotated accumulator.
    pub fn noise(&self) -> NoiseVariance {
        noise::block_bootstrap(
            self.lwe_dimension,
            self.block,
            self.glwe_dimension,
            self.polynomial_size,
            self.gadget,
            self.glwe_std(),
        )
    }

    /// The noise that the switch of an input to exponents adds, for 2^`log_outputs` interleaved tables.
    pub fn modulus_switch_noise(&self, log_outputs: u32) -> NoiseVariance {
        noise::block_modulus_switch(self.lwe_dimension, self.block, (self.steps() >> log_outputs) as f64)
    }

    /// The shape of the key for TFHE-rs.
    pub(crate) fn shape(&self) -> BootstrapShape {
        BootstrapShape {
            lwe_dimension: self.lwe_dimension,
            glwe_dimension: GlweDimension(self.glwe_dimension),
            polynomial_size: PolynomialSize(self.polynomial_size),
            decomposition: self.gadget.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: RotationParameters = RotationParameters {
        lwe_dimension: 760,
        block: 4,
        glwe_dimension: 1,
        polynomial_size: 2048,
        gadget: GadgetShape { base_log: 23, levels: 1 },
    };

    #[test]
    fn what_no_rotation_has_is_refused() {
        GOOD.check().unwrap();
        let gadget = |base_log, levels| GadgetShape { base_log, levels };
        for (bad, why) in [
            (RotationParameters { block: 3, ..GOOD }, "divides"),
            (RotationParameters { block: 0, ..GOOD }, "divides"),
            (RotationParameters { lwe_dimension: 761, ..GOOD }, "whole blocks"),
            (RotationParameters { lwe_dimension: 0, ..GOOD }, "whole blocks"),
            (RotationParameters { polynomial_size: 2000, ..GOOD }, "power of two"),
            (RotationParameters { gadget: gadget(0, 2), ..GOOD }, "1 to 52"),
            (RotationParameters { gadget: gadget(23, 3), ..GOOD }, "1 to 52"),
            (RotationParameters { glwe_dimension: 5, ..GOOD }, "k = 5"),
            (RotationParameters { gadget: gadget(4, 9), ..GOOD }, "9 levels"),
            (RotationParameters { gadget: gadget(26, 1), ..GOOD }, "too large"),
        ] {
            let error = bad.check().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}

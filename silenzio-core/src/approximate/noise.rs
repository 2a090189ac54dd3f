//! The noise of every step of the approximate engine, as closed formulas of the parameters.
//!
//! The simulator draws its noise from these formulas, and the tests of the TFHE backend compare them with the noise of
//! real ciphertexts. N is the polynomial size, and σ the noise of the GLWE key. A binary key has N/2 bits that are 1. A
//! gadget of base B and l levels has digits of mean square D = B²/12 + 1/6, and a rounding error of variance
//! ρ = B^-2l/12.

use super::parameters::ApproximateParameters;
use super::precision::Precision;
use crate::noise::{self, GadgetShape, NoiseVariance};

/// The noise of the rows of a GGSW: the mean over levels and coefficients.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct RowNoise {
    /// The noise of the rows of the message.
    pub body: NoiseVariance,
    /// The noise of the rows of the message times the secret key.
    pub key: NoiseVariance,
}

/// The noise of a packed GLWE.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct PackedNoise {
    /// The noise that packing adds to the coefficients of packed values.
    pub wanted: NoiseVariance,
    /// The mean noise of the other coefficients.
    pub others: NoiseVariance,
}

impl ApproximateParameters {
    /// The noise of a fresh LWE, or of each row of a client's GGSW: σ².
    pub fn fresh_noise(&self) -> NoiseVariance {
        NoiseVariance::from_standard_deviation(self.glwe_std())
    }

    /// The noise of the rows of a GGSW that a client encrypted.
    pub fn fresh_rows(&self) -> RowNoise {
        RowNoise { body: self.fresh_noise(), key: self.fresh_noise() }
    }

    /// The noise that the keyswitch to the small key adds.
    pub fn keyswitch_noise(&self) -> NoiseVariance {
        noise::key_switch(self.polynomial_size, self.keyswitch, self.lwe_std())
    }

    /// The noise that the modulus switch of a bootstrap to `precision` adds. With 2^t outputs, it rounds to multiples
    /// of 2^t / (2N/k).
    pub fn modulus_switch_noise(&self, precision: Precision, log_outputs: u32) -> NoiseVariance {
        let steps = (2 * self.table_size(precision)) >> log_outputs;
        noise::block_modulus_switch(self.lwe_dimension, self.block, steps as f64)
    }

    /// The noise of the result of a bootstrap.
    pub fn bootstrap_noise(&self, precision: Precision) -> NoiseVariance {
        let shape = self.bootstrap(precision);
        let (n, k, size) = (self.lwe_dimension, shape.glwe_dimension, self.table_size(precision));
        noise::block_bootstrap(n, self.block, k, size, shape.gadget(), self.glwe_std())
    }

    /// The noise that one automorphism adds to each coefficient. It is that of the keyswitch of one polynomial,
    /// N (l D σ² + ρ/2), whose products are exact.
    pub fn automorphism_noise(&self) -> NoiseVariance {
        noise::key_switch(self.polynomial_size, self.automorphism, self.glwe_std())
    }

    /// The noise that packing adds, for values at the first multiples of 2^s with s = `log_stride`.
    ///
    /// A packed value passes through log2 N automorphisms, each of which doubles it with its earlier noise, and adds
    /// the noise V of an automorphism: V (4^log2(N) - 1) / 3 in all.
    ///
    /// The other coefficients are cancelled on the way. Those between the strides get a mean noise of 2/3 V 2^s from
    /// the later automorphisms. Of the u multiples of the stride that hold no value, those that share a node with a
    /// value are cancelled early, and their later noise is doubled like the values: a mean of V N/3 min(u, 2 values).
    pub fn packing_noise(&self, log_stride: u32, values: usize) -> PackedNoise {
        let step = self.automorphism_noise();
        let size = self.polynomial_size as f64;
        let (stride, values) = (f64::from(log_stride).exp2(), values as f64);
        let unused = (size / stride - values).clamp(0.0, 2.0 * values);
        PackedNoise {
            wanted: step * ((size * size - 1.0) / 3.0),
            others: step * (2.0 / 3.0 * stride + size / 3.0 * unused),
        }
    }

    /// The noise of the rows of a GGSW circuit-bootstrapped from GLWEs that hold `values` values, each with the noise
    /// `value` before it was packed.
    ///
    /// The key row is the body row times the secret key, whose N/2 ones add up the noise of N/2 coefficients, plus the
    /// noise of that external product.
    pub fn circuit_rows(&self, value: NoiseVariance, packed: PackedNoise, values: usize) -> RowNoise {
        let size = self.polynomial_size as f64;
        let part = values as f64 / size;
        let body = (value + packed.wanted) * part + packed.others * (1.0 - part);
        let key = self.external_product_noise(self.key_row, self.fresh_rows(), size / 2.0, body);
        RowNoise { body, key }
    }

    /// The noise of each coefficient of an external product, for a GGSW whose message has the squared norm `norm2`, and
    /// a GLWE whose coefficients have the noise `input`.
    ///
    /// It is the sum of l N D (body + key) for the rows' noise times the digits, ‖m‖² ρ (1 + N/2) for the rounding
    /// error of the digits in the body and times the key, the rounding errors of the Fourier transform, and ‖m‖² times
    /// the input's noise.
    pub fn external_product_noise(
        &self,
        gadget: GadgetShape,
        rows: RowNoise,
        norm2: f64,
        input: NoiseVariance,
    ) -> NoiseVariance {
        let size = self.polynomial_size as f64;
        let digits = (rows.body + rows.key) * (gadget.levels as f64 * size * gadget.digit_power());
        let rounding = NoiseVariance(norm2 * gadget.rounding() * (1.0 + size / 2.0));
        digits + rounding + noise::fourier(1, self.polynomial_size, gadget) + input * norm2
    }

    /// The noise of each coefficient of weights after the gradients of `samples` samples were subtracted.
    pub fn accumulated_noise(&self, per_sample: NoiseVariance, samples: u64) -> NoiseVariance {
        per_sample * samples as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::N2048;
    use super::*;

    #[test]
    fn orders_of_magnitude() {
        let p = &N2048;
        let packed = p.packing_noise(0, 8);
        let rows = p.circuit_rows(p.bootstrap_noise(Precision::Fine), packed, 8);
        let product = p.external_product_noise(p.circuit, rows, 64.0, NoiseVariance::ZERO);
        for (name, variance, low, high) in [
            ("fresh", p.fresh_noise(), -48.5, -48.0),
            ("modulus switch", p.modulus_switch_noise(Precision::Coarse, 0), -10.5, -9.5),
            ("coarse", p.bootstrap_noise(Precision::Coarse), -16.0, -14.0),
            ("fine", p.bootstrap_noise(Precision::Fine), -29.0, -26.0),
            ("packed", packed.wanted, -30.0, -27.0),
            ("others", packed.others, -33.0, -29.0),
            ("product", product, -18.0, -14.0),
        ] {
            let log2 = variance.log2_std();
            println!("{name}: 2^{log2:.2}");
            assert!((low..high).contains(&log2), "{name}: 2^{log2:.2}");
        }
    }
}

//! The parameters of an approximate backend, in named sets.

use super::precision::Precision;
use super::rotation::RotationShape;
use crate::noise::{GadgetShape, minimal_block_log2_std, minimal_block_std, minimal_log2_std, minimal_std};
use crate::record;
use serde::{Deserialize, Serialize};

/// The parameters of an approximate backend, whose ciphertexts have a GLWE dimension of 1. The noise of every key is
/// the least that its dimension allows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ApproximateParameters {
    /// The name of the set.
    pub name: &'static str,
    /// N, a power of two: the number of coefficients of a polynomial, and the dimension of an LWE.
    pub polynomial_size: usize,
    /// n, the dimension of the small key, under which an LWE is bootstrapped.
    pub lwe_dimension: usize,
    /// ℓ, the block length of the small key, of which each block has at most one 1. It is 1 for a binary key.
    pub block: usize,
    /// The keyswitch from N to n, on 32-bit key elements.
    pub keyswitch: GadgetShape,
    /// N' of the ring in which the keyswitch switches to a partial key, all of whose coefficients except the first n
    /// are zero. This rests on a further assumption, and is forty times cheaper. `None` for a plain keyswitch.
    pub keyswitch_ring: Option<usize>,
    /// The bootstrap to [`Precision::Coarse`].
    pub coarse: RotationShape,
    /// The bootstrap to [`Precision::Medium`]; if `None`, the fine bootstrap takes its place.
    pub medium: Option<RotationShape>,
    /// The bootstrap to [`Precision::Wide`]; if `None`, the fine bootstrap takes its place.
    pub wide: Option<RotationShape>,
    /// The bootstrap to [`Precision::Fine`].
    pub fine: RotationShape,
    /// The GGSW ciphertexts that a client encrypts.
    pub fresh: GadgetShape,
    /// The GGSW ciphertexts that are circuit-bootstrapped from packed values of [`Precision::Fine`].
    pub circuit: GadgetShape,
    /// The GGSW of the secret key, by which the key rows of circuit-bootstrapped GGSWs are computed.
    pub key_row: GadgetShape,
    /// The keys of the automorphisms that pack LWEs into a GLWE.
    pub automorphism: GadgetShape,
}

/// N = 2048 and a binary small key.
///
/// The standard deviation of the error is 2^-9 of the torus at the input of a bootstrap with one output, and twice that
/// for every doubling of the number of outputs; 2^-15 (coarse) or 2^-27.5 (fine) at its output; another 2^-27.3 for a
/// packed value; and 2^-16 for the product of a circuit-bootstrapped GGSW.
pub const N2048: ApproximateParameters = ApproximateParameters {
    name: "N2048",
    polynomial_size: 2048,
    lwe_dimension: 800,
    block: 1,
    keyswitch: GadgetShape { base_log: 3, levels: 5 },
    keyswitch_ring: None,
    coarse: RotationShape::new(1, 23, 1),
    medium: None,
    wide: None,
    fine: RotationShape::new(1, 9, 4),
    fresh: GadgetShape { base_log: 10, levels: 4 },
    circuit: GadgetShape { base_log: 5, levels: 5 },
    key_row: GadgetShape { base_log: 7, levels: 6 },
    automorphism: GadgetShape { base_log: 4, levels: 11 },
};

/// [`N2048`] with smaller bases and more levels, for long trainings: the error of the product of a circuit-bootstrapped
/// GGSW is a quarter of that with [`N2048`], and a fine bootstrap takes a quarter longer.
///
/// A larger ring would not help. With N = 4096 the noise of the keys falls to 2^-62, but the rounding errors of a
/// Fourier transform with 53-bit mantissas grow with N, and already exceed the noise of the keys with N = 2048.
pub const N2048_PRECISE: ApproximateParameters = ApproximateParameters {
    name: "N2048-precise",
    fine: RotationShape::new(1, 8, 5),
    circuit: GadgetShape { base_log: 4, levels: 7 },
    key_row: GadgetShape { base_log: 5, levels: 9 },
    automorphism: GadgetShape { base_log: 2, levels: 22 },
    ..N2048
};

/// [`N2048`] with a block-binary small key, which makes bootstraps about three times cheaper, and with bootstraps of medium
/// precision, 2^-22. Coarse and medium bootstraps rotate in rings of N = 1024 with k = 2, under the same key bits, wide ones
/// in a ring of N = 2048.
///
/// It assumes that there are no better attacks than the known ones on LWE with keys that have at most one 1 in each
/// block of four bits, and that RLWE with a partial key is as hard as LWE with that key.
pub const N2048_BLOCKS: ApproximateParameters = ApproximateParameters {
    name: "N2048-blocks",
    lwe_dimension: 824,
    block: 4,
    keyswitch_ring: Some(1024),
    coarse: RotationShape::new(2, 23, 1),
    medium: Some(RotationShape::new(2, 15, 2)),
    wide: Some(RotationShape::new(1, 15, 2)),
    automorphism: GadgetShape { base_log: 5, levels: 9 },
    ..N2048
};

/// [`N2048_BLOCKS`] with smaller bases, as in [`N2048_PRECISE`].
pub const N2048_BLOCKS_PRECISE: ApproximateParameters = ApproximateParameters {
    name: "N2048-blocks-precise",
    fine: N2048_PRECISE.fine,
    circuit: N2048_PRECISE.circuit,
    key_row: N2048_PRECISE.key_row,
    automorphism: GadgetShape { base_log: 3, levels: 15 },
    ..N2048_BLOCKS
};

/// All parameter sets.
pub const ALL: [&ApproximateParameters; 4] = [&N2048_BLOCKS, &N2048_BLOCKS_PRECISE, &N2048, &N2048_PRECISE];

/// The sets that a planner may choose for a plan that names none.
pub const DEFAULT: [&ApproximateParameters; 2] = [&N2048_BLOCKS, &N2048_BLOCKS_PRECISE];

/// The set with this name.
pub fn named(name: &str) -> Option<&'static ApproximateParameters> {
    ALL.into_iter().find(|set| set.name == name)
}

/// The number of bits of a GLWE that take part in a product whose results are bootstrapped.
const BOOTSTRAPPED_PRODUCT_BITS: usize = 20;

impl ApproximateParameters {
    /// The blind rotation of the bootstrap to a precision.
    pub const fn bootstrap(&self, precision: Precision) -> RotationShape {
        let shape = match precision {
            Precision::Coarse => Some(self.coarse),
            Precision::Medium => self.medium,
            Precision::Wide => self.wide,
            Precision::Fine => None,
        };
        match shape {
            Some(shape) => shape,
            None => self.fine,
        }
    }

    /// The GGSW ciphertexts that are circuit-bootstrapped from packed values of a precision. Below [`Precision::Fine`],
    /// the last levels are left out: they would be below the noise, and products of 20 bits are precise enough to be
    /// bootstrapped.
    pub const fn factor(&self, precision: Precision) -> GadgetShape {
        match precision {
            Precision::Fine => self.circuit,
            Precision::Coarse | Precision::Medium | Precision::Wide => GadgetShape {
                base_log: self.circuit.base_log,
                levels: BOOTSTRAPPED_PRODUCT_BITS.div_ceil(self.circuit.base_log),
            },
        }
    }

    /// The number of coefficients of the test polynomials of the bootstrap to a precision: N/k.
    pub const fn table_size(&self, precision: Precision) -> usize {
        self.polynomial_size / self.bootstrap(precision).glwe_dimension
    }

    /// The cost of a bootstrap, in milliseconds of a core with AVX-512 (2.3 GHz), for comparisons.
    pub fn bootstrap_cost(&self, precision: Precision) -> f64 {
        self.bootstrap(precision).cost(self.lwe_dimension, self.block)
    }

    /// The standard deviation of the noise of ciphertexts under the small key: the least for which there are estimates.
    pub fn lwe_std(&self) -> f64 {
        // Without an estimate, the noise fills the torus.
        minimal_block_std(self.lwe_dimension, self.block).unwrap_or(1.0)
    }

    /// The standard deviation of the noise of ciphertexts under the GLWE key.
    pub fn glwe_std(&self) -> f64 {
        minimal_std(self.polynomial_size)
    }

    /// log2 of the polynomial size.
    pub const fn log_size(&self) -> u32 {
        self.polynomial_size.ilog2()
    }

    /// The largest |message| of a circuit-bootstrapped GGSW, which must be recoverable from its second gadget row.
    pub fn largest_message(&self) -> i64 {
        1 << (self.circuit.base_log * 2 - 2)
    }
}

/// All numbers of a parameter set, as files record them, so that a reader can tell whether its own set of that name is
/// the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParametersRecord {
    /// The name of the set.
    pub name: String,
    /// N.
    pub polynomial_size: usize,
    /// n, the dimension of the small key.
    pub lwe_dimension: usize,
    /// ℓ, the block length of the small key.
    #[serde(default = "record::one", skip_serializing_if = "record::is_one")]
    pub block: usize,
    /// log2 of the noise under the small key (standard deviation, relative to the torus).
    pub lwe_log2_std: f64,
    /// log2 of the noise under the GLWE key.
    pub glwe_log2_std: f64,
    /// The keyswitch from N to n.
    pub keyswitch: GadgetShape,
    /// N' of the ring in which the keyswitch switches to a partial key, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyswitch_ring: Option<usize>,
    /// The bootstrap to [`Precision::Coarse`].
    pub coarse: RotationShape,
    /// The bootstrap to [`Precision::Medium`], if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<RotationShape>,
    /// The bootstrap to [`Precision::Wide`], if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wide: Option<RotationShape>,
    /// The bootstrap to [`Precision::Fine`].
    pub fine: RotationShape,
    /// The GGSW ciphertexts that a client encrypts.
    pub fresh: GadgetShape,
    /// The GGSW ciphertexts that are circuit-bootstrapped.
    pub circuit: GadgetShape,
    /// The GGSW of the secret key.
    pub key_row: GadgetShape,
    /// The keys of the automorphisms.
    pub automorphism: GadgetShape,
}

impl From<&ApproximateParameters> for ParametersRecord {
    fn from(set: &ApproximateParameters) -> Self {
        Self {
            name: set.name.into(),
            polynomial_size: set.polynomial_size,
            lwe_dimension: set.lwe_dimension,
            block: set.block,
            lwe_log2_std: minimal_block_log2_std(set.lwe_dimension, set.block).unwrap_or(0.0),
            glwe_log2_std: minimal_log2_std(set.polynomial_size),
            keyswitch: set.keyswitch,
            keyswitch_ring: set.keyswitch_ring,
            coarse: set.coarse,
            medium: set.medium,
            wide: set.wide,
            fine: set.fine,
            fresh: set.fresh,
            circuit: set.circuit,
            key_row: set.key_row,
            automorphism: set.automorphism,
        }
    }
}

impl ParametersRecord {
    /// The set with this name and exactly these numbers; `None` if this version has no such set.
    pub fn known(&self) -> Option<&'static ApproximateParameters> {
        named(&self.name).filter(|set| Self::from(*set) == *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gadgets_fit_the_torus() {
        for set in ALL {
            assert!(set.polynomial_size.is_power_of_two());
            let rotations = Precision::ALL.map(|precision| set.bootstrap(precision).gadget());
            for gadget in rotations.into_iter().chain([set.fresh, set.circuit, set.key_row, set.automorphism])
            {
                assert!(gadget.bits() <= 50, "a Fourier transform keeps 53 bits");
            }
            assert!(minimal_block_std(set.lwe_dimension, set.block).is_some());
            assert!(set.circuit.levels >= 2);
        }
    }
}

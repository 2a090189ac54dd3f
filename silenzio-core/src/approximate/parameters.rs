//! The parameters of an approximate backend, in named sets.

use crate::noise::{GadgetShape, minimal_log2_std, minimal_std};
use serde::{Deserialize, Serialize};

/// How precise the result of a bootstrap is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Precision {
    /// For values that fill the torus, and are bootstrapped again.
    Coarse,
    /// For values that are circuit-bootstrapped, or packed at a small amplitude.
    Fine,
}

/// The parameters of an approximate backend, with a GLWE dimension of 1. The noise of every key is the least that
/// its dimension allows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ApproximateParameters {
    /// The name of the set.
    pub name: &'static str,
    /// N, a power of two: the number of coefficients of a polynomial, and the dimension of an LWE.
    pub polynomial_size: usize,
    /// n, the dimension of the small key, under which an LWE is bootstrapped.
    pub lwe_dimension: usize,
    /// The keyswitch from N to n, on 32-bit key elements.
    pub keyswitch: GadgetShape,
    /// The bootstrap to [`Precision::Coarse`].
    pub coarse: GadgetShape,
    /// The bootstrap to [`Precision::Fine`].
    pub fine: GadgetShape,
    /// The GGSW ciphertexts that a client encrypts.
    pub fresh: GadgetShape,
    /// The GGSW ciphertexts that are circuit-bootstrapped from packed values.
    pub circuit: GadgetShape,
    /// The GGSW of the secret key, which makes the key rows of a circuit-bootstrapped GGSW.
    pub key_row: GadgetShape,
    /// The keys of the automorphisms that pack LWEs into a GLWE.
    pub automorphism: GadgetShape,
}

/// N = 2048. A bootstrap's input is off by 2^-9 of the torus with one output (standard deviation), and by twice that
/// for every doubling of the number of outputs; its output by 2^-15 (coarse) or 2^-28 (fine). A packed value is off by
/// another 2^-27.3, and the product of a circuit-bootstrapped GGSW by 2^-16.
///
/// Keys take 303 MB. Measured in milliseconds of one core of a 2-core x86-64 machine with AVX-512, both busy: a coarse
/// bootstrap takes 16, a fine one 40 (single calls of TFHE-rs: 21 and 56), an external product 0.03, an
/// automorphism 0.07, packing 8 values 1.2 (far apart) to 5.2 (side by side).
pub const N2048: ApproximateParameters = ApproximateParameters {
    name: "N2048",
    polynomial_size: 2048,
    lwe_dimension: 800,
    keyswitch: GadgetShape { base_log: 3, levels: 5 },
    coarse: GadgetShape { base_log: 23, levels: 1 },
    fine: GadgetShape { base_log: 9, levels: 4 },
    fresh: GadgetShape { base_log: 10, levels: 4 },
    circuit: GadgetShape { base_log: 5, levels: 5 },
    key_row: GadgetShape { base_log: 7, levels: 6 },
    automorphism: GadgetShape { base_log: 4, levels: 11 },
};

/// N = 2048 with smaller bases and more levels, for long trainings: the product of a circuit-bootstrapped GGSW is off by a quarter of
/// what it is off by with [`N2048`], and a fine bootstrap takes a quarter longer.
///
/// A larger ring would not pay: with N = 4096 the noise of the keys falls to 2^-62, but the rounding errors of a Fourier
/// transform in 53-bit mantissas, which grow with N, already weigh more than the keys' noise with N = 2048.
pub const N2048_PRECISE: ApproximateParameters = ApproximateParameters {
    name: "N2048-precise",
    fine: GadgetShape { base_log: 8, levels: 5 },
    circuit: GadgetShape { base_log: 4, levels: 7 },
    key_row: GadgetShape { base_log: 5, levels: 9 },
    automorphism: GadgetShape { base_log: 2, levels: 22 },
    ..N2048
};

/// All parameter sets.
pub const ALL: [&ApproximateParameters; 2] = [&N2048, &N2048_PRECISE];

/// The set with this name.
pub fn named(name: &str) -> Option<&'static ApproximateParameters> {
    ALL.into_iter().find(|set| set.name == name)
}

impl ApproximateParameters {
    /// The gadget of the bootstrap to a precision.
    pub const fn bootstrap(&self, precision: Precision) -> GadgetShape {
        match precision {
            Precision::Coarse => self.coarse,
            Precision::Fine => self.fine,
        }
    }

    /// What a bootstrap with its keyswitch costs, in about eight milliseconds of a core: its n external products grow
    /// with the levels.
    pub const fn bootstrap_cost(&self, precision: Precision) -> f64 {
        1.0 + self.bootstrap(precision).levels as f64
    }

    /// The standard deviation of the noise that the small key is used with.
    pub fn lwe_std(&self) -> f64 {
        minimal_std(self.lwe_dimension)
    }

    /// The standard deviation of the noise that the GLWE key is used with.
    pub fn glwe_std(&self) -> f64 {
        minimal_std(self.polynomial_size)
    }

    /// log2 of the polynomial size.
    pub const fn log_size(&self) -> u32 {
        self.polynomial_size.ilog2()
    }

    /// The largest |message| of a circuit-bootstrapped GGSW: its value is told from its second row.
    pub fn largest_message(&self) -> i64 {
        1 << (self.circuit.base_log * 2 - 2)
    }
}

/// All numbers of a parameter set, as files say them: whoever reads one knows whether its own set of that name is the
/// same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParametersRecord {
    /// The name of the set.
    pub name: String,
    /// N.
    pub polynomial_size: usize,
    /// n, the dimension of the small key.
    pub lwe_dimension: usize,
    /// log2 of the noise of the small key (standard deviation, relative to the torus).
    pub lwe_log2_std: f64,
    /// log2 of the noise of the GLWE key.
    pub glwe_log2_std: f64,
    /// The keyswitch from N to n.
    pub keyswitch: GadgetShape,
    /// The bootstrap to [`Precision::Coarse`].
    pub coarse: GadgetShape,
    /// The bootstrap to [`Precision::Fine`].
    pub fine: GadgetShape,
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
            lwe_log2_std: minimal_log2_std(set.lwe_dimension),
            glwe_log2_std: minimal_log2_std(set.polynomial_size),
            keyswitch: set.keyswitch,
            coarse: set.coarse,
            fine: set.fine,
            fresh: set.fresh,
            circuit: set.circuit,
            key_row: set.key_row,
            automorphism: set.automorphism,
        }
    }
}

impl ParametersRecord {
    /// The set with this name and exactly these numbers; none if this version has no such set.
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
            for gadget in [set.coarse, set.fine, set.fresh, set.circuit, set.key_row, set.automorphism] {
                assert!(gadget.bits() <= 50, "a Fourier transform keeps 53 bits");
            }
            assert!(set.circuit.levels >= 2);
        }
    }
}

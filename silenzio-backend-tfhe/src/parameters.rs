//! The parameter sets, one per size class of moduli.
//!
//! All sets were found by a search over n, N, k and both decompositions for the least measured time such that
//! a look-up on the widest modulus of the class fails with a probability of at most 2^-40, with the stated
//! *load*: the noise of its input, in outputs of the [`BITS_4`] class. Narrower moduli of a class bear more. Costs
//! are milliseconds of one core of a 2-core x86-64 machine with AVX-512, both cores busy, in blocks of 16 inputs
//! and batches of 8 bootstraps; single look-ups take 1.1 to 1.5 times as long. A server key with a class above
//! [`BITS_5`] also holds a shrinking key of (k N - [`VALUE_DIMENSION`]) * 16 KB for its widest class.

use crate::keys::{BootstrapShape, KeyswitchShape};
use crate::security::minimal_noise;
use silenzio_core::Modulus;
use silenzio_core::noise::GadgetShape;
use tfhe::core_crypto::prelude::{
    DecompositionBaseLog, DecompositionLevelCount, GlweDimension, LweDimension, PolynomialSize, StandardDev,
};

/// The dimension of every encrypted value: the bits of the master key that values are encrypted under.
///
/// It is the k N of the two narrowest classes, so that their bootstraps return values as they are; wider
/// classes return longer ciphertexts, which are then shrunk to it.
pub const VALUE_DIMENSION: usize = 2048;

/// A base and a number of levels of a signed gadget decomposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decomposition {
    /// log2 of the base.
    pub base_log: DecompositionBaseLog,
    /// How many digits are kept.
    pub levels: DecompositionLevelCount,
}

impl Decomposition {
    pub(crate) const fn new(base_log: usize, levels: usize) -> Self {
        Self { base_log: DecompositionBaseLog(base_log), levels: DecompositionLevelCount(levels) }
    }

    /// The same in plain numbers.
    pub const fn shape(self) -> GadgetShape {
        GadgetShape { base_log: self.base_log.0, levels: self.levels.0 }
    }
}

impl From<GadgetShape> for Decomposition {
    fn from(shape: GadgetShape) -> Self {
        Self::new(shape.base_log, shape.levels)
    }
}

/// What a look-up costs, in milliseconds of one core.
///
/// The sums are measured; their split in parts is, beyond [`BITS_4`], in proportion to the operations.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LutCost {
    /// The keyswitch from a value to the small key, once per input.
    pub keyswitch: f64,
    /// The bootstrap, once per input and table.
    pub bootstrap: f64,
    /// Shrinking the output to [`VALUE_DIMENSION`], once per input and table.
    pub shrink: f64,
}

impl LutCost {
    /// All parts of the look-up of one table.
    pub fn total(&self) -> f64 {
        self.keyswitch + self.bootstrap + self.shrink
    }
}

/// The parameters of the look-ups of one size class.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ParameterSet {
    /// The widest modulus of the class.
    pub widest: u8,
    /// n, the dimension of the small key, under which an input is bootstrapped.
    pub lwe_dimension: LweDimension,
    /// k.
    pub glwe_dimension: GlweDimension,
    /// N.
    pub polynomial_size: PolynomialSize,
    /// The decomposition of the bootstrap.
    pub bootstrap: Decomposition,
    /// The decomposition of the keyswitch from [`VALUE_DIMENSION`] to n, on 32-bit key elements.
    pub keyswitch: Decomposition,
    /// The cost of a look-up.
    pub cost: LutCost,
}

/// Moduli up to 15. Failure probability 2^-40 at m = 15 with a load of 600; 6.2 ms, keys of 95 MB.
pub const BITS_4: ParameterSet = ParameterSet {
    widest: 15,
    lwe_dimension: LweDimension(834),
    glwe_dimension: GlweDimension(2),
    polynomial_size: PolynomialSize(1024),
    bootstrap: Decomposition::new(23, 1),
    keyswitch: Decomposition::new(3, 5),
    cost: LutCost { keyswitch: 0.4, bootstrap: 5.8, shrink: 0.0 },
};

/// Moduli up to 31. Failure probability 2^-40 at m = 31 with a load of 95; 8.7 ms, keys of 104 MB.
pub const BITS_5: ParameterSet = ParameterSet {
    widest: 31,
    lwe_dimension: LweDimension(912),
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(2048),
    bootstrap: Decomposition::new(23, 1),
    keyswitch: Decomposition::new(3, 6),
    cost: LutCost { keyswitch: 0.5, bootstrap: 8.2, shrink: 0.0 },
};

/// Moduli up to 63. Failure probability 2^-40 at m = 63 with a load of 190; 60 ms, keys of 519 MB.
pub const BITS_6: ParameterSet = ParameterSet {
    widest: 63,
    lwe_dimension: LweDimension(880),
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(8192),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 8),
    cost: LutCost { keyswitch: 0.7, bootstrap: 55.8, shrink: 3.5 },
};

/// Moduli up to 127. Failure probability 2^-40 at m = 127 with a load of 56; 145 ms, keys of 1.05 GB.
pub const BITS_7: ParameterSet = ParameterSet {
    widest: 127,
    lwe_dimension: LweDimension(938),
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(16384),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 9),
    cost: LutCost { keyswitch: 0.9, bootstrap: 136.0, shrink: 8.0 },
};

/// Moduli up to 255. Failure probability 2^-40 at m = 255 with a load of 15; 339 ms, keys of 2.17 GB.
pub const BITS_8: ParameterSet = ParameterSet {
    widest: 255,
    lwe_dimension: LweDimension(994),
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(32768),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 10),
    cost: LutCost { keyswitch: 1.0, bootstrap: 321.0, shrink: 17.0 },
};

/// All parameter sets, narrowest first.
pub const ALL: [&ParameterSet; 5] = [&BITS_4, &BITS_5, &BITS_6, &BITS_7, &BITS_8];

impl ParameterSet {
    /// The narrowest set whose look-ups take modulus `m`.
    pub fn for_modulus(m: Modulus) -> &'static Self {
        ALL.into_iter().find(|set| set.holds(m)).unwrap_or(&BITS_8)
    }

    /// Whether look-ups of this class take modulus `m`.
    pub const fn holds(&self, m: Modulus) -> bool {
        m.get() <= self.widest
    }

    /// k N, the dimension of a bootstrap's output.
    pub const fn output_dimension(&self) -> usize {
        self.glwe_dimension.0 * self.polynomial_size.0
    }

    /// The size of the keyswitching key: [`VALUE_DIMENSION`] l (n + 1) elements of 4 bytes.
    pub const fn keyswitch_key_bytes(&self) -> usize {
        VALUE_DIMENSION * self.keyswitch.levels.0 * (self.lwe_dimension.0 + 1) * 4
    }

    /// The size of the bootstrapping key in Fourier form: n l (k + 1)² N/2 elements of 16 bytes.
    pub const fn bootstrap_key_bytes(&self) -> usize {
        let polynomials = self.bootstrap.levels.0 * (self.glwe_dimension.0 + 1).pow(2);
        self.lwe_dimension.0 * polynomials * self.polynomial_size.0 * 8
    }

    pub(crate) const fn keyswitch_shape(&self) -> KeyswitchShape {
        KeyswitchShape { from: VALUE_DIMENSION, to: self.lwe_dimension.0, decomposition: self.keyswitch }
    }

    pub(crate) const fn bootstrap_shape(&self) -> BootstrapShape {
        BootstrapShape {
            lwe_dimension: self.lwe_dimension.0,
            glwe_dimension: self.glwe_dimension,
            polynomial_size: self.polynomial_size,
            decomposition: self.bootstrap,
        }
    }

    /// The noise that the small key is used with, relative to the torus.
    pub fn lwe_noise(&self) -> StandardDev {
        minimal_noise(self.lwe_dimension.0)
    }

    /// The noise that the GLWE key is used with, relative to the torus.
    pub fn glwe_noise(&self) -> StandardDev {
        minimal_noise(self.output_dimension())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise;

    #[test]
    fn classes_cover_all_moduli_and_are_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].widest < pair[1].widest));
        assert!(ALL.iter().all(|set| set.output_dimension() >= VALUE_DIMENSION));
        for m in (3..=255).step_by(2) {
            let m = Modulus::new(m).unwrap();
            assert!(ParameterSet::for_modulus(m).holds(m));
        }
        assert_eq!(ParameterSet::for_modulus(Modulus::MAX), &BITS_8);
    }

    #[test]
    fn the_stated_loads_fit_the_budgets() {
        let unit = noise::bootstrap_output(&BITS_4);
        for (set, load) in
            [(&BITS_4, 600.0), (&BITS_5, 95.0), (&BITS_6, 190.0), (&BITS_7, 56.0), (&BITS_8, 15.0)]
        {
            let widest = Modulus::new(set.widest.into()).unwrap();
            let budget = noise::budget(set, widest);
            assert!(budget >= unit * load, "{widest}: load {}", budget.0 / unit.0);
            // A refreshed partial sum has to leave room for its neighbours.
            assert!(noise::bootstrap_output(set) * 4.0 <= budget);
        }
    }
}

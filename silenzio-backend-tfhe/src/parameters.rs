//! The parameter sets, one per size class of moduli and kind of small key.
//!
//! N, k and both decompositions were found by a search for the least measured time such that a look-up on the widest modulus of
//! the class fails with a probability of at most 2^-40 at the stated *load*: the noise of the input, as a multiple of the noise
//! of an output of the narrowest class with the same kind of small key. Narrower moduli of a class tolerate more. n follows from
//! the noise that the keyswitch may add. Costs are milliseconds of one core of a 2-core x86-64 machine with AVX-512, both cores
//! busy, in blocks of 16 inputs and batches of 8 bootstraps. A server key with a class above [`BITS_5`] also holds a shrinking
//! key of (k N - [`VALUE_DIMENSION`]) * 16 KB for its widest class.

use crate::keys::{KeyswitchShape, SmallKeyswitchShape};
use crate::rotation::RotationParameters;
use silenzio_core::Modulus;
use silenzio_core::noise::{GadgetShape, minimal_block_std};
use silenzio_core::plan::SmallKeys;
use tfhe::core_crypto::prelude::{
    DecompositionBaseLog, DecompositionLevelCount, GlweDimension, LweDimension, PolynomialSize, StandardDev,
};

/// The dimension of every encrypted value: the bits of the master key that values are encrypted under.
///
/// It is the k N of the two narrowest classes, whose bootstraps therefore return values directly. Wider classes return
/// longer ciphertexts, which are then shrunk to it.
pub const VALUE_DIMENSION: usize = 2048;

/// The base and the number of levels of a signed gadget decomposition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decomposition {
    /// log2 of the base.
    pub base_log: DecompositionBaseLog,
    /// The number of digits that are kept.
    pub levels: DecompositionLevelCount,
}

impl Decomposition {
    pub(crate) const fn new(base_log: usize, levels: usize) -> Self {
        Self { base_log: DecompositionBaseLog(base_log), levels: DecompositionLevelCount(levels) }
    }

    /// The same decomposition in plain numbers.
    pub const fn shape(self) -> GadgetShape {
        GadgetShape { base_log: self.base_log.0, levels: self.levels.0 }
    }
}

impl From<GadgetShape> for Decomposition {
    fn from(shape: GadgetShape) -> Self {
        Self::new(shape.base_log, shape.levels)
    }
}

/// The cost of a look-up, in milliseconds of one core.
///
/// The totals are measured. Their split into parts is measured for [`BITS_4`]; for wider classes it is in proportion to the
/// numbers of operations.
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
    /// The cost of the look-up of one table.
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
    /// ℓ, the block length of the small key: of this many successive bits at most one is 1. It is 1 for a binary key.
    pub block: usize,
    /// k, the dimension of the GLWE key.
    pub glwe_dimension: GlweDimension,
    /// N, the number of coefficients of a polynomial.
    pub polynomial_size: PolynomialSize,
    /// The decomposition of the bootstrap.
    pub bootstrap: Decomposition,
    /// The decomposition of the keyswitch from [`VALUE_DIMENSION`] to n, on 32-bit key elements.
    pub keyswitch: Decomposition,
    /// N' of the ring in which the keyswitch goes to a partial key, which is forty times cheaper but rests on another assumption;
    /// `None` for a plain keyswitch.
    pub keyswitch_ring: Option<usize>,
    /// The measured cost of a look-up.
    pub cost: LutCost,
}

/// ℓ of all block-binary small keys.
const BLOCK_LENGTH: usize = 4;

/// N' of the ring of which the block-binary small keys are partial keys.
const KEYSWITCH_RING: usize = 1024;

/// Moduli up to 15, with a block-binary small key. Failure probability 2^-40 at m = 15 with a load of 1400; 1.7 ms, keys of 63 MB.
pub const BITS_4: ParameterSet = ParameterSet {
    widest: 15,
    lwe_dimension: LweDimension(860),
    block: BLOCK_LENGTH,
    glwe_dimension: GlweDimension(2),
    polynomial_size: PolynomialSize(1024),
    bootstrap: Decomposition::new(23, 1),
    keyswitch: Decomposition::new(3, 5),
    keyswitch_ring: Some(KEYSWITCH_RING),
    cost: LutCost { keyswitch: 0.020, bootstrap: 1.7, shrink: 0.0 },
};

/// Moduli up to 31, with a block-binary small key. Failure probability 2^-40 at m = 31 with a load of 330; 2.1 ms, keys of 62 MB.
pub const BITS_5: ParameterSet = ParameterSet {
    widest: 31,
    lwe_dimension: LweDimension(936),
    block: BLOCK_LENGTH,
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(2048),
    bootstrap: Decomposition::new(23, 1),
    keyswitch: Decomposition::new(3, 6),
    keyswitch_ring: Some(KEYSWITCH_RING),
    cost: LutCost { keyswitch: 0.028, bootstrap: 2.1, shrink: 0.0 },
};

/// Moduli up to 63, with a block-binary small key. Failure probability 2^-40 at m = 63 with a load of 130; 12 ms, keys of 574 MB.
pub const BITS_6: ParameterSet = ParameterSet {
    widest: 63,
    lwe_dimension: LweDimension(904),
    block: BLOCK_LENGTH,
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(8192),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 8),
    keyswitch_ring: Some(KEYSWITCH_RING),
    cost: LutCost { keyswitch: 0.025, bootstrap: 8.6, shrink: 3.5 },
};

/// Moduli up to 127, with a block-binary small key. Failure probability 2^-40 at m = 127 with a load of 38; 29 ms, keys of 1.25 GB.
pub const BITS_7: ParameterSet = ParameterSet {
    widest: 127,
    lwe_dimension: LweDimension(964),
    block: BLOCK_LENGTH,
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(16384),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 9),
    keyswitch_ring: Some(KEYSWITCH_RING),
    cost: LutCost { keyswitch: 0.035, bootstrap: 20.9, shrink: 8.0 },
};

/// Moduli up to 255, with a block-binary small key. Failure probability 2^-40 at m = 255 with a load of 10; 76 ms, keys of 2.65 GB.
pub const BITS_8: ParameterSet = ParameterSet {
    widest: 255,
    lwe_dimension: LweDimension(1020),
    block: BLOCK_LENGTH,
    glwe_dimension: GlweDimension(1),
    polynomial_size: PolynomialSize(32768),
    bootstrap: Decomposition::new(15, 2),
    keyswitch: Decomposition::new(2, 10),
    keyswitch_ring: Some(KEYSWITCH_RING),
    cost: LutCost { keyswitch: 0.040, bootstrap: 59.0, shrink: 17.0 },
};

/// Moduli up to 15, with a binary small key. Failure probability 2^-40 at m = 15 with a load of 250.
pub const BITS_4_BINARY: ParameterSet = BITS_4.with_binary_key(834);

/// Moduli up to 31, with a binary small key. Failure probability 2^-40 at m = 31 with a load of 40.
pub const BITS_5_BINARY: ParameterSet = BITS_5.with_binary_key(912);

/// Moduli up to 63, with a binary small key. Failure probability 2^-40 at m = 63 with a load of 80.
pub const BITS_6_BINARY: ParameterSet = BITS_6.with_binary_key(880);

/// Moduli up to 127, with a binary small key. Failure probability 2^-40 at m = 127 with a load of 23.
pub const BITS_7_BINARY: ParameterSet = BITS_7.with_binary_key(938);

/// Moduli up to 255, with a binary small key. Failure probability 2^-40 at m = 255 with a load of 6.
pub const BITS_8_BINARY: ParameterSet = BITS_8.with_binary_key(994);

/// The sets with binary small keys, narrowest first.
pub const BINARY: [&ParameterSet; 5] =
    [&BITS_4_BINARY, &BITS_5_BINARY, &BITS_6_BINARY, &BITS_7_BINARY, &BITS_8_BINARY];

/// The sets with block-binary small keys, narrowest first.
pub const BLOCKS: [&ParameterSet; 5] = [&BITS_4, &BITS_5, &BITS_6, &BITS_7, &BITS_8];

/// The sets with one kind of small keys, narrowest first.
pub const fn of_kind(small_keys: SmallKeys) -> [&'static ParameterSet; 5] {
    match small_keys {
        SmallKeys::Blocks => BLOCKS,
        SmallKeys::Binary => BINARY,
    }
}

/// All parameter sets.
pub fn all() -> impl Iterator<Item = &'static ParameterSet> {
    BLOCKS.into_iter().chain(BINARY)
}

/// The time of a bootstrap with a binary small key, as a multiple of that with a block-binary one.
const BINARY_COST: f64 = 3.0;

/// The time of a plain keyswitch, as a multiple of that in a ring.
const PLAIN_KEYSWITCH_COST: f64 = 40.0;

impl ParameterSet {
    /// The same class with a binary small key of n bits.
    const fn with_binary_key(self, lwe_dimension: usize) -> Self {
        let LutCost { keyswitch, bootstrap, shrink } = self.cost;
        Self {
            lwe_dimension: LweDimension(lwe_dimension),
            block: 1,
            keyswitch_ring: None,
            cost: LutCost {
                keyswitch: keyswitch * PLAIN_KEYSWITCH_COST,
                bootstrap: bootstrap * BINARY_COST,
                shrink,
            },
            ..self
        }
    }

    /// The narrowest set with this kind of small keys whose look-ups take modulus `m`.
    pub fn for_modulus(small_keys: SmallKeys, m: Modulus) -> &'static Self {
        let [rest @ .., widest] = of_kind(small_keys);
        rest.into_iter().find(|set| set.holds(m)).unwrap_or(widest)
    }

    /// The kind of the small key.
    pub const fn small_keys(&self) -> SmallKeys {
        if self.block == 1 { SmallKeys::Binary } else { SmallKeys::Blocks }
    }

    /// Whether look-ups of this class take modulus `m`.
    pub const fn holds(&self, m: Modulus) -> bool {
        m.get() <= self.widest
    }

    /// k N, the dimension of a bootstrap's output.
    pub const fn output_dimension(&self) -> usize {
        self.glwe_dimension.0 * self.polynomial_size.0
    }

    pub(crate) const fn keyswitch_shape(&self) -> SmallKeyswitchShape {
        let (from, to, decomposition) = (VALUE_DIMENSION, self.lwe_dimension.0, self.keyswitch);
        SmallKeyswitchShape::new(KeyswitchShape { from, to, decomposition }, self.keyswitch_ring)
    }

    /// The blind rotation of the bootstrap.
    pub const fn rotation(&self) -> RotationParameters {
        RotationParameters {
            lwe_dimension: self.lwe_dimension.0,
            block: self.block,
            glwe_dimension: self.glwe_dimension.0,
            polynomial_size: self.polynomial_size.0,
            gadget: self.bootstrap.shape(),
        }
    }

    /// The noise under the small key (standard deviation, relative to the torus).
    pub fn lwe_noise(&self) -> StandardDev {
        // Block lengths without security estimates get a standard deviation as large as the torus.
        StandardDev(minimal_block_std(self.lwe_dimension.0, self.block).unwrap_or(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise;

    #[test]
    fn classes_cover_all_moduli_and_are_sorted() {
        for small_keys in [SmallKeys::Blocks, SmallKeys::Binary] {
            let sets = of_kind(small_keys);
            assert!(sets.windows(2).all(|pair| pair[0].widest < pair[1].widest));
            for set in sets {
                assert!(set.output_dimension() >= VALUE_DIMENSION && set.small_keys() == small_keys);
                assert!(minimal_block_std(set.lwe_dimension.0, set.block).is_some());
                set.rotation().check().unwrap();
            }
            for m in (3..=255).step_by(2) {
                let m = Modulus::new(m).unwrap();
                assert!(ParameterSet::for_modulus(small_keys, m).holds(m));
            }
        }
        assert_eq!(ParameterSet::for_modulus(SmallKeys::Binary, Modulus::MAX), &BITS_8_BINARY);
    }

    #[test]
    fn the_stated_loads_fit_the_budgets() {
        let loads = [
            (SmallKeys::Blocks, [1400.0, 330.0, 130.0, 38.0, 10.0]),
            (SmallKeys::Binary, [250.0, 40.0, 80.0, 23.0, 6.0]),
        ];
        for (small_keys, loads) in loads {
            let sets = of_kind(small_keys);
            let unit = noise::bootstrap_output(sets[0]);
            for (set, load) in sets.into_iter().zip(loads) {
                let widest = Modulus::new(set.widest.into()).unwrap();
                let budget = noise::budget(set, widest);
                assert!(budget >= unit * load, "{widest}: load {}", budget.0 / unit.0);
                // A refreshed partial sum must leave room for others in the budget.
                assert!(noise::bootstrap_output(set) * 4.0 <= budget);
            }
        }
    }
}

//! The server key as a backend.

use crate::ciphertext::Ciphertext;
use crate::keys::ServerKey;
use crate::look_up::look_up;
use crate::noise;
use crate::parameters::ParameterSet;
use crate::seeded::Seeded;
use crate::sum::sum;
use silenzio_core::plan::SmallKeys;
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus, ValueTypes};

/// The types of look-ups by TFHE.
#[derive(Clone, Copy, Debug)]
pub struct Tfhe;

impl ValueTypes for Tfhe {
    type Value = Ciphertext;
    type Seeded = Seeded;
}

impl Backend for ServerKey {
    type Types = Tfhe;

    fn expand(&self, seeded: &Seeded) -> Result<Vec<Ciphertext>, BackendError> {
        Ok(seeded.expand())
    }

    fn trivial(&self, m: Modulus, x: i64) -> Ciphertext {
        Ciphertext::trivial(m, x)
    }

    fn modulus(&self, value: &Ciphertext) -> Modulus {
        value.modulus()
    }

    fn add_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<(), BackendError> {
        a.add_assign(b)
    }

    fn sub_assign(&self, a: &mut Ciphertext, b: &Ciphertext) -> Result<(), BackendError> {
        a.sub_assign(b)
    }

    fn add_constant(&self, a: &mut Ciphertext, x: i64) {
        a.add_constant(x);
    }

    fn neg_assign(&self, a: &mut Ciphertext) {
        a.neg_assign();
    }

    fn mul_assign(&self, a: &mut Ciphertext, factor: i64) {
        a.mul_assign(factor);
    }

    fn luts(&self, inputs: &[Ciphertext], luts: &[&Lut]) -> Result<Vec<Vec<Ciphertext>>, BackendError> {
        look_up(self, inputs, luts)
    }

    fn sum(&self, m: Modulus, values: &[Ciphertext]) -> Result<Ciphertext, BackendError> {
        sum(self, m, values)
    }

    fn sum_capacity(&self, m: Modulus) -> Result<usize, BackendError> {
        noise::sum_capacity(self.parameter_sets(), m)
    }

    /// Milliseconds of one core, as measured for the narrowest class with block-binary keys that takes `m`. The class need
    /// not have a key, since plans are made before keys.
    fn lut_cost(&self, m: Modulus) -> f64 {
        ParameterSet::for_modulus(SmallKeys::Blocks, m).cost.total()
    }

    fn lut_counts(&self) -> LutCounts {
        self.counters.bootstraps()
    }
}

//! An encrypted value of Z_m.

use crate::noise::NoiseVariance;
use crate::parameters::VALUE_DIMENSION;
use crate::torus::Torus;
use silenzio_core::wire::{self, Wire};
use silenzio_core::{BackendError, Modulus};
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::slice_algorithms::{
    slice_wrapping_add_assign, slice_wrapping_opposite_assign, slice_wrapping_scalar_mul_assign,
    slice_wrapping_sub_assign,
};

/// An LWE ciphertext of an element of Z_m, with its modulus and the variance of its noise.
///
/// It is either encrypted under the first [`VALUE_DIMENSION`] bits of the client's master key, or *trivial*: a public
/// constant with an empty mask.
#[derive(Clone, Debug)]
pub struct Ciphertext {
    modulus: Modulus,
    variance: NoiseVariance,
    /// The torus elements of the mask, then the body.
    lwe: Vec<u64>,
}

impl Ciphertext {
    /// The size of mask and body of an encrypted value, in bytes.
    pub const VALUE_BYTES: usize = (VALUE_DIMENSION + 1) * size_of::<u64>();

    /// The public constant `x`.
    pub fn trivial(modulus: Modulus, x: i64) -> Self {
        Self { modulus, variance: NoiseVariance::ZERO, lwe: vec![Torus::encode(modulus, x).0] }
    }

    /// Makes a ciphertext from the mask, followed by the body.
    pub(crate) const fn from_lwe(modulus: Modulus, variance: NoiseVariance, lwe: Vec<u64>) -> Self {
        Self { modulus, variance, lwe }
    }

    /// The modulus that the value lives in.
    pub const fn modulus(&self) -> Modulus {
        self.modulus
    }

    /// The variance of the noise.
    pub const fn variance(&self) -> NoiseVariance {
        self.variance
    }

    /// Whether this is a public constant, without a mask or noise.
    pub const fn is_trivial(&self) -> bool {
        self.lwe.len() <= 1
    }

    /// The number of mask elements.
    pub const fn dimension(&self) -> usize {
        self.lwe.len().saturating_sub(1)
    }

    /// The size in memory, in bytes.
    pub const fn size_bytes(&self) -> usize {
        size_of::<Self>() + size_of::<u64>() * self.lwe.len()
    }

    /// The mask elements; empty for a trivial ciphertext.
    pub(crate) fn mask(&self) -> &[u64] {
        self.lwe.split_last().map_or(&[], |(_, mask)| mask)
    }

    pub(crate) fn body(&self) -> Torus {
        Torus(self.lwe.last().copied().unwrap_or_default())
    }

    /// Checks that the dimension is that of values, or that the ciphertext is trivial.
    pub(crate) fn check_shape(&self) -> Result<(), BackendError> {
        if self.is_trivial() || self.dimension() == VALUE_DIMENSION {
            return Ok(());
        }
        Err(BackendError::WrongShape(format!(
            "a ciphertext has dimension {} instead of {VALUE_DIMENSION}: it was not made by this backend",
            self.dimension()
        )))
    }

    pub(crate) fn add_assign(&mut self, other: &Self) -> Result<(), BackendError> {
        self.combine(other, slice_wrapping_add_assign)
    }

    pub(crate) fn sub_assign(&mut self, other: &Self) -> Result<(), BackendError> {
        self.combine(other, slice_wrapping_sub_assign)
    }

    pub(crate) fn add_constant(&mut self, x: i64) {
        let x = Torus::encode(self.modulus, x);
        if let Some(body) = self.lwe.last_mut() {
            *body = body.wrapping_add(x.0);
        }
    }

    pub(crate) fn neg_assign(&mut self) {
        slice_wrapping_opposite_assign(&mut self.lwe);
    }

    /// Multiplies by the representative of `factor` nearest to zero, which adds the least noise.
    pub(crate) fn mul_assign(&mut self, factor: i64) {
        let factor = self.modulus.centre(factor);
        slice_wrapping_scalar_mul_assign(&mut self.lwe, factor as u64);
        self.variance = self.variance * (factor * factor) as f64;
    }

    /// Applies `combine` to masks and bodies. The empty mask of a trivial ciphertext counts as zeros.
    fn combine(&mut self, other: &Self, combine: fn(&mut [u64], &[u64])) -> Result<(), BackendError> {
        if self.modulus != other.modulus {
            return Err(BackendError::ModulusMismatch { left: self.modulus, right: other.modulus });
        }
        if self.lwe.len() < other.lwe.len() {
            let missing = other.lwe.len() - self.lwe.len();
            self.lwe.splice(0..0, std::iter::repeat_n(0, missing));
        }
        let overlap = self.lwe.len() - other.lwe.len();
        combine(self.lwe.get_mut(overlap..).unwrap_or_default(), &other.lwe);
        self.variance += other.variance;
        Ok(())
    }
}

/// The binary form is the variance, the mask and the body. A trivial ciphertext is written with a mask of zeros.
impl Wire<Modulus> for Ciphertext {
    fn encoded_len(_: &Modulus) -> io::Result<u64> {
        Ok((size_of::<f64>() + (VALUE_DIMENSION + 1) * size_of::<u64>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.check_shape().map_err(|error| wire::invalid(error.to_string()))?;
        wire::write_f64s(to, &[self.variance.0])?;
        wire::write_u64s(to, &vec![0; VALUE_DIMENSION - self.dimension()])?;
        wire::write_u64s(to, &self.lwe)
    }

    fn read(from: &mut dyn Read, &modulus: &Modulus) -> io::Result<Self> {
        let mut variance = [0.0];
        wire::read_f64s(from, &mut variance)?;
        let [variance] = variance;
        if !(variance.is_finite() && variance >= 0.0) {
            return Err(wire::invalid(format!("{variance} is not a variance of a ciphertext's noise")));
        }
        let mut lwe = vec![0; VALUE_DIMENSION + 1];
        wire::read_u64s(from, &mut lwe)?;
        Ok(Self { modulus, variance: NoiseVariance(variance), lwe })
    }
}

//! Bases of residue number systems.

use serde::{Deserialize, Serialize};
use silenzio_core::Modulus;

/// An ordered set of pairwise coprime moduli. The first is that of the lowest mixed-radix digit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Vec<Modulus>", into = "Vec<Modulus>")]
pub struct RnsBase(Vec<Modulus>);

/// The error of moduli that are not a base.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BaseError {
    /// There is no modulus.
    #[error("a base needs at least one modulus")]
    Empty,
    /// Two moduli have a common factor.
    #[error("the moduli {0} and {1} are not coprime")]
    NotCoprime(Modulus, Modulus),
    /// The product of the moduli does not fit in 62 bits.
    #[error("the product of the moduli does not fit in 62 bits")]
    TooLarge,
}

impl TryFrom<Vec<Modulus>> for RnsBase {
    type Error = BaseError;

    fn try_from(moduli: Vec<Modulus>) -> Result<Self, BaseError> {
        Self::new(moduli)
    }
}

impl From<RnsBase> for Vec<Modulus> {
    fn from(base: RnsBase) -> Self {
        base.0
    }
}

impl RnsBase {
    /// The base of `moduli`, in this order.
    ///
    /// # Errors
    /// If there are no moduli, two of them are not coprime, or their product exceeds 62 bits.
    pub fn new(moduli: Vec<Modulus>) -> Result<Self, BaseError> {
        if moduli.is_empty() {
            return Err(BaseError::Empty);
        }
        for (i, &a) in moduli.iter().enumerate() {
            if let Some(&b) = moduli[..i].iter().find(|b| !a.coprime(**b)) {
                return Err(BaseError::NotCoprime(b, a));
            }
        }
        let product = moduli.iter().try_fold(1i64, |product, &m| product.checked_mul(m.into()));
        match product {
            Some(product) if product < 1 << 62 => Ok(Self(moduli)),
            _ => Err(BaseError::TooLarge),
        }
    }

    /// The moduli, lowest digit first.
    pub fn moduli(&self) -> &[Modulus] {
        &self.0
    }

    /// The product M of all moduli: integers are represented modulo M.
    pub fn product(&self) -> i64 {
        product(&self.0)
    }

    /// `(m_1 … m_{j-1})^-1 mod m_j` for each j: the factors of scaled residues in [Garner's
    /// conversion](crate::mixed_radix).
    pub fn garner_factors(&self) -> Vec<i64> {
        (0..self.0.len()).map(|j| self.inverse_of_digits(0, j)).collect()
    }

    /// `(m_i … m_{j-1})^-1 mod m_j`, for positions i and j from 0.
    pub(crate) fn inverse_of_digits(&self, i: usize, j: usize) -> i64 {
        let m = self.0[j];
        let product = self.0[i..j].iter().fold(1, |product, &p| i64::from(m.reduce(product * i64::from(p))));
        m.inverse(product).map_or(1, i64::from)
    }
}

/// The product of moduli, which must fit in 62 bits.
pub(crate) fn product(moduli: &[Modulus]) -> i64 {
    moduli.iter().map(|&m| i64::from(m)).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moduli(ms: &[u32]) -> Vec<Modulus> {
        ms.iter().map(|&m| Modulus::new(m).unwrap()).collect()
    }

    #[test]
    fn only_coprime_moduli_make_a_base() {
        assert_eq!(RnsBase::new(moduli(&[15, 13, 11, 7])).unwrap().product(), 15_015);
        assert_eq!(RnsBase::new(vec![]), Err(BaseError::Empty));
        assert!(matches!(RnsBase::new(moduli(&[15, 7, 9])), Err(BaseError::NotCoprime(..))));
    }
}

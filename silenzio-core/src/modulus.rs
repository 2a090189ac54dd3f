//! Odd plaintext moduli of at most eight bits.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An odd modulus between 3 and 255, which defines the ring Z_m of a value.
///
/// Odd moduli need no padding bit under TFHE, since a value and its antipode on the torus never coincide, and have a
/// symmetric set of signed representatives `-alpha ..= alpha` with `m = 2 alpha + 1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Modulus(u8);

/// The error of a number that is not an odd modulus between 3 and 255.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a modulus: moduli are odd numbers from 3 to 255")]
pub struct InvalidModulus(pub u32);

impl Modulus {
    /// The widest modulus, 255: eight bits.
    pub const MAX: Self = Self(255);

    /// The modulus `m`.
    ///
    /// # Errors
    /// If `m` is even, below 3 or above 255.
    pub fn new(m: u32) -> Result<Self, InvalidModulus> {
        match u8::try_from(m) {
            Ok(small) if small >= 3 && small % 2 == 1 => Ok(Self(small)),
            _ => Err(InvalidModulus(m)),
        }
    }

    /// The narrowest modulus with at least `levels` residues.
    ///
    /// # Errors
    /// If `levels` exceeds 255.
    pub fn holding(levels: u32) -> Result<Self, InvalidModulus> {
        Self::new(levels.max(3) | 1)
    }

    /// The modulus as a number.
    #[inline]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The largest signed representative: `m = 2 alpha + 1`.
    #[inline]
    pub const fn alpha(self) -> i64 {
        (self.0 as i64 - 1) / 2
    }

    /// The number of bits of the modulus, 2 to 8: its *size class*, on which the cost of a look-up depends.
    pub const fn bits(self) -> u32 {
        u8::BITS - self.0.leading_zeros()
    }

    /// The residue of `x` in `0..m`.
    #[inline]
    pub const fn reduce(self, x: i64) -> u8 {
        x.rem_euclid(self.0 as i64) as u8
    }

    /// The signed representative of `x` in `-alpha ..= alpha`.
    #[inline]
    pub const fn centre(self, x: i64) -> i64 {
        let r = self.reduce(x) as i64;
        if r > self.alpha() { r - self.0 as i64 } else { r }
    }

    /// The multiplicative inverse of `x`, in `0..m`; `None` if `x` and `m` have a common factor.
    pub fn inverse(self, x: i64) -> Option<u8> {
        let x = i64::from(self.reduce(x));
        (1..self.0).find(|&y| self.reduce(x * i64::from(y)) == 1)
    }

    /// Whether the two moduli have no common factor.
    pub const fn coprime(self, other: Self) -> bool {
        let (mut a, mut b) = (self.0, other.0);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    }
}

impl TryFrom<u32> for Modulus {
    type Error = InvalidModulus;

    fn try_from(m: u32) -> Result<Self, Self::Error> {
        Self::new(m)
    }
}

impl From<Modulus> for u32 {
    fn from(m: Modulus) -> Self {
        Self::from(m.0)
    }
}

impl From<Modulus> for i64 {
    fn from(m: Modulus) -> Self {
        Self::from(m.0)
    }
}

impl fmt::Debug for Modulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Z_{}", self.0)
    }
}

impl fmt::Display for Modulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_odd_numbers_from_3_to_255() {
        for m in 0..400 {
            assert_eq!(Modulus::new(m).is_ok(), m % 2 == 1 && (3..=255).contains(&m));
        }
    }

    #[test]
    fn centred_representatives_and_inverses() {
        for m in (3..=255).step_by(2) {
            let m = Modulus::new(m).unwrap();
            for x in -300..300 {
                let c = m.centre(x);
                assert!(c.abs() <= m.alpha() && (c - x) % i64::from(m) == 0);
                if let Some(inverse) = m.inverse(x) {
                    assert_eq!(m.reduce(x * i64::from(inverse)), 1);
                } else {
                    assert!((2..=255).any(|d| x % d == 0 && i64::from(m) % d == 0));
                }
            }
        }
    }

    #[test]
    fn size_classes() {
        let bits = |m| Modulus::new(m).unwrap().bits();
        assert_eq!([3, 7, 15, 17, 31, 33, 63, 127, 129, 255].map(bits), [2, 3, 4, 5, 5, 6, 6, 7, 8, 8]);
    }
}

//! The torus R/Z in 64 bits, and the encoding of Z_m on it.

use silenzio_core::Modulus;

/// An element of the torus, the number `self.0 / 2^64` modulo 1.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Torus(pub u64);

impl Torus {
    /// The encoding `round(x 2^64 / m)` of a residue, for any representative `x`.
    ///
    /// Encodings add like residues: x/m + y/m = (x + y)/m modulo 1, up to a rounding error of 2^-65 for each.
    pub fn encode(m: Modulus, x: i64) -> Self {
        let residue = u128::from(m.reduce(x));
        let m = u128::from(m.get());
        Self((((residue << 64) + m / 2) / m) as u64)
    }

    /// The signed representative whose encoding is nearest.
    ///
    /// The result is correct if the distance to the encoding is below 1/(2m).
    pub fn decode(self, m: Modulus) -> i64 {
        let scaled = u128::from(self.0) * u128::from(m.get()) + (1 << 63);
        m.centre((scaled >> 64) as i64)
    }

    /// The element nearest to the real number `x` modulo 1.
    pub fn from_real(x: f64) -> Self {
        // The number is centred, so that small ones keep their precision; 2^63 wraps to -2^63.
        let centred = x - x.round();
        Self((centred * 2f64.powi(64)).round() as i128 as u64)
    }

    /// The signed distance from `other` to `self`, in [-1/2, 1/2), in units of the torus.
    pub fn distance(self, other: Self) -> f64 {
        self.0.wrapping_sub(other.0) as i64 as f64 * 2f64.powi(-64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn modulus() -> impl Strategy<Value = Modulus> {
        (1u32..=127).prop_map(|alpha| Modulus::new(2 * alpha + 1).unwrap())
    }

    #[test]
    fn real_numbers_are_taken_modulo_one() {
        for (x, expected) in
            [(0.25, 1 << 62), (-0.25, 3 << 62), (0.5, 1 << 63), (-0.5, 1 << 63), (3.25, 1 << 62)]
        {
            assert_eq!(Torus::from_real(x), Torus(expected), "{x}");
        }
        assert_eq!(Torus::from_real(-(2f64.powi(-64))), Torus(u64::MAX));
    }

    proptest! {
        #[test]
        fn decoding_inverts_encoding_under_noise(m in modulus(), x in any::<i32>(), noise in -0.499..0.499f64) {
            let x = i64::from(x);
            let shift = (noise / f64::from(m.get()) * 2f64.powi(64)) as i64;
            let noisy = Torus(Torus::encode(m, x).0.wrapping_add(shift as u64));
            prop_assert_eq!(noisy.decode(m), m.centre(x));
        }

        #[test]
        fn encodings_add_like_residues(m in modulus(), x in any::<i32>(), y in any::<i32>()) {
            let (x, y) = (i64::from(x), i64::from(y));
            let sum = Torus(Torus::encode(m, x).0.wrapping_add(Torus::encode(m, y).0));
            prop_assert!(sum.distance(Torus::encode(m, x + y)).abs() < 2f64.powi(-62));
            prop_assert_eq!(sum.decode(m), m.centre(x + y));
        }
    }
}

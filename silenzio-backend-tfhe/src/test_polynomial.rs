//! Look-up tables as the test polynomials of bootstraps.

use crate::torus::Torus;
use silenzio_core::Lut;
use tfhe::core_crypto::prelude::PolynomialSize;

/// The test polynomial of a table Z_m -> Z_m' for odd m, which needs no padding bit.
///
/// Rotating it by a phase i/(2N) brings coefficient i to the front, negated if the phase is 1/2 or more. The
/// encodings x/m and their antipodes x/m + 1/2 are the multiples y/(2m). Since m is odd, each multiple is either an
/// encoding or an antipode: for even y the encoding of y/2, for odd y the antipode of the encoding of (y + m)/2. So with
/// y = round(i m / N), coefficient i holds f(y/2) if y is even and -f((y + m)/2 mod m) if y is odd, encoded for the
/// *output* modulus. A phase is decoded correctly within 1/(4m) of its encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestPolynomial {
    coefficients: Vec<u64>,
}

impl TestPolynomial {
    /// The test polynomial of `lut` with `size` coefficients.
    pub fn new(lut: &Lut, size: PolynomialSize) -> Self {
        let m = usize::from(lut.input().get());
        let entries: Vec<u64> =
            lut.table().iter().map(|&entry| Torus::encode(lut.output(), entry.into()).0).collect();
        let coefficients = (0..size.0)
            .map(|i| {
                let y = (2 * i * m + size.0) / (2 * size.0);
                if y.is_multiple_of(2) { entries[y / 2] } else { entries[(y + m) / 2 % m].wrapping_neg() }
            })
            .collect();
        Self { coefficients }
    }

    /// The coefficients, as torus elements.
    pub(crate) fn coefficients(&self) -> &[u64] {
        &self.coefficients
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::ParameterSet;
    use proptest::prelude::*;
    use silenzio_core::Modulus;
    use silenzio_core::plan::SmallKeys;

    /// The result of a noiseless bootstrap of phase i/(2N).
    fn at_phase(polynomial: &TestPolynomial, i: usize) -> Torus {
        let size = polynomial.coefficients.len();
        let i = i % (2 * size);
        Torus(if i < size {
            polynomial.coefficients[i]
        } else {
            polynomial.coefficients[i - size].wrapping_neg()
        })
    }

    /// Checks every phase that is strictly within 1/(4m) of the encoding of each x.
    fn check_boxes(lut: &Lut, size: usize) {
        let m = usize::from(lut.input().get());
        let polynomial = TestPolynomial::new(lut, PolynomialSize(size));
        for i in 0..2 * size {
            // x is the nearest encoding, and the distance is in units of 1/(2 N m): a box has N/2 of them on either side.
            let x = (i * m + size) / (2 * size);
            if (i * m).abs_diff(2 * size * x) * 2 < size {
                let found = at_phase(&polynomial, i).decode(lut.output());
                assert_eq!(lut.output().reduce(found), lut.at(x as i64), "x = {x} mod {m}, phase {i}");
            }
        }
    }

    #[test]
    fn every_box_of_every_modulus_is_right() {
        for m in (3..=255).step_by(2) {
            let m = Modulus::new(m).unwrap();
            let size = ParameterSet::for_modulus(SmallKeys::Blocks, m).polynomial_size.0;
            check_boxes(&Lut::residues(m, Modulus::MAX, |r| r * r + 3), size);
            check_boxes(&Lut::embed(m, m), size);
        }
    }

    proptest! {
        #[test]
        fn boxes_of_random_tables_are_right(
            m in 1u32..=15,
            n in 1u32..=127,
            entries in prop::collection::vec(0i64..255, 31),
            log_size in 9u32..=12,
        ) {
            let (m, n) = (Modulus::new(2 * m + 1).unwrap(), Modulus::new(2 * n + 1).unwrap());
            check_boxes(&Lut::residues(m, n, |r| entries[r as usize]), 1 << log_size);
        }
    }
}

//! Products of the digits of polynomials and the rows of a key, in vector lanes.
//!
//! This is a keyswitch in the ring. The key has a row, a GLWE, for each of the polynomials p_1 … p_m of torus elements and each
//! level of a gadget; the result is the sum of all digits times their rows. It is computed level by level, so that the data in
//! use stays in the second-level cache: one row of digits, the key's row for it, and the sums.
//!
//! **Products are exact**, though they are computed with floating-point transforms: the two halves of 32 bits of a key element
//! are separate factors. A sum of products of digits and halves is an integer below 2^51. Its rounding error is far below 1/2,
//! so that the nearest integer is the sum. With whole elements of 64 bits, errors of 2^-53 of the largest values would remain.
//! These are white, but a binary key is not: its transform is as large as N/π at the lowest frequency, and sqrt(N)/2 elsewhere.
//! So the errors of the mask would become noise at a few low frequencies, which every later product with the secret key would
//! amplify again, as in the rows of a circuit-bootstrapped GGSW. An exact product has the noise of its key, and no other.

use super::accumulate::{Accumulate, Integers};
use super::complex::mul_add;
use super::digits::{Decompose, Fields};
use super::lanes::{Lanes, row_vectors, rows};
use super::transform::{ForwardInQuarters, Transform, for_each_transform};
use aligned_vec::{AVec, avec};
use pulp::{Simd, WithSimd};
use silenzio_core::BackendError;
use silenzio_core::noise::GadgetShape;

/// The shape of a [`KeyProduct`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeyProductShape {
    /// N, the number of coefficients of a polynomial.
    pub(crate) size: usize,
    /// The number of polynomials that are decomposed.
    pub(crate) inputs: usize,
    /// The number of polynomials of a row of the key, and so of the result.
    pub(crate) columns: usize,
    /// The halves of 32 bits of a key element that may differ from zero: both, or the upper one alone.
    pub(crate) halves: Halves,
    /// The gadget of the digits.
    pub(crate) gadget: GadgetShape,
}

/// The halves of 32 bits of torus elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Halves {
    /// Elements are multiples of 2^-32 of the torus.
    Upper,
    /// Elements are any multiples of 2^-64.
    Both,
}

impl Halves {
    /// The functions from an element to each half, the upper one first.
    const fn parts(self) -> &'static [fn(u64) -> i32] {
        match self {
            Self::Upper => &[upper],
            Self::Both => &[upper, lower],
        }
    }

    const fn count(self) -> usize {
        self.parts().len()
    }
}

/// The lower half of `x`, signed.
const fn lower(x: u64) -> i32 {
    x as i32
}

/// The upper half of `x`, signed: x = 2^32 upper + lower modulo 2^64.
const fn upper(x: u64) -> i32 {
    (x.wrapping_sub(lower(x) as u64) >> 32) as i32
}

/// log2 of the bound on sums of products, which are integers.
const LOG2_BOUND: f64 = 51.0;

impl KeyProductShape {
    /// The number of rows of the key: one for each digit.
    pub(crate) const fn rows(&self) -> usize {
        self.inputs * self.gadget.levels
    }

    /// The size of the key in memory, in bytes.
    pub(crate) const fn key_bytes(&self) -> usize {
        self.rows() * self.columns * self.halves.count() * self.size * size_of::<f64>()
    }

    fn check(&self) -> Result<(), BackendError> {
        // The sum is of rows times N products of a digit of at most B/2 and a half of at most 2^31.
        let sum = (self.rows() * self.size) as f64 * (self.gadget.base_log as f64 - 1.0 + 31.0).exp2();
        if self.size.is_power_of_two() && self.size >= 8 && sum.log2() < LOG2_BOUND {
            return Ok(());
        }
        Err(BackendError::WrongShape(format!("no product of digits and a key has the shape {self:?}")))
    }
}

/// A key by whose rows digits are multiplied.
#[derive(Debug)]
pub(crate) struct KeyProduct {
    shape: KeyProductShape,
    transform: Transform,
    /// Indexed by row, half (the upper one first), column, place, and real and imaginary part. Values are divided by the number of
    /// places, by which an inverse transform multiplies.
    values: AVec<f64>,
}

/// The buffers that a thread reuses from product to product.
#[derive(Debug)]
pub(crate) struct ProductBuffers {
    digits: AVec<f64>,
    sums: AVec<f64>,
}

impl ProductBuffers {
    pub(crate) fn new() -> Self {
        Self { digits: AVec::new(0), sums: AVec::new(0) }
    }
}

impl KeyProduct {
    /// Makes a key of rows of torus elements, indexed by decomposed polynomial, level (the least significant first), column and
    /// coefficient.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if products of this shape are not supported, or `rows` has another length.
    pub(crate) fn new(shape: KeyProductShape, rows: &[u64]) -> Result<Self, BackendError> {
        shape.check()?;
        let elements = shape.rows() * shape.columns * shape.size;
        if rows.len() != elements {
            return Err(BackendError::WrongShape(format!("{} key elements, not {elements}", rows.len())));
        }
        let transform = Transform::new(shape.size);
        let mut values = avec![0.0; elements * shape.halves.count()];
        let mut polynomials = values.chunks_exact_mut(shape.size);
        let parts = shape.halves.parts();
        let of_row = |row: &'_ [u64]| -> Vec<u64> {
            parts.iter().flat_map(|part| row.iter().map(move |&x| part(x) as u64)).collect()
        };
        let halves: Vec<u64> = rows.chunks_exact(shape.columns * shape.size).flat_map(of_row).collect();
        for_each_transform(&transform, 1.0, &halves, |_, values| {
            for (place, value) in
                polynomials.next().unwrap_or_default().as_chunks_mut().0.iter_mut().zip(values)
            {
                *place = value;
            }
        });
        Ok(Self { shape, transform, values })
    }

    pub(crate) const fn shape(&self) -> &KeyProductShape {
        &self.shape
    }

    /// Adds the products of the key and the digits of `polynomials` to `sums`, both indexed by polynomial, coefficient and lane.
    pub(crate) fn add_to(
        &self,
        lanes: Lanes,
        buffers: &mut ProductBuffers,
        polynomials: &[u64],
        sums: &mut [u64],
    ) {
        let Self { shape, transform, values } = self;
        let row = row_vectors(transform.points()) * lanes.count();
        let ProductBuffers { digits, sums: products } = buffers;
        digits.resize(row, 0.0);
        products.clear();
        products.resize(shape.halves.count() * shape.columns * row, 0.0);
        let mut keys = values.chunks_exact(shape.halves.count() * shape.columns * shape.size);
        for polynomial in polynomials.chunks_exact(shape.size * lanes.count()) {
            for (level, key) in keys.by_ref().take(shape.gadget.levels).enumerate() {
                let fields = Fields::<1>::new(shape.gadget, level);
                lanes.run(Decompose::<1, 1> { transform, fields, accumulators: polynomial, digits });
                lanes.run(ForwardInQuarters { transform, numbers: digits });
                lanes.run(AddProducts { points: transform.points(), digits, key, sums: products });
            }
        }
        let mut halves = products.chunks_exact_mut(shape.columns * row);
        if let Some(products) = halves.next() {
            lanes.run(Accumulate { transform, unit: Integers::<32>, sums: products, accumulators: sums });
        }
        if let Some(products) = halves.next() {
            lanes.run(Accumulate { transform, unit: Integers::<0>, sums: products, accumulators: sums });
        }
    }
}

/// Adds the product of one row of digits and one row of the key to a row of sums for each half and column.
struct AddProducts<'a> {
    points: usize,
    digits: &'a [f64],
    /// One row of the key, indexed by half, column and place.
    key: &'a [f64],
    sums: &'a mut [f64],
}

impl WithSimd for AddProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [digits] = rows::<S, 1>(self.digits, self.points);
        let sums = S::as_mut_simd_f64s(self.sums).0.chunks_exact_mut(row_vectors(self.points));
        for (sums, key) in sums.zip(self.key.chunks_exact(2 * self.points)) {
            for ((sum, &digit), &[re, im]) in
                sums.as_chunks_mut().0.iter_mut().zip(digits).zip(key.as_chunks().0)
            {
                *sum = mul_add(simd, digit, [simd.splat_f64s(re), simd.splat_f64s(im)], *sum);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::random::{Purpose, Seed};

    /// The digits of `x`, the least significant first, by the definition.
    fn digits(x: u64, gadget: GadgetShape) -> Vec<i64> {
        let (base_log, kept) = (gadget.base_log, gadget.base_log * gadget.levels);
        let half_base = 1i64 << (base_log - 1);
        let mut rest = (x.wrapping_add(1 << (63 - kept)) >> (64 - kept)) as i64;
        let mut digit = || {
            let digit = ((rest + half_base) & (2 * half_base - 1)) - half_base;
            rest = (rest - digit) >> base_log;
            digit
        };
        (0..gadget.levels).map(|_| digit()).collect()
    }

    /// The digits of coefficient `i`: at odd places those of `-x`, negated.
    fn digits_at(i: usize, x: u64, gadget: GadgetShape) -> Vec<i64> {
        if i.is_multiple_of(2) {
            digits(x, gadget)
        } else {
            digits(x.wrapping_neg(), gadget).into_iter().map(|digit| -digit).collect()
        }
    }

    fn schoolbook(shape: &KeyProductShape, polynomials: &[u64], key: &[u64]) -> Vec<u64> {
        let (size, levels) = (shape.size, shape.gadget.levels);
        let mut sums = vec![0u64; shape.columns * size];
        for (p, polynomial) in polynomials.chunks_exact(size).enumerate() {
            for (i, &x) in polynomial.iter().enumerate() {
                for (level, digit) in digits_at(i, x, shape.gadget).into_iter().enumerate() {
                    let row = &key[(p * levels + level) * shape.columns * size..][..shape.columns * size];
                    for (column, row) in row.chunks_exact(size).enumerate() {
                        for (j, &element) in row.iter().enumerate() {
                            let product = element.wrapping_mul(digit as u64);
                            let sum = &mut sums[column * size + (i + j) % size];
                            *sum = if i + j < size {
                                sum.wrapping_add(product)
                            } else {
                                sum.wrapping_sub(product)
                            };
                        }
                    }
                }
            }
        }
        sums
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Digits add up to the element, up to half a unit of the last place.
        #[test]
        fn digits_add_up(x: u64, odd in 0usize..2, base_log in 1usize..=8, levels in 1usize..=6) {
            let gadget = GadgetShape { base_log, levels };
            let place = |level: usize| 64 - base_log * (levels - level);
            let digits = digits_at(odd, x, gadget).into_iter().enumerate();
            let sum = digits.map(|(level, d)| (d as u64) << place(level)).fold(0, u64::wrapping_add);
            let error = x.wrapping_sub(sum) as i64;
            prop_assert!(error.unsigned_abs() <= 1 << (63 - base_log * levels), "{error}");
        }

        /// Products equal the schoolbook products, in all lanes of all instruction sets.
        #[test]
        fn products_are_those_of_the_schoolbook(
            log_size in 4u32..8,
            inputs in 1usize..=2,
            columns in 1usize..=2,
            halves in prop_oneof![Just(Halves::Upper), Just(Halves::Both)],
            (base_log, levels) in (1usize..=8).prop_flat_map(|base| (Just(base), 1..=(48 / base).min(22))),
            seed: u64,
        ) {
            let gadget = GadgetShape { base_log, levels };
            let shape = KeyProductShape { size: 1 << log_size, inputs, columns, halves, gadget };
            let mut random = Seed(seed).stream(Purpose::Tests, 0, 0);
            let mut half = || u64::from(random.below(u32::MAX));
            let mut torus = |count: usize| -> Vec<u64> { (0..count).map(|_| half() << 32 | half()).collect() };
            let mut rows = torus(shape.rows() * columns * shape.size);
            if halves == Halves::Upper {
                rows.iter_mut().for_each(|x| *x &= u64::MAX << 32);
            }
            let (polynomials, before) = (torus(inputs * shape.size), torus(columns * shape.size));
            let product = KeyProduct::new(shape, &rows).unwrap();
            let mut results = Lanes::available().into_iter().map(|lanes| {
                let spread = |x: &[u64]| -> AVec<u64> {
                    AVec::from_iter(0, x.iter().flat_map(|&x| std::iter::repeat_n(x, lanes.count())))
                };
                let mut sums = spread(&before);
                product.add_to(lanes, &mut ProductBuffers::new(), &spread(&polynomials), &mut sums);
                let alike = sums.chunks_exact(lanes.count()).all(|lanes| lanes.iter().all(|&x| x == lanes[0]));
                (alike, sums.iter().step_by(lanes.count()).copied().collect::<Vec<u64>>())
            });
            let (alike, first) = results.next().unwrap();
            prop_assert!(alike);
            for (alike, other) in results {
                prop_assert!(alike && other == first);
            }
            let found: Vec<u64> = first.iter().zip(&before).map(|(sum, before)| sum.wrapping_sub(*before)).collect();
            prop_assert_eq!(found, schoolbook(&shape, &polynomials, &rows));
        }
    }

    proptest! {
        #[test]
        fn halves_make_up_the_whole(x: u64) {
            prop_assert_eq!(((upper(x) as u64) << 32).wrapping_add(lower(x) as u64), x);
        }
    }

    /// The parameters with the largest sums have the largest rounding errors.
    #[test]
    fn products_of_large_rings_are_exact() {
        for (size, inputs, base_log, levels) in [(1024, 2, 3, 5), (2048, 1, 4, 11), (2048, 1, 5, 9)] {
            let gadget = GadgetShape { base_log, levels };
            let shape = KeyProductShape { size, inputs, columns: 1, halves: Halves::Both, gadget };
            let mut random = Seed(7).stream(Purpose::Tests, 0, 0);
            let mut half = || u64::from(random.below(u32::MAX));
            let mut torus =
                |count: usize| -> Vec<u64> { (0..count).map(|_| half() << 32 | half()).collect() };
            let (rows, polynomials) = (torus(shape.rows() * size), torus(inputs * size));
            let product = KeyProduct::new(shape, &rows).unwrap();
            let mut sums = vec![0; size];
            product.add_to(Lanes::single(), &mut ProductBuffers::new(), &polynomials, &mut sums);
            assert_eq!(sums, schoolbook(&shape, &polynomials, &rows), "N = {size}");
        }
    }

    #[test]
    fn shapes_that_cannot_be_are_refused() {
        let gadget = GadgetShape { base_log: 4, levels: 3 };
        let shape = KeyProductShape { size: 16, inputs: 1, columns: 2, halves: Halves::Both, gadget };
        assert!(KeyProduct::new(shape, &[0; 3 * 2 * 16]).is_ok());
        assert!(KeyProduct::new(shape, &[0; 3 * 2 * 16 - 1]).is_err());
        assert!(KeyProduct::new(KeyProductShape { size: 4, ..shape }, &[0; 3 * 2 * 4]).is_err());
        let wide = GadgetShape { base_log: 36, levels: 1 };
        assert!(KeyProduct::new(KeyProductShape { gadget: wide, ..shape }, &[0; 32]).is_err());
    }
}

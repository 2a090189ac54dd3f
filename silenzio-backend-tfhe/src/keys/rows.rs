//! For tests: the errors and masks of the rows of keys and uploads, by means of the secret key.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

use super::{BLOCK, SeededBootstrap, SeededKeyswitch, SeededRingKeyswitch, SeededSmallKeyswitch};
use crate::bodies::Element;
use rayon::prelude::*;
use silenzio_core::Encryption;
use tfhe::core_crypto::commons::numeric::{CastFrom, CastInto};
use tfhe::core_crypto::prelude::slice_algorithms::slice_wrapping_dot_product;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, GlweCiphertext, GlweSecretKey, PlaintextCount, PlaintextList, PolynomialSize,
    UnsignedTorus, decrypt_glwe_ciphertext,
};

/// The number of standard deviations by which an estimate may be off: more happens in fewer than one of 10^8 tests.
const SIGMAS: f64 = 6.0;

/// Checks that errors, relative to the torus, have exactly the noise that an encryption demands.
///
/// The variance of N normal errors is measured with a relative standard deviation of sqrt(2/N). The drawn errors are
/// rounded to torus elements, which adds a variance of 1/12 in squares of their unit.
pub(crate) fn assert_noise(encryption: &Encryption, errors: &[f64]) {
    let (problem, count) = (&encryption.problem, errors.len() as f64);
    let (std, unit) = (problem.log2_std.exp2(), (-f64::from(problem.log2_modulus)).exp2());
    let slack = SIGMAS * (2.0 / count).sqrt();
    assert!(slack < 0.1, "{count} errors are too few");
    let variance = errors.iter().map(|error| error * error).sum::<f64>() / count;
    let mean = errors.iter().sum::<f64>() / count;
    println!(
        "{}, {}: demanded 2^{:.4}, measured 2^{:.4} over {count} errors",
        encryption.name,
        problem.dimension,
        problem.log2_std,
        variance.log2() / 2.0
    );
    let demanded = std * std;
    assert!(variance >= demanded * (1.0 - slack), "{} has too little noise", encryption.name);
    assert!(variance <= (demanded + unit * unit / 12.0) * (1.0 + slack), "{} is too noisy", encryption.name);
    assert!(mean.abs() <= SIGMAS * std / count.sqrt() + unit / 2.0, "{} is not centred", encryption.name);
}

/// The signed difference of two torus elements, relative to the torus.
fn error<T: UnsignedTorus + CastInto<u64>>(phase: T, expected: T) -> f64 {
    let difference: u64 = phase.wrapping_sub(expected).cast_into();
    (difference << (u64::BITS as usize - T::BITS)) as i64 as f64 * 2f64.powi(-64)
}

/// The error of an LWE (the mask, then the body) that encrypts `expected`.
pub(crate) fn lwe_error<T: UnsignedTorus + CastInto<u64>>(lwe: &[T], key: &[T], expected: T) -> f64 {
    let (&body, mask) = lwe.split_last().unwrap();
    error(body.wrapping_sub(slice_wrapping_dot_product(mask, key)), expected)
}

/// The errors of a GLWE (k masks, then the body) that encrypts the coefficients `expected`.
pub(crate) fn glwe_errors<T: UnsignedTorus + CastInto<u64>>(
    glwe: &[T],
    key: &[T],
    expected: &[T],
) -> Vec<f64> {
    let size = PolynomialSize(expected.len());
    let mut phases = PlaintextList::new(T::ZERO, PlaintextCount(size.0));
    let glwe = GlweCiphertext::from_container(glwe, size, CiphertextModulus::new_native());
    decrypt_glwe_ciphertext(&GlweSecretKey::from_container(key, size), &glwe, &mut phases);
    phases.as_ref().iter().zip(expected).map(|(&phase, &expected)| error(phase, expected)).collect()
}

/// The first 128 bits of a mask. Masks from one seed begin with the same bits, whatever their lengths.
pub(crate) fn head<T: UnsignedTorus + CastInto<u64>>(mask: &[T]) -> u128 {
    let elements = mask[..128 / T::BITS].iter().rev();
    elements.fold(0, |head, &element| head << T::BITS | u128::from(CastInto::<u64>::cast_into(element)))
}

impl<T> SeededKeyswitch<T>
where
    T: Element + UnsignedTorus + CastFrom<u64> + CastInto<u64> + Send + Sync,
{
    /// The errors of all rows of a key from the bits `from` to the bits `to`.
    pub(crate) fn errors(&self, from: &[u64], to: &[T]) -> Vec<f64> {
        let key = self.expand();
        let (base_log, levels) = (self.shape.decomposition.base_log.0, self.shape.decomposition.levels.0);
        let rows = key.as_ref().par_chunks_exact(to.len() + 1).enumerate();
        rows.map(|(row, lwe)| {
            // The least significant level is first.
            let level = levels - row % levels;
            let bit = T::cast_from(from[row / levels]);
            lwe_error(lwe, to, bit << (T::BITS - base_log * level))
        })
        .collect()
    }

    /// The heads of the masks of all rows.
    pub(crate) fn mask_heads(&self) -> Vec<u128> {
        self.expand().as_ref().par_chunks_exact(self.shape.to + 1).map(head).collect()
    }
}

impl SeededSmallKeyswitch {
    /// The errors of all rows of a key from the bits `from` to the bits `to`.
    pub(crate) fn errors(&self, from: &[u64], to: &[u32]) -> Vec<f64> {
        match self {
            Self::Lwe(key) => key.errors(from, to),
            Self::Ring(key) => key.errors(from, to),
        }
    }

    /// The heads of the masks of all rows.
    pub(crate) fn mask_heads(&self) -> Vec<u128> {
        match self {
            Self::Lwe(key) => key.mask_heads(),
            Self::Ring(key) => key.mask_heads(),
        }
    }
}

impl SeededRingKeyswitch {
    fn errors(&self, from: &[u64], to: &[u32]) -> Vec<f64> {
        let size = self.shape.size;
        let partial = [to, &vec![0; size - to.len()]].concat();
        let (rows, phases) = (self.bodies.expand_glwes(size), self.shape.phases(from));
        let rows = rows.chunks_exact(2 * size).zip(phases.chunks_exact(size));
        rows.flat_map(|(row, phases)| glwe_errors(row, &partial, phases)).collect()
    }

    fn mask_heads(&self) -> Vec<u128> {
        let size = self.shape.size;
        self.bodies.expand_glwes(size).chunks_exact(2 * size).map(head).collect()
    }
}

impl SeededBootstrap {
    /// The GGSWs of the first `count` bits of every block, each with the place of the bit.
    fn ggsws(&self, count: usize) -> Vec<(usize, Vec<u64>)> {
        let blocks = self.blocks.iter().enumerate();
        let per_block = |(block, bodies): (usize, &crate::bodies::Bodies<u64>)| {
            let bits = bodies.elements().len() / self.shape.bodies_per_bit();
            let seeded = self.shape.seeded(bodies.elements().to_vec(), bodies.seed());
            let elements = seeded.par_decompress_into_lwe_bootstrap_key().into_container();
            let ggsws = elements.chunks_exact(elements.len() / bits).take(count).map(<[u64]>::to_vec);
            ggsws.enumerate().map(|(bit, ggsw)| (block * BLOCK + bit, ggsw)).collect::<Vec<_>>()
        };
        blocks.flat_map(per_block).collect()
    }

    /// The errors of a key from the bits `small` to the GLWE key with the bits `glwe`, in the rows for the first `count` bits
    /// of every block.
    pub(crate) fn errors(&self, small: &[u32], glwe: &[u64], count: usize) -> Vec<f64> {
        let (size, k) = (self.shape.polynomial_size.0, self.shape.glwe_dimension.0);
        let (base_log, levels) = (self.shape.decomposition.base_log.0, self.shape.decomposition.levels.0);
        let ggsws = self.ggsws(count);
        let rows = ggsws.par_iter().flat_map(|(place, ggsw)| {
            ggsw.par_chunks_exact((k + 1) * size).enumerate().map(move |(row, glwe)| (*place, row, glwe))
        });
        rows.flat_map_iter(|(place, row, ciphertext)| {
            let level = levels - row / (k + 1);
            let summand = u64::from(small[place]) << (u64::BITS as usize - base_log * level);
            let expected: Vec<u64> = match row % (k + 1) {
                // The body row encrypts the bit itself.
                body if body == k => {
                    std::iter::once(summand).chain(std::iter::repeat_n(0, size - 1)).collect()
                }
                // A key row encrypts the negated product of the bit and one polynomial of the secret key.
                part => {
                    let part = &glwe[part * size..(part + 1) * size];
                    part.iter().map(|bit| (bit * summand).wrapping_neg()).collect()
                }
            };
            glwe_errors(ciphertext, glwe, &expected)
        })
        .collect()
    }

    /// The heads of the masks of all rows.
    pub(crate) fn mask_heads(&self) -> Vec<u128> {
        let row = (self.shape.glwe_dimension.0 + 1) * self.shape.polynomial_size.0;
        let ggsws = self.ggsws(BLOCK);
        ggsws.iter().flat_map(|(_, ggsw)| ggsw.chunks_exact(row).map(head)).collect()
    }
}

//! Blind rotation with vector lanes and block-binary keys.
//!
//! A programmable bootstrap multiplies a test polynomial by `X^(-φ)`, where φ = b - Σ a_i s_i is the phase of a small LWE
//! ciphertext in multiples of 1/(2N), and takes the constant coefficient of the result. The exponent is secret, so it is
//! applied bit by bit: with a GGSW encryption of the key bit s_i, `ACC += s_i (X^(a_i) - 1) ACC` multiplies an encrypted
//! accumulator by `X^(a_i s_i)` (Chillotti et al., ePrint 2018/421).
//!
//! # Block-binary keys
//!
//! A block-binary key has at most one 1 in each block of ℓ bits. Then `X^(Σ a_j s_j) - 1` is the *sum* of the
//! `s_j (X^(a_j) - 1)` of a block, and the digits of the accumulator and their transforms are computed once per block
//! (Lee, Min, Seo and Song, AsiaCCS 2023):
//!
//! ```text
//! D    = transform(digits(ACC))                                (k+1) l transforms
//! ACC += inverse(Σ_j (X^(a_j) - 1) (D · K_j))                   k+1 transforms
//! ```
//!
//! where K_j is a GGSW of s_j. It has a row for each of k+1 polynomials and each of l levels of digits; a row is a GLWE
//! of k+1 polynomials. Blocks of one bit, ℓ = 1, make a plain binary key, which needs no assumption but that of LWE
//! with binary keys.
//!
//! # Lanes
//!
//! Accumulators lie side by side in vectors ([`Lanes`]), one in each lane, as all polynomials of `ring` do. The key, which
//! exceeds the caches, is read once for all lanes, from beginning to end. **Results have the same bits** with AVX-512,
//! AVX2, NEON, and without vectors, on any number of threads.
//!
//! # Noise
//!
//! With σ the noise of the GLWE key, D = B²/12 + 1/6 the mean square of a digit, and V_F what rounding in 53-bit
//! mantissas adds in one external product, each coefficient of a rotated accumulator has the variance
//! ([`block_bootstrap`](silenzio_core::noise::block_bootstrap))
//!
//! ```text
//! V = n [ 2 l (k+1) N σ² D  +  2/(ℓ+1) B^-2l (kN/24 + 1/12)  +  4 V_F ]
//! ```
//!
//! Everything counts twice because the digits are multiplied by `X^a - 1` after the decomposition and not before, which
//! is what lets a block share them. V_F counts twice more, because that product is in the Fourier domain. The rounding
//! error of the digits counts if s_j = 1, with probability 1/(ℓ+1). A smooth test polynomial adds about as much noise as
//! 200 key bits: before the first block the accumulator is not random, and its transform is large where that of a binary
//! key is, at the lowest frequencies. The switch of the input to multiples of 1/(2N) adds
//! ([`block_modulus_switch`](silenzio_core::noise::block_modulus_switch)) `(n ℓ / (12 (ℓ+1)²) + 1/12) / (2N)²`. Tests
//! compare real keys with both formulas.
//!
//! Standard deviations for n = 760, blocks of 4, and a GLWE key of 2,048 bits with σ = 2^-48.3, formula (measured):
//!
//! | k, N | base, levels | noise |
//! | --- | --- | --- |
//! | 1, 2048 | 2^23, 1 | 2^-14.6 (2^-14.6) |
//! | 1, 2048 | 2^15, 2 | 2^-22.0 (2^-21.9) |
//! | 1, 2048 | 2^8, 5 | 2^-28.6 (2^-28.6) |
//! | 2, 1024 | 2^23, 1 | 2^-14.9 (2^-14.9) |
//! | 2, 1024 | 2^15, 2 | 2^-22.2 (2^-22.1) |
//!
//! # Files
//!
//! `modulus_switch` comes before a rotation. `rotate` rotates batches, by the `products` of digits and keys with
//! `monomials`, to an `accumulator`. `key` and `generation` are about keys.

mod accumulator;
#[cfg(feature = "client")]
mod generation;
#[allow(clippy::indexing_slicing, reason = "the key has a place for every element of its GGSWs")]
mod key;
mod modulus_switch;
#[allow(clippy::indexing_slicing, reason = "exponents are taken modulo the number of roots")]
mod monomials;
mod parameters;
#[allow(clippy::indexing_slicing, reason = "inner loops over rows whose lengths the parameters decide")]
mod products;
mod rotate;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tfhe_rs;

pub use crate::ring::Lanes;
pub use accumulator::Accumulator;
#[cfg(feature = "client")]
pub(crate) use generation::random_blocks;
#[cfg(feature = "client")]
pub use generation::small_key;
pub use key::{CompressedRotationKey, RotationKey};
pub use parameters::RotationParameters;
pub use rotate::RotationJob;

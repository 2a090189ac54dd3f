//! Polynomials modulo X^N + 1 in vector lanes: digits, transforms, sums.
//!
//! Polynomials lie side by side in vectors ([`Lanes`]), one in each lane: coefficient i of all of them is one vector. So
//! nothing is ever shuffled, twiddle factors and key elements are broadcast, and a key is read once for all lanes.
//! Every operation on a lane is the same IEEE operation on every instruction set, fused products included: **results have
//! the same bits** with AVX-512, AVX2, NEON, and without vectors.
//!
//! `digits` decomposes, `transform` transforms, and `accumulate` transforms back and adds to integers. `key_product`
//! combines them to multiply the digits of polynomials by a key. A `sign` for each ciphertext keeps the mean of its digits from
//! making the same error in all of them.

#[allow(clippy::indexing_slicing, reason = "inner loops over rows whose lengths the parameters decide")]
pub(crate) mod accumulate;
pub(crate) mod complex;
#[allow(clippy::indexing_slicing, reason = "inner loops over rows whose lengths the parameters decide")]
pub(crate) mod digits;
pub(crate) mod key_product;
#[allow(clippy::indexing_slicing, reason = "rows are cut to lengths that the parameters decide")]
pub(crate) mod lanes;
pub(crate) mod sign;
#[allow(clippy::indexing_slicing, reason = "inner loops over rows whose lengths the parameters decide")]
pub(crate) mod transform;

pub use lanes::Lanes;

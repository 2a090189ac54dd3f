//! The approximate backend: products of encrypted polynomials by external products, and bootstraps of real functions.
//!
//! ```
//! use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
//! use silenzio_core::approximate::parameters::N2048;
//! use silenzio_core::approximate::{ApproximateBackend, ApproximateClient};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = ApproximateClientKey::generate(&N2048);
//! let server = ApproximateServerKey::new(&client)?;
//!
//! // 3 - 2X, encrypted, times the public 0.01 + 0.02 X: 0.03 + 0.04 X - 0.04 X².
//! let factor = server.expand_ggsw(&client.encrypt_ggsw(&[(0, 3), (1, -2)])?)?;
//! let polynomial = server.trivial_glwe(&[0.01, 0.02]);
//! let products = server.dot_products(&[vec![(&factor, &polynomial)]])?;
//! let coefficients = client.decrypt_glwe(&products[0])?;
//! assert!((coefficients[1] - 0.04).abs() < 1e-6);
//! # Ok(())
//! # }
//! ```
//!
//! All ciphertexts but those inside a bootstrap are under one GLWE key of dimension 1. Parameters and the noise of
//! every operation are those of [`silenzio_core::approximate`].

#[allow(clippy::indexing_slicing, reason = "this is an inner loop, and places are taken modulo the size")]
mod automorphism;
#[allow(clippy::indexing_slicing, reason = "windows of two have two elements")]
mod backend;
mod bare;
mod ciphertext;
#[cfg(feature = "client")]
mod encryption;
mod external_product;
mod keys;
mod many_lut;
#[allow(
    clippy::indexing_slicing,
    reason = "this is an inner loop, and masks have the size of the polynomial"
)]
mod packing;
mod scheme_switch;
mod seeded;

pub use backend::ApproximateTfhe;
pub use ciphertext::{ApproximateGgsw, ApproximateGlwe, ApproximateLwe};
#[cfg(feature = "client")]
pub use keys::ApproximateClientKey;
pub use keys::{ApproximateServerKey, CompressedApproximateServerKey};
pub use seeded::{SeededGgsw, SeededLwes};

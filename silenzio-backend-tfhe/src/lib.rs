//! The TFHE backend: values of Z_m as LWE ciphertexts, look-ups as programmable bootstraps.
//!
//! It is built on the low-level primitives of TFHE-rs ([`tfhe::core_crypto`]). Odd plaintext moduli are encoded directly
//! on the torus ([`torus`]), so additions wrap modulo m for free, and a bootstrap needs no padding bit
//! ([`test_polynomial`]).
//!
//! ```
//! use silenzio_backend_tfhe::{ClientKey, KeyPlan, ServerKey};
//! use silenzio_core::plan::SmallKeys;
//! use silenzio_core::{Backend, Client, Lut, Modulus};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let m = Modulus::new(15)?;
//! let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, [m]));
//! let server = ServerKey::new(&client)?;
//!
//! let encrypted = server.expand(&client.encrypt(m, &[-2, 3])?)?;
//! let squared = server.lut(&encrypted, &Lut::signed(m, m, |x| x * x))?;
//! assert_eq!(client.decrypt(&squared)?, [4, -6]);
//! # Ok(())
//! # }
//! ```
//!
//! A look-up consists of a `keyswitch` to a small key, a blind [`rotation`], and for wide moduli `shrink`. Its cost and its
//! security follow from [`parameters`], its failure probability from [`noise`].
//!
//! Samples ([`Seeded`]) and keys ([`CompressedServerKey`]) are sent with seeds in place of the random half of every
//! ciphertext. The server expands them once. Everything that is stored or sent has one binary form,
//! [`Wire`](silenzio_core::Wire), whose length follows from the plan. The server's operations are deterministic: the same
//! keys and ciphertexts give the same bytes in every process on a machine.
//!
//! Secret keys, and everything that takes one (key generation, encryption, decryption), are in the feature `client`, which
//! is on by default. A server does not need it.

#![deny(clippy::indexing_slicing)]

pub mod approximate;
pub mod bare;
pub mod noise;
pub mod parameters;
mod ring;
pub mod rotation;
pub mod security;
#[allow(clippy::indexing_slicing, reason = "tables have an entry for every residue")]
pub mod test_polynomial;
pub mod torus;

mod backend;
mod bodies;
mod ciphertext;
mod counters;
#[cfg(feature = "client")]
mod encryption;
mod fft;
#[allow(
    clippy::indexing_slicing,
    reason = "a master key has at least the dimension of values and of every class"
)]
mod keys;
mod keyswitch;
mod look_up;
mod phases;
#[cfg(feature = "client")]
mod randomness;
mod seeded;
#[allow(clippy::indexing_slicing, reason = "the rows of a key are as long as its shape says")]
mod shrink;
mod sum;

pub use backend::Tfhe;
pub use bare::BareCost;
pub use ciphertext::Ciphertext;
pub use keys::{ClassRecord, CompressedServerKey, KeyPlan, KeyRecord, ServerKey};
#[cfg(feature = "client")]
pub use keys::{ClientKey, Progress};
pub use noise::NoiseVariance;
pub use parameters::ParameterSet;
pub use seeded::Seeded;

//! The TFHE backend: values of Z_m as LWE ciphertexts, look-ups as programmable bootstraps.
//!
//! Built on the low-level primitives of TFHE-rs ([`tfhe::core_crypto`]). Odd plaintext moduli live natively on
//! the torus ([`torus`]), so additions wrap modulo m for free and a bootstrap needs no padding bit
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
//! A look-up is, in the order of the files: `keyswitch` to a small key, a blind [`rotation`], and for wide moduli `shrink`. What it costs and how secure it is, is decided in [`parameters`]; how wrong it may be, in
//! [`noise`].
//!
//! What a client sends, samples ([`Seeded`]) and keys ([`CompressedServerKey`]), holds seeds in the place of the random
//! half of every ciphertext. The server expands it once. All that is stored or sent has one binary form,
//! [`Wire`](silenzio_core::Wire), whose length the plan decides. The server's operations are deterministic: the same
//! keys and ciphertexts give the same bytes in every process on a machine.
//!
//! Secret keys, and all that takes one (making keys, encryption, decryption), are in the feature `client`, which is on
//! by default. A server does without.

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

//! The secret key, which the client keeps, and the evaluation keys, which the server gets.
//!
//! All keys derive from one binary *master key*. The GLWE key of a size class is its prefix of k N bits, and values are
//! encrypted under its first [`VALUE_DIMENSION`](crate::parameters::VALUE_DIMENSION) bits; only the small key is drawn
//! for each class. So all values are ciphertexts under one key: they can be added, and any class can look them up.

mod bootstrap_key;
mod class;
#[cfg(feature = "client")]
mod client;
mod compressed;
#[cfg(feature = "client")]
mod generation;
mod keyswitch_key;
#[cfg(all(test, feature = "client"))]
mod measured;
mod plan;
#[cfg(feature = "client")]
mod progress;
mod record;
#[cfg(all(test, feature = "client"))]
pub(crate) mod rows;
#[cfg(feature = "client")]
mod secret;
mod server;
mod small_keyswitch;

pub(crate) use bootstrap_key::{BootstrapShape, SeededBootstrap};
pub(crate) use class::ClassKey;
#[cfg(feature = "client")]
pub use client::ClientKey;
pub use compressed::CompressedServerKey;
pub(crate) use keyswitch_key::{KeyswitchShape, SeededKeyswitch};
pub use plan::KeyPlan;
#[cfg(feature = "client")]
pub(crate) use progress::Meter;
#[cfg(feature = "client")]
pub use progress::Progress;
pub use record::{ClassRecord, KeyRecord};
#[cfg(feature = "client")]
pub(crate) use secret::{binary_key, gaussian, read_bits, write_bits};
pub use server::ServerKey;
#[cfg(feature = "client")]
pub(crate) use small_keyswitch::SeededRingKeyswitch;
pub(crate) use small_keyswitch::{SeededSmallKeyswitch, SmallKeyswitchShape};

/// The number of key bits that share a seed, and are encrypted and expanded at once. It bounds the memory needed besides
/// the keys, and is part of their binary form.
pub(crate) const BLOCK: usize = 64;

/// The lengths of the blocks of `bits` key bits.
fn blocks(bits: usize) -> impl Iterator<Item = usize> {
    (0..bits).step_by(BLOCK).map(move |start| BLOCK.min(bits - start))
}

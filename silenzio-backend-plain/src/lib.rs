//! The plain backend: the exact engine's arithmetic on integers in the clear.
//!
//! It computes the same integers as the TFHE backend, bit for bit, and counts the look-ups that TFHE would perform, by size
//! class. Large products are computed at once by a matrix product
//! ([`ModularProducts`](silenzio_core::backend::ModularProducts)), which makes it fast enough for accuracy experiments on
//! real data sets. On request it injects the faults of look-ups that fail.

#![deny(clippy::indexing_slicing)]

pub mod approximate;

mod client;
mod faults;
#[allow(
    clippy::indexing_slicing,
    reason = "tables have an entry for every residue, costs and counters one for every size class"
)]
mod server;
mod value;

pub use client::PlainClient;
pub use faults::Faults;
pub use server::PlainBackend;
pub use value::{Plain, PlainValue, PlainValues};

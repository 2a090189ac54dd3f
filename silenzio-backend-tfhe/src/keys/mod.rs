//! The keys: what the client keeps, what the server gets.
//!
//! One binary *master key* underlies everything. The GLWE key of a size class is its prefix of k N bits, and
//! values are encrypted under its first [`VALUE_DIMENSION`](crate::parameters::VALUE_DIMENSION) bits; each class
//! has a small key of its own. So values of all classes are ciphertexts under one key: they add, and any class
//! can look them up.

mod class;
mod client;
mod client_bytes;
mod generation;
mod plan;
mod server;
mod server_storage;

pub(crate) use class::ClassKey;
pub use client::ClientKey;
pub(crate) use client::{binary_key, encryption_generator, gaussian};
pub use generation::Progress;
pub(crate) use generation::{bootstrap_key, keyswitch_key};
pub use plan::KeyPlan;
pub use server::ServerKey;

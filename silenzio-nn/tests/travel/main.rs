//! Engines across a file: samples, weights and logits come back, a resumed training goes on as if it had never
//! stopped, and logits are those of the decrypted model.

#![allow(clippy::unwrap_used)]

mod approximate;
mod exact;
mod setting;

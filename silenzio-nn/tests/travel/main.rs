//! Engines with files between client and server: samples, weights and logits are read as they were written, a resumed
//! training ends with the weights of an uninterrupted one, and logits are those of the decrypted model.

#![allow(clippy::unwrap_used)]

mod approximate;
mod exact;
mod setting;

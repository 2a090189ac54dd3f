//! The approximate simulator: torus elements in the clear, with the noise that the model predicts.
//!
//! It draws the noise of every operation by the closed formulas of [`silenzio_core::approximate::noise`], so that a
//! training without encryption gives a model like that of an encrypted one. On request it computes without noise.

mod client;
#[allow(
    clippy::indexing_slicing,
    reason = "this is the simulator's inner loop, and places are taken modulo the size"
)]
mod polynomial;
mod randomness;
mod server;
mod value;
mod wire;

pub use client::PlainApproximateClient;
pub use server::{InputRange, PlainApproximateBackend};
pub use value::{PlainApproximate, PlainGgsw, PlainGlwe, PlainLwe, PlainLwes, PlainTerms};

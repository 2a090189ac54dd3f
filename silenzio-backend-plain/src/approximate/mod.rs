//! The approximate simulator: torus elements in the clear, with the noise that the model predicts.
//!
//! It draws the noise of every step from the closed formulas of [`silenzio_core::approximate::noise`], so that a training
//! without encryption comes out like an encrypted one. On request it is exact instead.

mod client;
#[allow(
    clippy::indexing_slicing,
    reason = "places are taken modulo the size: this is the simulator's inner loop"
)]
mod polynomial;
mod randomness;
mod server;
mod value;
mod wire;

pub use client::PlainApproximateClient;
pub use server::PlainApproximateBackend;
pub use value::{PlainApproximate, PlainGgsw, PlainGlwe, PlainLwe, PlainLwes, PlainTerms};

//! The leveled simulator: torus elements in the clear, with the noise that the model predicts.
//!
//! It draws the noise of every step from the closed formulas of [`silenzio_core::leveled::noise`], so that a training
//! without encryption comes out like an encrypted one. On request it is exact instead.

mod client;
mod polynomial;
mod randomness;
mod server;
mod value;
mod wire;

pub use client::PlainLeveledClient;
pub use server::PlainLeveledBackend;
pub use value::{PlainGgsw, PlainGlwe, PlainLwe, PlainLwes, PlainTerms};

//! The approximate engine: training with external products in place of look-ups.
//!
//! The product of an encrypted integer polynomial (GGSW) and an encrypted real one (GLWE) costs a hundredth of a
//! bootstrap, and does up to N multiplications. So bootstraps are left only where a value changes its nature: about
//! two per hidden unit and up to four per output, for each sample.
//!
//! | step | module |
//! | --- | --- |
//! | which coefficient holds which weight | [`layout`] |
//! | amplitudes, integer units and functions of a network | [`network`] |
//! | gradient of the loss | [`loss`]: [`softmax`], [`squared`] |
//! | small integers to factors | [`circuit_bootstrapping`] |
//! | noise that weights gather | [`noise`] |
//! | choice of parameters | [`planner`] |
//! | the operations of training | [`engine`], [`client`] |
//! | binary forms of samples, weights and logits | `wire` |
//!
//! # Which operands are factors
//!
//! Each of the three products of a layer (forward `a W`, gradient `a δ`, delta `δ W`) needs one operand as a GGSW, which
//! is *circuit-bootstrapped* from LWEs, one for each gadget level. Two of `a`, `δ`, `W` have to be. `δ` always is: it comes out of a
//! bootstrap anyway, whose further outputs the gadget levels are. So does `a`, but its bootstrap has to be fine for that. Where a
//! batch has more activations than a layer has weights, that layer is *lifted*: a fine bootstrap per weight and step makes `W` a
//! factor, and activations are only packed, from cheaper bootstraps. The [`planner`] chooses by cost, layer by layer. Master weights
//! stay real numbers from the first step to the last: never rounded.
//!
//! A sample of a network d-h-c thus takes 2h + 4c - 1 bootstraps: h ReLUs, h gated deltas, and per class one
//! for the logit's range and penalty, one for its probability and one for the delta's circuit bootstrap, with c - 1 between them. With the squared
//! loss, whose gradient is a difference, only the last of these is left: 2h + c.
//!
//! # Noise
//!
//! A circuit-bootstrapped factor is noisy, and every gradient adds its noise to the master weights. [`noise`] predicts how much is there
//! in the end, and [`planner`] chooses the parameters by it. Where many samples or many bits call for more than
//! parameters can give, the layers above the first are *refreshed*: their master weights are kept at an amplitude at
//! which they fill the torus, far above the noise, and one coarse bootstrap per weight and step brings them down to
//! the amplitude that products need.

#![deny(clippy::indexing_slicing)]

pub mod circuit_bootstrapping;
#[allow(clippy::indexing_slicing, reason = "places are those of the layout, and the shapes were checked")]
pub mod client;
#[allow(
    clippy::indexing_slicing,
    reason = "places and blocks are those of the layout, and the numbers of results were checked"
)]
pub mod engine;
pub mod format;
pub mod layout;
pub mod loss;
pub mod network;
pub mod noise;
pub mod planner;
pub mod refreshed;
pub mod softmax;
pub mod squared;
mod wire;

pub use client::ApproximateEngineClient;
pub use engine::ApproximateEngine;
pub use format::WeightForm;
pub use network::ApproximateNetwork;

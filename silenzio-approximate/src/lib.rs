//! The approximate engine: training with external products in place of look-ups.
//!
//! The external product of an encrypted integer polynomial (GGSW) and an encrypted real polynomial (GLWE) costs a
//! hundredth of a bootstrap, and performs up to N multiplications. Bootstraps are left for non-linear functions and for
//! making factors: about two per hidden unit and up to four per output, for each sample.
//!
//! | step | module |
//! | --- | --- |
//! | which coefficient holds which weight | [`layout`] |
//! | amplitudes, integer units and look-up tables of a network | [`network`] |
//! | gradient of the loss | [`loss`]: [`softmax`], [`squared`] |
//! | factors from small integers | [`circuit_bootstrapping`] |
//! | noise that accumulates in weights | [`noise`] |
//! | choice of parameters and number formats | [`planner`] |
//! | the operations of training | [`engine`], [`client`] |
//! | binary forms of samples, weights and logits | `wire` |
//!
//! # Which operands are factors
//!
//! Each of the three products of a layer (forward `a W`, gradient `a δ`, delta `δ W`) needs one operand as a GGSW,
//! which is *circuit-bootstrapped* from LWEs, one for each gadget level. In the first two it is `a` and `δ`: bootstraps
//! compute both anyway, and give the gadget levels as further outputs, so that weights need no bootstraps. In the gradient
//! it is `δ`, too, and `a` is packed. So `a` is a factor of products alone that are bootstrapped again, which needs little
//! precision, and `δ`, of which there are fewer, that of products that are added up. Only in the lowest trained layer, which
//! propagates no deltas, is `a` a factor in the gradient; in the first layer the client sends it as one. Master weights stay
//! real numbers throughout, and are never rounded.
//!
//! A sample of a network d-h-c thus takes 2h + 4c - 1 bootstraps: h ReLUs, h gated deltas, three per class (for the
//! logit's range and penalty, for its probability, and for the delta's circuit bootstrap), and c - 1 for the
//! log-mean-exp of the logits. With the squared loss, whose gradient is a difference, only the delta's circuit
//! bootstrap is left: 2h + c.
//!
//! # Noise
//!
//! A circuit-bootstrapped factor is noisy, and every gradient adds its noise to the master weights. [`noise`] predicts
//! how much accumulates over a training, and the [`planner`] chooses parameters that keep it low enough. Where none do,
//! because of many samples or many bits, layers above the first are *refreshed*: their master weights are kept at an
//! amplitude that fills the torus, far above the noise, and one coarse bootstrap per weight and step brings them down
//! to the amplitude that products need.

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
pub mod operand;
pub mod planner;
pub mod refreshed;
pub mod softmax;
pub mod squared;
mod wire;

pub use client::ApproximateEngineClient;
pub use engine::ApproximateEngine;
pub use format::WeightForm;
pub use network::ApproximateNetwork;

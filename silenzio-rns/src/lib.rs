//! The exact engine: training in small integers by table look-ups and additions.
//!
//! This is the scheme of Silenzio (Sander and Eisenbarth, arXiv 2504.17785). Every value is an element of some Z_m of
//! at most eight bits. A matrix product is computed in a residue number system, whose base is chosen for this product,
//! converted to mixed-radix digits, and scaled back to a few significant bits:
//!
//! | step | module |
//! | --- | --- |
//! | choice of the base for dimensions, ranges and cost | [`base_choice`] |
//! | products of encrypted residues | [`gadget`]: [`gadget::squares`], [`gadget::karatsuba`] |
//! | residues to mixed-radix digits | [`mixed_radix`] |
//! | dropping low digits, with dither | [`block_scaling`] |
//! | all of these in sequence | [`scaled_product`] |
//! | master weights in two digits, and their update | [`weights`] |
//! | gradient of the cross entropy | [`softmax`] |
//! | scales, bases and shapes of a whole network | [`network`] |
//! | sums of gradients over shares of a batch | `gradient_sum` |
//! | the operations of training | [`engine`], [`client`] |
//! | binary forms of samples, weights and logits | `wire` |

#![deny(clippy::indexing_slicing)]

#[allow(clippy::indexing_slicing, reason = "positions are those of moduli of the base")]
pub mod base;
#[allow(
    clippy::indexing_slicing,
    reason = "costs are kept for all size classes, the best for all tolerances"
)]
pub mod base_choice;
#[allow(clippy::indexing_slicing, reason = "a scaling's base has at least the moduli that its digits are")]
pub mod block_scaling;
pub mod client;
#[allow(clippy::indexing_slicing, reason = "phases are below their number, and every one has all tables")]
pub mod dithered;
pub mod engine;
pub mod format;
pub mod gadget;
mod gradient_sum;
#[allow(clippy::indexing_slicing, reason = "positions are those of moduli of the base")]
pub mod mixed_radix;
pub mod network;
#[allow(clippy::indexing_slicing, reason = "there are digits for every modulus")]
pub mod observer;
mod planner;
pub mod product_name;
pub mod residues;
#[allow(clippy::indexing_slicing, reason = "a base has at least one modulus")]
pub mod scaled_product;
pub mod softmax;
mod step_luts;
pub mod weights;
mod wire;

pub use base::RnsBase;
pub use client::ExactClient;
pub use engine::ExactEngine;
pub use format::ExactFormat;
pub use network::ExactNetwork;
pub use observer::{ObservedRange, Observer, RangeRecorder};
pub use product_name::{ProductKind, ProductName};
pub use residues::Residues;

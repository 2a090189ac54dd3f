//! The same network and training in `f32`, in plain: what an encrypted run is compared with.

mod mlp;
mod sgd;

pub use mlp::{Mlp, ShapeError};
pub use sgd::{train_reference, train_reference_from};

#[cfg(test)]
mod tests;

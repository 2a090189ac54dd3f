//! The same network and training in the clear, in `f32`, with which encrypted runs are compared.

mod mlp;
mod sgd;

pub use mlp::{Mlp, ShapeError};
pub use sgd::{train_reference, train_reference_from};

#[cfg(test)]
mod tests;

//! Names of a network's matrix products.

use serde::{Deserialize, Serialize};

/// The name of a matrix product of a network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ProductName {
    /// The layer, from 0.
    pub layer: usize,
    /// Which of the layer's three products it is.
    pub kind: ProductKind,
}

/// The three matrix products of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ProductKind {
    /// Activations times weights.
    Forward,
    /// Deltas times transposed weights.
    Delta,
    /// Transposed activations times deltas.
    Gradient,
}

impl std::fmt::Display for ProductName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            ProductKind::Forward => "forward",
            ProductKind::Delta => "delta",
            ProductKind::Gradient => "gradient",
        };
        write!(f, "layer {} {kind}", self.layer + 1)
    }
}

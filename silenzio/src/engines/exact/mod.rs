//! The exact engine, on the simulator and on ciphertexts.

#[cfg(feature = "client")]
mod encryption;
#[cfg(feature = "client")]
mod estimate;
mod simulation;

#[cfg(feature = "client")]
pub use encryption::rehearse;
#[cfg(feature = "client")]
pub use estimate::estimate;
pub use simulation::simulate;

use crate::{Description, Product};
use silenzio_rns::ExactNetwork;
use silenzio_rns::scaled_product::ScaledProduct;

pub fn describe(network: &ExactNetwork) -> Description {
    Description::Exact {
        products: products(network).map(product).collect(),
        learning_rates: network.layers().iter().map(|layer| layer.learning_rate).collect(),
    }
}

/// The products of a network, layer by layer.
fn products(network: &ExactNetwork) -> impl Iterator<Item = &ScaledProduct> {
    network.layers().iter().flat_map(|layer| {
        [Some(&layer.forward), layer.delta.as_ref(), Some(&layer.gradient)].into_iter().flatten()
    })
}

fn product(product: &ScaledProduct) -> Product {
    Product {
        name: product.name.to_string(),
        moduli: product.moduli().iter().map(|&m| m.into()).collect(),
        divisor: product.scaling.divisor(),
        covered: product.scaling.covered(),
    }
}

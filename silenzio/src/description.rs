//! What an engine makes of a plan, for people.

use serde::Serialize;

/// The number formats of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "engine", rename_all = "kebab-case")]
pub enum Description {
    /// Of the exact engine.
    Exact {
        /// Its products, layer by layer.
        products: Vec<Product>,
        /// The learning rates that the divisors of the products give, by layer.
        learning_rates: Vec<f64>,
    },
    /// Of the approximate engine.
    Approximate {
        /// The name of its parameter set.
        parameters: String,
        /// Bootstraps of each sample.
        bootstraps_per_sample: u64,
        /// Bootstraps of each step, besides those of its samples.
        bootstraps_per_step: u64,
    },
}

/// The integer format of a product of the exact engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Its layer and kind.
    pub name: String,
    /// The moduli of its residues.
    pub moduli: Vec<u32>,
    /// What block scaling divides it by.
    pub divisor: i64,
    /// The largest absolute value that it can have.
    pub covered: i64,
}

//! The networks of the plans.

use silenzio_benches::Failure;
use silenzio_benches::training::shape;
use silenzio_core::plan::Plan;

/// The widths of a network, and the plan that it is trained with.
pub struct Network {
    pub widths: Vec<usize>,
    pub plan: Plan,
}

/// Inputs and classes, which a plan takes from the data, and the plan.
type Source = (usize, usize, &'static str);

/// Iris, breast cancer, digits, MNIST.
pub const NETWORKS: [Source; 4] = [
    (4, 3, include_str!("../../../../plans/iris.toml")),
    (30, 2, include_str!("../../../../plans/breast_cancer.toml")),
    (64, 10, include_str!("../../../../plans/digits.toml")),
    (784, 10, include_str!("../../../../plans/mnist.toml")),
];

impl Network {
    /// Reads the plan.
    ///
    /// # Errors
    /// If it is not a plan.
    pub fn open(&(inputs, classes, plan): &Source) -> Result<Self, Failure> {
        let plan: Plan = toml::from_str(plan)?;
        let widths = [&[inputs], plan.model.hidden.as_slice(), &[classes]].concat();
        Ok(Self { widths, plan })
    }

    /// "4-8-3".
    pub fn shape(&self) -> String {
        shape(&self.widths)
    }
}

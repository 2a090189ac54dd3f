//! A decrypted model with everything needed to use it.

use crate::Preprocessing;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::EngineKind;
use silenzio_nn::reference::Mlp;

/// A decrypted model with everything needed to use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The network.
    pub network: Mlp,
    /// Where the model comes from.
    pub origin: Origin,
    /// How samples become inputs.
    pub preprocessing: Preprocessing,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The engine that trained it.
    pub engine: EngineKind,
    /// The training steps, including those of the earlier trainings that it continued.
    pub steps: u64,
    /// The SHA-256 of the encrypted training samples; those of several data sets are separated by commas.
    pub data: String,
    /// The step to multiples of which the weights of each layer were rounded; `None` for weights that were not rounded.
    pub weight_steps: Option<Vec<f32>>,
    /// For an average, the training steps of each model in it; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub averaged: Vec<u64>,
}

impl Model {
    /// Averages models of one training after different steps. The average has less noise than each of them, and is rounded as
    /// they were. The `steps` of its origin are those of the model that was trained longest.
    ///
    /// # Errors
    /// If there is no model, or a model is from another training, or is an average itself: its number, from 0, and what is
    /// wrong.
    pub fn average(models: &[Self]) -> Result<Self, (usize, &'static str)> {
        let first = models.first().ok_or((0, "there is no model"))?;
        for (number, Self { origin, preprocessing, .. }) in models.iter().enumerate() {
            let Origin { engine, data, weight_steps, .. } = &first.origin;
            if !origin.averaged.is_empty() {
                return Err((number, "is an average itself: give the models that it was made from"));
            }
            if (&origin.engine, &origin.data, preprocessing) != (engine, data, &first.preprocessing) {
                return Err((
                    number,
                    "was trained on other samples than the first one: give models of one training",
                ));
            }
            if origin.weight_steps != *weight_steps {
                return Err((
                    number,
                    "is rounded differently from the first one: decrypt all in the same way",
                ));
            }
            if models.iter().take(number).any(|other| other.origin.steps == origin.steps) {
                return Err((number, "has as many steps as another one: give models after different steps"));
            }
        }
        let network = Mlp::average(models.iter().map(|model| &model.network));
        let network =
            network.ok_or((0, "has layers of other shapes than another one: give models of one training"))?;
        let averaged: Vec<u64> = models.iter().map(|model| model.origin.steps).collect();
        let steps = averaged.iter().copied().max().unwrap_or(0);
        let origin = Origin { steps, averaged, ..first.origin.clone() };
        Ok(Self { network, origin, preprocessing: first.preprocessing.clone() })
    }

    /// The widths of the layers: inputs, hidden layers, outputs.
    pub fn widths(&self) -> Vec<usize> {
        let inputs = self.network.weights.first().map(|layer| layer.nrows().saturating_sub(1));
        inputs.into_iter().chain(self.network.weights.iter().map(Array2::ncols)).collect()
    }

    /// Checks that all parts belong together.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self) -> Result<(), String> {
        let outputs = self.preprocessing.outputs();
        self.preprocessing.check()?;
        self.network
            .check(self.preprocessing.encoding.width(), outputs)
            .map_err(|error| error.to_string())?;
        let mut limits = self.network.activation_limits.iter();
        if self.network.activation_limits.len() >= self.network.weights.len()
            || limits.any(|limit| limit.is_nan() || *limit <= 0.0)
        {
            return Err(
                "activation_limits must be positive numbers, at most one for each hidden layer".into()
            );
        }
        let not_finite = |layer: &Array2<f32>| layer.iter().any(|weight| !weight.is_finite());
        match self.network.weights.iter().position(not_finite) {
            Some(layer) => Err(format!("a weight of layer {layer} (from 0) is not a finite number")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::preprocessing::tests::example as preprocessing;
    use ndarray::array;

    pub(crate) fn example() -> Model {
        Model {
            network: Mlp {
                weights: vec![
                    array![[1.0, -1.0, 0.5], [0.25, 0.0, 2.0], [0.125, 3.0, -0.75]],
                    array![[2.0, 0.0], [0.0, 1.0], [1.0, 1.5], [0.0, 0.25]],
                ],
                activation_limits: vec![4.0],
            },
            origin: Origin {
                engine: EngineKind::Approximate,
                steps: 12,
                data: "00".repeat(32),
                weight_steps: Some(vec![0.125, 0.25]),
                averaged: vec![],
            },
            preprocessing: preprocessing(),
        }
    }

    #[test]
    fn an_average_is_of_one_training() {
        let after = |steps: u64| {
            let mut model = example();
            model.origin.steps = steps;
            model.network.weights[0][(0, 0)] = steps as f32;
            model
        };
        let average = Model::average(&[after(2), after(4), after(3)]).unwrap();
        assert_eq!(average.network.weights[0][(0, 0)], 3.0);
        assert_eq!((average.origin.steps, &average.origin.averaged), (4, &vec![2, 4, 3]));
        let refused = |change: &dyn Fn(&mut Model)| {
            let mut other = after(3);
            change(&mut other);
            Model::average(&[after(2), other]).unwrap_err().1
        };
        assert!(refused(&|m| m.origin.data = "11".repeat(32)).contains("other samples"));
        assert!(refused(&|m| m.origin.weight_steps = None).contains("rounded"));
        assert!(refused(&|m| m.origin.averaged = vec![1]).contains("average itself"));
        assert!(refused(&|m| m.origin.steps = 2).contains("as many steps"));
        assert!(refused(&|m| drop(m.network.weights.pop())).contains("layers"));
        assert!(Model::average(&[]).is_err());
    }

    #[test]
    fn parts_that_disagree_are_found() {
        assert_eq!(example().check(), Ok(()));
        assert_eq!(example().widths(), [2, 3, 2]);
        let changed = |change: &dyn Fn(&mut Model)| {
            let mut model = example();
            change(&mut model);
            model.check().unwrap_err()
        };
        assert!(changed(&|m| m.network.weights[1][(0, 0)] = f32::NAN).contains("layer 1"));
        assert!(changed(&|m| m.network.activation_limits.push(1.0)).contains("activation_limits"));
        assert!(changed(&|m| m.network.activation_limits[0] = 0.0).contains("activation_limits"));
        assert!(changed(&|m| m.network.weights.truncate(1)).contains("outputs"));
        assert!(changed(&|m| m.preprocessing.classes.push("x".into())).contains("outputs"));
    }
}

//! The layers of a network that are trained.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A layer of weights in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a layer is a number from 0, or \"last\"")]
pub enum LayerName {
    /// The number of the layer, from 0 at the inputs.
    Number(usize),
    /// The place of the layer.
    Place(LayerPlace),
}

/// A layer whose number depends on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerPlace {
    /// The layer whose outputs are the logits.
    Last,
}

impl LayerName {
    /// The number of the layer in a network with this number of layers of weights.
    const fn number(self, layers: usize) -> usize {
        match self {
            Self::Number(number) => number,
            Self::Place(LayerPlace::Last) => layers.saturating_sub(1),
        }
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Place(LayerPlace::Last) => f.write_str("\"last\""),
        }
    }
}

/// The layers that are trained; all others are frozen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Vec<LayerName>>", into = "Option<Vec<LayerName>>")]
pub enum TrainedLayers {
    /// All layers.
    #[default]
    All,
    /// These layers.
    These(Vec<LayerName>),
}

impl TrainedLayers {
    /// Whether no layer is frozen.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// The numbers of the trained layers in a network with this number of layers of weights, in ascending order.
    pub fn numbers(&self, layers: usize) -> Vec<usize> {
        match self {
            Self::All => (0..layers).collect(),
            Self::These(names) => {
                (0..layers).filter(|&layer| names.iter().any(|name| name.number(layers) == layer)).collect()
            }
        }
    }

    /// The same layers in a canonical form: by their numbers, in ascending order, and [`All`](Self::All) for all
    /// layers.
    #[must_use]
    pub fn resolved(&self, layers: usize) -> Self {
        let numbers = self.numbers(layers);
        if numbers.len() == layers {
            return Self::All;
        }
        Self::These(numbers.into_iter().map(LayerName::Number).collect())
    }

    /// Whether there is at least one such layer, and the network has all of them.
    pub(super) fn fits(&self, layers: usize) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => !names.is_empty() && names.iter().all(|name| name.number(layers) < layers),
        }
    }
}

impl From<Option<Vec<LayerName>>> for TrainedLayers {
    fn from(names: Option<Vec<LayerName>>) -> Self {
        names.map_or(Self::All, Self::These)
    }
}

impl From<TrainedLayers> for Option<Vec<LayerName>> {
    fn from(layers: TrainedLayers) -> Self {
        match layers {
            TrainedLayers::All => None,
            TrainedLayers::These(names) => Some(names),
        }
    }
}

/// The layers as in a plan.
impl fmt::Display for TrainedLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all layers"),
            Self::These(names) => {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn these(names: &[LayerName]) -> TrainedLayers {
        TrainedLayers::These(names.to_vec())
    }

    #[test]
    fn names_become_numbers_in_one_form() {
        let (number, last) = (LayerName::Number, LayerName::Place(LayerPlace::Last));
        assert_eq!(these(&[last]).resolved(3), these(&[number(2)]));
        assert_eq!(these(&[last, number(1), number(2)]).resolved(3), these(&[number(1), number(2)]));
        assert_eq!(these(&[last]).resolved(1), TrainedLayers::All);
        assert_eq!(TrainedLayers::All.numbers(2), [0, 1]);
        assert!(these(&[last]).fits(1) && !these(&[]).fits(1) && !these(&[number(2)]).fits(2));
    }
}

//! What a file holds, before labels become classes.

use super::csv::Layout;
use ndarray::Array2;
use std::fmt;

/// The samples of one file.
#[derive(Debug)]
pub(super) struct Samples {
    /// Unscaled values, samples x features, all finite.
    pub inputs: Array2<f32>,
    /// The label of each sample, as written; none at all in a file without labels.
    pub labels: Vec<String>,
    /// Where each label stands.
    pub places: Vec<Place>,
    /// The name of each feature.
    pub features: Vec<String>,
    /// What kind of features they are.
    pub kind: FeatureKind,
}

impl Samples {
    /// Whether the names of the features are more than numbers.
    pub fn has_names(&self) -> bool {
        match self.kind {
            FeatureKind::Columns(layout) => layout.header,
            FeatureKind::Pixels => true,
        }
    }
}

/// What is known about the features of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeatureKind {
    /// Columns of a CSV file, each with a unit of its own.
    Columns(Layout),
    /// Pixels, all of the same unit.
    Pixels,
}

/// Where a sample stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file, from 1.
    Line(u64),
    /// The item of a binary file, from 0.
    Item(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Item(item) => write!(f, "item {item} (from 0)"),
        }
    }
}

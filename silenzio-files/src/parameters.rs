//! The parameters of keys as they are written to files.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::{self, Display, Formatter};

/// The name of a parameter set, and all of its numbers: dimensions, gadgets and noise. A reader compares them with its own
/// parameters of this name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterRecord {
    /// The name.
    pub name: String,
    /// The numbers, as JSON.
    pub numbers: Value,
}

impl Display for ParameterRecord {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

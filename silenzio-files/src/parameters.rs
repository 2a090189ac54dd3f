//! The parameters of keys as files say them.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::{self, Display, Formatter};

/// The name of a parameter set, and all of its numbers: dimensions, gadgets and noise. A reader compares the numbers
/// with those that it knows by this name.
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

//! The operations of an engine, with readable names.

use serde::{Deserialize, Serialize};
#[cfg(any(feature = "client", feature = "simulator"))]
use silenzio_core::LutCounts;
#[cfg(any(feature = "client", feature = "simulator"))]
use silenzio_core::approximate::{ApproximateCounts, Precision};
use std::collections::BTreeMap;

/// Numbers of operations.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Operations {
    /// Programmable bootstraps, by class, such as "4-bit" or "coarse".
    pub bootstraps: BTreeMap<String, u64>,
    /// All other operations, by name, such as "external products".
    pub others: BTreeMap<String, u64>,
}

impl Operations {
    /// Programmable bootstraps of all classes.
    pub fn total_bootstraps(&self) -> u64 {
        self.bootstraps.values().sum()
    }
}

/// Look-ups by size class.
#[cfg(any(feature = "client", feature = "simulator"))]
pub(crate) fn exact_operations(luts: &LutCounts) -> Operations {
    let bootstraps = luts.classes().map(|(bits, count)| (format!("{bits}-bit"), count)).collect();
    Operations { bootstraps, others: BTreeMap::new() }
}

/// Bootstraps by precision, and all other operations.
#[cfg(any(feature = "client", feature = "simulator"))]
pub(crate) fn approximate_operations(counts: &ApproximateCounts) -> Operations {
    let named = |pairs: &[(&str, u64)]| pairs.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
    Operations {
        bootstraps: named(&Precision::ALL.map(|precision| (precision.name(), counts.bootstraps[precision]))),
        others: named(&[
            ("external products", counts.external_products),
            ("automorphisms", counts.automorphisms),
            ("scheme switches", counts.scheme_switches),
        ]),
    }
}

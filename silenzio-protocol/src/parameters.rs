//! The parameters of keys, and their names.

use silenzio_backend_tfhe::KeyPlan;
use silenzio_core::Modulus;
use silenzio_core::approximate::{ApproximateParameters, parameters};
use silenzio_core::plan::EngineKind;
use std::fmt::{self, Display, Formatter};

/// What keys are made for.
#[derive(Clone, PartialEq, Debug)]
pub enum Parameters {
    /// Look-ups of some size classes.
    Exact(KeyPlan),
    /// A named set.
    Approximate(&'static ApproximateParameters),
}

impl Parameters {
    /// The engine that they are for.
    pub const fn engine(&self) -> EngineKind {
        match self {
            Self::Exact(_) => EngineKind::Exact,
            Self::Approximate(_) => EngineKind::Approximate,
        }
    }

    /// The parameters with this name, if there are such.
    pub fn named(engine: EngineKind, name: &str) -> Option<Self> {
        let found = match engine {
            EngineKind::Exact => {
                let moduli = name.split('-').map(|widest| Modulus::new(widest.parse().ok()?).ok());
                Self::Exact(KeyPlan::for_moduli(moduli.collect::<Option<Vec<_>>>()?))
            }
            EngineKind::Approximate => Self::Approximate(parameters::named(name)?),
        };
        // One name for each.
        (found.to_string() == name).then_some(found)
    }
}

/// Exact: the widest moduli of the size classes, as in "15-31". Approximate: the name of the set.
impl Display for Parameters {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(plan) => {
                let widest: Vec<String> =
                    plan.parameter_sets().iter().map(|set| set.widest.to_string()).collect();
                f.write_str(&widest.join("-"))
            }
            Self::Approximate(set) => f.write_str(set.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for (engine, name) in [
            (EngineKind::Exact, "15"),
            (EngineKind::Exact, "15-31"),
            (EngineKind::Exact, "31-255"),
            (EngineKind::Approximate, "N2048"),
            (EngineKind::Approximate, "N2048-precise"),
        ] {
            assert_eq!(Parameters::named(engine, name).unwrap().to_string(), name);
        }
        for (engine, name) in [
            (EngineKind::Exact, "N2048"),
            (EngineKind::Exact, ""),
            (EngineKind::Exact, "13"),
            (EngineKind::Exact, "31-15"),
            (EngineKind::Exact, "15-15"),
            (EngineKind::Exact, "015"),
            (EngineKind::Exact, "16"),
            (EngineKind::Exact, "4294967296"),
            (EngineKind::Approximate, "15"),
            (EngineKind::Approximate, ""),
        ] {
            assert_eq!(Parameters::named(engine, name), None, "{name:?}");
        }
    }
}

//! The parameters of keys.

use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::suite::{Each, Suite, each};
use silenzio_backend_tfhe::KeyPlan;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::plan::EngineKind;
use silenzio_files::ParameterRecord;
use std::fmt::{self, Display, Formatter};

/// The parameters of the keys of any engine.
#[derive(Clone, PartialEq, Debug)]
pub struct Parameters(pub(crate) Each<KeyPlan, &'static ApproximateParameters>);

impl Parameters {
    /// The engine of the parameters.
    pub const fn engine(&self) -> EngineKind {
        self.0.engine()
    }

    /// The name and all numbers, as they are written to files.
    pub fn record(&self) -> ParameterRecord {
        each!(&self.0, parameters, S => S::record(parameters))
    }

    /// The parameters that a file names; `None` if this version has none with exactly these numbers.
    pub fn recorded(engine: EngineKind, record: &ParameterRecord) -> Option<Self> {
        Some(Self(match engine {
            EngineKind::Exact => Each::Exact(Exact::recorded(record)?),
            EngineKind::Approximate => Each::Approximate(Approximate::recorded(record)?),
        }))
    }
}

/// The name, such as "15-31" or "N2048".
impl Display for Parameters {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.record().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use silenzio_core::Modulus;
    use silenzio_core::approximate::parameters;
    use silenzio_core::plan::SmallKeys;

    fn all() -> Vec<Parameters> {
        let classes = |widest: &[u32]| {
            KeyPlan::for_moduli(SmallKeys::Blocks, widest.iter().map(|&m| Modulus::new(m).unwrap()))
        };
        let exact = [classes(&[15]), classes(&[15, 31]), classes(&[31, 255])].map(Each::Exact);
        exact.into_iter().chain(parameters::ALL.map(Each::Approximate)).map(Parameters).collect()
    }

    #[test]
    fn records_round_trip() {
        for parameters in all() {
            let record = parameters.record();
            assert_eq!(Parameters::recorded(parameters.engine(), &record), Some(parameters));
        }
    }

    #[test]
    fn records_with_other_numbers_or_names_are_unknown() {
        for parameters in all() {
            let record = parameters.record();
            let other = match parameters.engine() {
                EngineKind::Exact => EngineKind::Approximate,
                EngineKind::Approximate => EngineKind::Exact,
            };
            assert_eq!(Parameters::recorded(other, &record), None);
            let renamed = ParameterRecord { name: "other".into(), ..record.clone() };
            assert_eq!(Parameters::recorded(parameters.engine(), &renamed), None);
            let text = record.numbers.to_string();
            let (place, _) = text.match_indices("dimension\":").next().unwrap();
            let place = place + "dimension\":".len();
            let changed = format!("{}1{}", &text[..place], &text[place..]);
            let numbers = serde_json::from_str(&changed).unwrap();
            let changed = ParameterRecord { numbers, ..record };
            assert_eq!(Parameters::recorded(parameters.engine(), &changed), None);
        }
    }
}

//! What a sweep can change that is no part of a plan: how the simulator behaves.

use super::error::GridError;
use crate::Simulator;
use serde::Serialize;
use silenzio_core::plan::EngineKind;
use toml::Value;

/// How the simulator behaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Switches {
    /// The probability of a look-up of the exact engine to fail.
    pub faults: f64,
    /// Whether the approximate engine has its noise.
    pub noise: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { faults: 0.0, noise: true }
    }
}

impl Switches {
    /// What their fields begin with.
    pub const PREFIX: &str = "simulation.";
    const FAULTS: &str = "simulation.faults";
    const NOISE: &str = "simulation.noise";

    /// Sets a switch.
    ///
    /// # Errors
    /// If there is none of this name, or its value is impossible.
    pub fn set(&mut self, field: &str, value: &Value) -> Result<(), GridError> {
        let bad = |problem: &str| GridError::new(field, format!("{value}: {problem}"));
        match field {
            Self::FAULTS => {
                let number = value.as_float().or(value.as_integer().map(|number| number as f64));
                let probability = number.filter(|number| (0.0..=1.0).contains(number));
                self.faults = probability.ok_or_else(|| bad("has to be a probability, 0 to 1"))?;
            }
            Self::NOISE => self.noise = value.as_bool().ok_or_else(|| bad("has to be true or false"))?,
            _ => {
                let problem = format!("there is no such switch, only {} and {}", Self::FAULTS, Self::NOISE);
                return Err(GridError::new(field, problem));
            }
        }
        Ok(())
    }

    /// The simulator that behaves so.
    pub fn simulator(self) -> Simulator {
        Simulator { faults: self.faults, noise: self.noise, ..Simulator::default() }
    }

    /// Checks that an engine has what is switched.
    ///
    /// # Errors
    /// The switch that it has not.
    pub fn check(&self, kind: EngineKind) -> Result<(), GridError> {
        if kind == EngineKind::Approximate && self.faults > 0.0 {
            let problem = "above 0 it needs engine.kind = \"exact\": the approximate engine has no look-ups that are exact";
            return Err(GridError::new(Self::FAULTS, problem));
        }
        if kind == EngineKind::Exact && !self.noise {
            let problem =
                "false needs engine.kind = \"approximate\": the exact engine has no noise to switch off";
            return Err(GridError::new(Self::NOISE, problem));
        }
        Ok(())
    }
}

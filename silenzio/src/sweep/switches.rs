//! The settings of the simulator that a sweep can change, although they are not part of a plan.

use super::error::GridError;
use crate::Simulator;
use serde::Serialize;
use silenzio_core::plan::EngineKind;
use toml::Value;

/// The settings of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Switches {
    /// The probability with which a look-up of the exact engine fails.
    pub faults: f64,
    /// Whether the approximate engine has noise.
    pub noise: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { faults: 0.0, noise: true }
    }
}

impl Switches {
    /// The prefix of the names of their fields.
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
                self.faults = probability.ok_or_else(|| bad("must be a probability between 0 and 1"))?;
            }
            Self::NOISE => self.noise = value.as_bool().ok_or_else(|| bad("must be true or false"))?,
            _ => {
                let problem = format!("there is no such switch: use {} or {}", Self::FAULTS, Self::NOISE);
                return Err(GridError::new(field, problem));
            }
        }
        Ok(())
    }

    /// The simulator with these settings, whose faults and noise are drawn from this seed.
    pub fn simulator(self, seed: u64) -> Simulator {
        Simulator { faults: self.faults, noise: self.noise, ..Simulator::new(seed) }
    }

    /// Checks that an engine has all settings that differ from the default.
    ///
    /// # Errors
    /// The setting that the engine does not have.
    pub fn check(&self, engine: EngineKind) -> Result<(), GridError> {
        let field = if self.noise { Self::FAULTS } else { Self::NOISE };
        let checked = self.simulator(0).check(engine);
        checked.map_err(|problem| GridError::new(field, format!("{problem}: change engine.kind")))
    }
}

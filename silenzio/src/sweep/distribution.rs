//! The distributions from which a random sweep draws the values of a field.

use serde::Deserialize;
use silenzio_core::random::Stream;
use toml::Value;

/// A distribution of the values of one field.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Uniform between two numbers; between two integers, both are included.
    Uniform([Value; 2]),
    /// Uniform in the logarithm, between two positive numbers.
    LogUniform([Value; 2]),
    /// One of these values.
    Choices(Vec<Value>),
}

impl Distribution {
    /// The names of the distributions in a grid.
    pub const NAMES: [&str; 3] = ["uniform", "log_uniform", "choices"];

    /// Checks the distribution.
    ///
    /// # Errors
    /// What the distribution needs.
    pub fn validate(&self) -> Result<(), &'static str> {
        match self {
            Self::Uniform(ends) => match numbers(ends) {
                Some([low, high]) if low <= high => Ok(()),
                _ => Err("uniform needs two numbers, the smaller one first"),
            },
            Self::LogUniform(ends) => match numbers(ends) {
                Some([low, high]) if 0.0 < low && low <= high => Ok(()),
                _ => Err("log_uniform needs two positive numbers, the smaller one first"),
            },
            Self::Choices(choices) if choices.is_empty() => Err("`choices` must have at least one value"),
            Self::Choices(_) => Ok(()),
        }
    }

    /// Draws a value. Between two integers it is an integer.
    pub fn draw(&self, stream: &mut Stream) -> Value {
        match self {
            Self::Uniform([Value::Integer(low), Value::Integer(high)]) => {
                let width =
                    u32::try_from(high.abs_diff(*low)).map_or(u32::MAX, |width| width.saturating_add(1));
                Value::Integer(low + i64::from(stream.below(width)))
            }
            Self::Uniform(ends) => {
                let [low, high] = numbers(ends).unwrap_or_default();
                Value::Float(rounded(low + (high - low) * stream.unit()).clamp(low, high))
            }
            Self::LogUniform(ends) => {
                let [low, high] = numbers(ends).unwrap_or_default();
                let drawn = low * (high / low).powf(stream.unit());
                match ends {
                    [Value::Integer(_), Value::Integer(_)] => Value::Integer(drawn.round() as i64),
                    _ => Value::Float(rounded(drawn).clamp(low, high)),
                }
            }
            Self::Choices(choices) => choices[stream.below(choices.len() as u32) as usize].clone(),
        }
    }
}

/// Rounds to four significant digits, which people can read and copy.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

fn numbers(ends: &[Value; 2]) -> Option<[f64; 2]> {
    let [low, high] = ends.each_ref().map(number);
    Some([low?, high?])
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use silenzio_core::random::{Purpose, Seed};

    fn drawn(text: &str) -> Vec<Value> {
        let distribution: Distribution = toml::from_str(text).unwrap();
        distribution.validate().unwrap();
        let mut stream = Seed(1).stream(Purpose::Tests, 0, 0);
        (0..200).map(|_| distribution.draw(&mut stream)).collect()
    }

    #[test]
    fn values_lie_where_they_should() {
        let integers = drawn("uniform = [3, 5]");
        for expected in 3..=5 {
            assert!(integers.contains(&Value::Integer(expected)));
        }
        assert!(integers.iter().all(|value| (3..=5).contains(&value.as_integer().unwrap())));
        assert!(
            drawn("uniform = [0.5, 1]").iter().all(|value| (0.5..=1.0).contains(&value.as_float().unwrap()))
        );

        let logs: Vec<f64> =
            drawn("log_uniform = [0.01, 1.0]").iter().map(|value| value.as_float().unwrap()).collect();
        assert!(logs.iter().all(|value| (0.01..=1.0).contains(value)));
        let small = logs.iter().filter(|value| **value < 0.1).count();
        assert!((60..140).contains(&small), "{small} of 200 are in the lower half of the logarithms");

        let choices = drawn("choices = ['worst-case', { margin = 2.0 }]");
        assert!(choices.iter().any(Value::is_str) && choices.iter().any(Value::is_table));
    }

    #[test]
    fn impossible_ones_are_refused() {
        for text in [
            "uniform = [2, 1]",
            "uniform = ['a', 'b']",
            "log_uniform = [0.0, 1.0]",
            "uniform = [0, nan]",
            "choices = []",
        ] {
            assert!(toml::from_str::<Distribution>(text).unwrap().validate().is_err(), "{text}");
        }
        for text in ["uniform = [1]", "normal = [0, 1]", "uniform = [1, 2]\nchoices = [1]"] {
            assert!(toml::from_str::<Distribution>(text).is_err(), "{text}");
        }
    }
}

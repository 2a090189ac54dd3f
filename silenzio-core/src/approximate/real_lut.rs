//! Real functions on the torus, as a bootstrap evaluates them.

use crate::BackendError;

/// Up to 2^t functions of one input, sampled for one blind rotation.
///
/// A bootstrap with 2^t outputs rounds its input to multiples of 2^t / (2N). The functions are given on [-1/4, 1/4);
/// beyond it, a blind rotation continues every function by `f(x + 1/2) = -f(x)`.
#[derive(Clone, PartialEq, Debug)]
pub struct RealLut {
    name: &'static str,
    log_outputs: u32,
    /// One vector per function, with its values at the multiples of the step in [0, 1/2).
    samples: Vec<Vec<f64>>,
}

impl RealLut {
    /// Samples `functions`, whose values are torus elements, for polynomials of `polynomial_size` coefficients.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there are more functions than coefficients.
    pub fn new(polynomial_size: usize, functions: &[&dyn Fn(f64) -> f64]) -> Result<Self, BackendError> {
        let log_outputs = functions.len().max(1).next_power_of_two().ilog2();
        let count = polynomial_size >> log_outputs;
        if count == 0 {
            let functions = functions.len();
            return Err(BackendError::WrongShape(format!(
                "{functions} functions do not fit into polynomials of {polynomial_size} coefficients"
            )));
        }
        let sample = |function: &&dyn Fn(f64) -> f64| {
            let at = |i: usize| {
                let phase = i as f64 / (2 * count) as f64;
                if 2 * i < count { function(phase) } else { -function(phase - 0.5) }
            };
            (0..count).map(at).collect()
        };
        Ok(Self { name: "functions", log_outputs, samples: functions.iter().map(sample).collect() })
    }

    /// Names what the functions compute, in the plural, for those who observe the inputs of bootstraps.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// What the functions compute, in the plural.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Multiplies function `output` by a constant.
    pub fn scale(&mut self, output: usize, factor: f64) {
        for sample in self.samples.get_mut(output).into_iter().flatten() {
            *sample *= factor;
        }
    }

    /// The number of functions.
    pub fn outputs(&self) -> usize {
        self.samples.len()
    }

    /// log2 of the number of outputs that the blind rotation has room for.
    pub const fn log_outputs(&self) -> u32 {
        self.log_outputs
    }

    /// The number of steps to which the torus is rounded: 2N / 2^t.
    pub fn steps(&self) -> usize {
        2 * self.samples.first().map_or(0, Vec::len)
    }

    /// The values of function `output` at the multiples of the step in [0, 1/2).
    pub fn samples(&self, output: usize) -> &[f64] {
        self.samples.get(output).map_or(&[], Vec::as_slice)
    }

    /// The value of function `output` at `phase`, rounded to a multiple of the step.
    pub fn at(&self, output: usize, phase: f64) -> f64 {
        let (samples, steps) = (self.samples(output), self.steps());
        let half = samples.len();
        let step = (phase * steps as f64).round().rem_euclid(steps as f64) as usize;
        let (step, sign) = if step < half { (step, 1.0) } else { (step - half, -1.0) };
        samples.get(step).map_or(0.0, |sample| sign * sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn functions_are_those_given_around_zero_and_negacyclic_beyond() {
        let lut = RealLut::new(64, &[&|x| x, &|x| x * x + 0.1, &|_| 0.25]).unwrap();
        assert_eq!((lut.outputs(), lut.log_outputs(), lut.steps()), (3, 2, 32));
        for step in -8..8 {
            let x = f64::from(step) / 32.0;
            assert_eq!(lut.at(0, x), x);
            assert_eq!(lut.at(1, x + 0.01), x * x + 0.1);
            assert_eq!(lut.at(2, x + 0.5), -0.25);
            assert_eq!(lut.at(0, x + 3.0), x);
        }
    }

    #[test]
    fn more_functions_than_coefficients_are_refused() {
        let zero = |_: f64| 0.0;
        assert_eq!(RealLut::new(4, &[&zero as &dyn Fn(f64) -> f64; 3]).unwrap().steps(), 2);
        assert!(RealLut::new(4, &[&zero as &dyn Fn(f64) -> f64; 5]).is_err());
        assert!(RealLut::new(0, &[&zero]).is_err());
    }

    proptest! {
        /// Scaling the samples of a function gives the samples of the scaled function; other functions stay as they
        /// are.
        #[test]
        fn a_scaled_function_is_its_multiple_at_all_phases(
            (outputs, scaled) in (1usize..6).prop_flat_map(|outputs| (Just(outputs), 0..outputs)),
            factor in -4.0..4.0,
            phase in -3.0..3.0,
        ) {
            let function = |output: usize| move |x: f64| (output as f64 + 0.3) * x + 0.01;
            let functions: Vec<_> = (0..outputs).map(function).collect();
            let functions: Vec<&dyn Fn(f64) -> f64> = functions.iter().map(|f| f as _).collect();
            let plain = RealLut::new(64, &functions).unwrap();
            let mut lut = plain.clone();
            lut.scale(scaled, factor);
            for output in 0..outputs {
                let expected = plain.at(output, phase) * if output == scaled { factor } else { 1.0 };
                prop_assert_eq!(lut.at(output, phase), expected);
            }
            lut.scale(outputs, 0.0);
            prop_assert_eq!(lut.at(scaled, phase), plain.at(scaled, phase) * factor);
        }
    }
}

//! Real functions of the torus, as a bootstrap evaluates them.

/// Up to 2^t functions of one input, sampled for one blind rotation.
///
/// A bootstrap with 2^t outputs rounds its input to multiples of 2^t / (2N). The functions are given on the
/// quarters around zero, [-1/4, 1/4); beyond, a blind rotation continues any function by `f(x + 1/2) = -f(x)`.
#[derive(Clone, PartialEq, Debug)]
pub struct RealLut {
    log_outputs: u32,
    /// One vector per function, with its values at the multiples of the step in [0, 1/2).
    samples: Vec<Vec<f64>>,
}

impl RealLut {
    /// Samples `functions` for polynomials of `polynomial_size` coefficients. Values are torus elements.
    pub fn new(polynomial_size: usize, functions: &[&dyn Fn(f64) -> f64]) -> Self {
        let log_outputs = functions.len().max(1).next_power_of_two().ilog2();
        let count = polynomial_size >> log_outputs;
        let sample = |function: &&dyn Fn(f64) -> f64| {
            let at = |i: usize| {
                let phase = i as f64 / (2 * count) as f64;
                if 2 * i < count { function(phase) } else { -function(phase - 0.5) }
            };
            (0..count).map(at).collect()
        };
        Self { log_outputs, samples: functions.iter().map(sample).collect() }
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
        if steps == 0 {
            return 0.0;
        }
        let step = (phase * steps as f64).round().rem_euclid(steps as f64) as usize;
        if step < samples.len() { samples[step] } else { -samples[step - samples.len()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_given_around_zero_and_negacyclic_beyond() {
        let lut = RealLut::new(64, &[&|x| x, &|x| x * x + 0.1, &|_| 0.25]);
        assert_eq!((lut.outputs(), lut.log_outputs(), lut.steps()), (3, 2, 32));
        for step in -8..8 {
            let x = f64::from(step) / 32.0;
            assert_eq!(lut.at(0, x), x);
            assert_eq!(lut.at(1, x + 0.01), x * x + 0.1);
            assert_eq!(lut.at(2, x + 0.5), -0.25);
            assert_eq!(lut.at(0, x + 3.0), x);
        }
    }
}

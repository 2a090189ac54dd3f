//! Noise: how much each operation adds to a value, and how much a look-up tolerates.
//!
//! Noise is an error of mean zero on the phase of a ciphertext, close to normal, and measured by its variance
//! relative to the torus (1 = 2^64). The noises of different values are taken as independent, so variances
//! add; a value that is added to itself is [multiplied](silenzio_core::Backend::mul_assign) instead. Formulas
//! follow Chillotti et al. (TFHE, ePrint 2018/421) and Bergerat et al. (ePrint 2022/704), for binary keys.

use crate::parameters::{Decomposition, ParameterSet, VALUE_DIMENSION};
use crate::security::minimal_noise;
use crate::shrink;
use silenzio_core::noise;
use silenzio_core::{BackendError, Modulus};

pub use silenzio_core::noise::NoiseVariance;

/// The number of standard deviations that a normal variable exceeds, on either side, with a probability of 2^-40.
const TAIL: f64 = 7.1436;

/// The noise of a freshly encrypted value.
pub fn fresh() -> NoiseVariance {
    NoiseVariance::from_standard_deviation(minimal_noise(VALUE_DIMENSION).0)
}

/// The noise that the keyswitch from a value to the small key adds.
///
/// It is D l s² (B²/12 + 1/6) for the noise s of the key times digits in [-B/2, B/2], plus D/24 B^-2l for what the
/// digits round away, on the half of the D = [`VALUE_DIMENSION`] key bits that are one.
pub fn keyswitch(set: &ParameterSet) -> NoiseVariance {
    switch(VALUE_DIMENSION, set.keyswitch, set.lwe_noise().0)
}

/// The noise that the switch from modulus 2^32 to 2N adds, with the mask's mean error subtracted.
///
/// Each of the n mask elements is rounded to a multiple of 1/(2N), an error of variance 1/12 in that unit, which
/// counts by s_i - 1/(ℓ+1) for a key bit s_i of a block of ℓ; the body's own rounding counts in full:
/// (n ℓ / (12 (ℓ+1)²) + 1/12) / (2N)².
pub fn modulus_switch(set: &ParameterSet) -> NoiseVariance {
    set.rotation().modulus_switch_noise(0)
}

/// The noise of the result of a look-up, whatever the noise of its input.
///
/// It is the noise of the blind rotation ([`rotation`](crate::rotation)) plus that of [`shrink`].
pub fn bootstrap_output(set: &ParameterSet) -> NoiseVariance {
    set.rotation().noise() + shrink(set)
}

/// The noise that shrinking a bootstrap's output to [`VALUE_DIMENSION`] adds: none if it has that dimension already.
pub fn shrink(set: &ParameterSet) -> NoiseVariance {
    let switched = set.output_dimension() - VALUE_DIMENSION;
    switch(switched, shrink::DECOMPOSITION, minimal_noise(VALUE_DIMENSION).0)
}

/// The largest noise of an input of modulus `m` such that its look-up with `set` fails with a probability of at most
/// 2^-40; negative if `set` cannot look up `m` at all.
pub fn budget(set: &ParameterSet, m: Modulus) -> NoiseVariance {
    let limit = NoiseVariance::from_standard_deviation(half_width(m) / TAIL);
    NoiseVariance(limit.0 - keyswitch(set).0 - modulus_switch(set).0)
}

/// The fraction of a look-up's noise budget that a sum may fill: the rest is for what is added to it later.
pub(crate) const SUM_FILLS: f64 = 0.5;

/// The number of look-up results, by keys for any of these classes, that [`sum`](silenzio_core::Backend::sum) adds up
/// modulo `m` without a refresh. Classes must be given narrowest first.
///
/// # Errors
/// [`BackendError::MissingKey`] if there is no class for `m`.
pub fn sum_capacity<'a>(
    classes: impl IntoIterator<Item = &'a ParameterSet>,
    m: Modulus,
) -> Result<usize, BackendError> {
    // A sum adds variances one by one, which rounds.
    const ROUNDED: f64 = 1.0 - 1e-9;
    let (mut limit, mut noisiest) = (None, 0.0);
    for set in classes {
        if limit.is_none() && set.holds(m) {
            limit = Some(budget(set, m).0 * SUM_FILLS);
        }
        noisiest = f64::max(noisiest, bootstrap_output(set).0);
    }
    let limit = limit.ok_or(BackendError::MissingKey(m))?;
    Ok((limit / noisiest * ROUNDED) as usize)
}

/// The probability that a look-up on an input of modulus `m` and variance `input` returns a wrong entry.
pub fn failure_probability(set: &ParameterSet, m: Modulus, input: NoiseVariance) -> f64 {
    let noise = input + keyswitch(set) + modulus_switch(set);
    libm::erfc(half_width(m) / noise.standard_deviation() / std::f64::consts::SQRT_2)
}

/// The noise beyond which a look-up is wrong: half the distance between an encoding and the nearest antipode of one.
fn half_width(m: Modulus) -> f64 {
    1.0 / (4.0 * f64::from(m.get()))
}

fn switch(dimension: usize, decomposition: Decomposition, std: f64) -> NoiseVariance {
    noise::key_switch(dimension, decomposition.shape(), std)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::all;
    use crate::phases::Stopwatch;
    use crate::rotation::RotationParameters;
    use crate::torus::Torus;
    use crate::{Ciphertext, ClientKey, KeyPlan, ServerKey};
    use silenzio_core::plan::SmallKeys;
    use silenzio_core::{Backend, BackendError, Client, Lut};

    #[test]
    fn the_tail_has_a_probability_of_2_to_the_minus_40() {
        let tail = libm::erfc(TAIL / std::f64::consts::SQRT_2);
        assert!((0.999..=1.0).contains(&(tail * 2f64.powi(40))));
    }

    #[test]
    fn a_full_budget_fails_with_a_probability_of_2_to_the_minus_40() {
        for set in all() {
            let widest = Modulus::new(set.widest.into()).unwrap();
            let budget = budget(set, widest);
            assert!(failure_probability(set, widest, budget) <= 2f64.powi(-40));
            assert!(failure_probability(set, widest, budget * 1.2) > 2f64.powi(-40));
        }
    }

    #[test]
    fn measured_noise_is_within_the_model() -> Result<(), BackendError> {
        measure(&[15, 31], 300)
    }

    #[test]
    #[ignore = "wide keys take minutes and gigabytes"]
    fn measured_noise_of_wide_classes_is_within_the_model() -> Result<(), BackendError> {
        measure(&[63, 127, 255], 40)
    }

    #[test]
    fn measured_noise_before_the_bootstrap_is_within_the_model() -> Result<(), BackendError> {
        let moduli = [15, 31].map(|m| Modulus::new(m).unwrap());
        let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, moduli));
        let server = ServerKey::new(&client)?;
        for (m, (set, small_key)) in moduli.into_iter().zip(client.classes()) {
            let inputs = server.expand(&client.encrypt(m, &[0; 400])?)?;
            let (key, rotation) = (&server.class(m)?.keyswitch, set.rotation());
            let exponents =
                key.exponents(&Stopwatch::default(), &rotation, 0, &inputs, |x| (x.mask(), x.body()))?;
            let errors: Vec<f64> =
                exponents.iter().map(|exponents| switched_phase(&rotation, exponents, small_key)).collect();
            let measured = (errors.iter().map(|error| error * error).sum::<f64>() / 400.0).sqrt();
            let mean = errors.iter().sum::<f64>() / 400.0;
            let model = (keyswitch(set) + modulus_switch(set)).standard_deviation();
            println!("{m} switched: measured 2^{:.2}, model 2^{:.2}", measured.log2(), model.log2());
            assert!(measured <= model * 1.2 && model <= 2.5 * measured);
            assert!(mean.abs() < model / 4.0, "the mean error should be centred");
        }
        Ok(())
    }

    /// The phase of a small ciphertext in multiples of 1/(2N).
    fn switched_phase(rotation: &RotationParameters, exponents: &[u32], key: &[u32]) -> f64 {
        let (&body, mask) = exponents.split_last().unwrap();
        let products = mask.iter().zip(key).map(|(&a, &s)| i64::from(a * s));
        let steps = rotation.steps() as i64;
        let phase = (i64::from(body) - products.sum::<i64>()).rem_euclid(steps);
        let centred = if 2 * phase < steps { phase } else { phase - steps };
        centred as f64 / steps as f64
    }

    /// Checks that the noise of fresh values and of look-ups is at most that of the model, and at least 2/5 of it.
    fn measure(moduli: &[u32], count: usize) -> Result<(), BackendError> {
        let moduli: Vec<_> = moduli.iter().map(|&m| Modulus::new(m).unwrap()).collect();
        let client = ClientKey::generate(&KeyPlan::for_moduli(SmallKeys::Blocks, moduli.iter().copied()));
        let server = ServerKey::new(&client)?;
        for &m in &moduli {
            let xs: Vec<i64> = (0..count as i64).map(|x| m.centre(x)).collect();
            let inputs = server.expand(&client.encrypt(m, &xs)?)?;
            let outputs = server.lut(&inputs, &Lut::embed(m, m))?;
            for (name, values) in [("fresh", inputs), ("look-up", outputs)] {
                let (measured, model) = (measured_std(&client, &values, &xs)?, values[0].variance());
                println!("{m} {name}: measured 2^{:.2}, model 2^{:.2}", measured.log2(), model.log2_std());
                // The estimate of a standard deviation from `count` samples has itself a standard deviation of 1/sqrt(2 count). Six times
                // that is allowed.
                let slack = 1.0 + 6.0 / (2.0 * count as f64).sqrt();
                assert!(measured <= model.standard_deviation() * slack, "{name} modulo {m}");
                assert!(model.standard_deviation() <= 2.5 * measured * slack, "{name} modulo {m}");
            }
        }
        Ok(())
    }

    fn measured_std(client: &ClientKey, values: &[Ciphertext], xs: &[i64]) -> Result<f64, BackendError> {
        let mut squares = 0.0;
        for (value, &x) in values.iter().zip(xs) {
            squares += client.phase(value)?.distance(Torus::encode(value.modulus(), x)).powi(2);
        }
        Ok((squares / values.len() as f64).sqrt())
    }
}

//! Look-ups: tables on encrypted values.

use crate::ciphertext::Ciphertext;
use crate::keys::{ClassKey, ServerKey};
use crate::noise;
use crate::phases::Stopwatches;
use crate::rotation::RotationJob;
use crate::test_polynomial::TestPolynomial;
use silenzio_core::{BackendError, Lut, Modulus};

/// Looks up every value of `inputs` in every table of `luts`: one vector of outputs per table.
///
/// It takes one keyswitch per input, then one bootstrap per input and table. Besides inputs and outputs, it needs memory
/// for the keyswitched inputs (a fifth of the inputs' size) and a test polynomial per table.
pub(crate) fn look_up(
    server: &ServerKey,
    inputs: &[Ciphertext],
    luts: &[&Lut],
) -> Result<Vec<Vec<Ciphertext>>, BackendError> {
    let (Some(first), false) = (luts.first(), inputs.is_empty()) else {
        return Ok(vec![Vec::new(); luts.len()]);
    };
    let m = first.input();
    check(server, m, inputs, luts)?;

    let key = server.class(m)?;
    let exponents = key.keyswitch.exponents(
        &server.stopwatches.keyswitch,
        key.rotation.parameters(),
        0,
        inputs,
        |input| (input.mask(), input.body()),
    )?;
    let tables: Vec<_> =
        luts.iter().map(|lut| TestPolynomial::new(lut, key.parameters.polynomial_size)).collect();
    server.counters.count(m, inputs.len(), luts.len());

    let variance = noise::bootstrap_output(key.parameters);
    let mut outputs = bootstraps(server, key, &exponents, &tables)?;
    let mut results = Vec::with_capacity(luts.len());
    for lut in luts.iter().rev() {
        let lwes = outputs.split_off(outputs.len() - inputs.len());
        results.push(lwes.into_iter().map(|lwe| Ciphertext::from_lwe(lut.output(), variance, lwe)).collect());
    }
    results.reverse();
    Ok(results)
}

/// Checks moduli, noise and shapes of a look-up on modulus `m`.
fn check(server: &ServerKey, m: Modulus, inputs: &[Ciphertext], luts: &[&Lut]) -> Result<(), BackendError> {
    let mismatch = |left| BackendError::ModulusMismatch { left, right: m };
    if let Some(other) = luts.iter().find(|lut| lut.input() != m) {
        return Err(mismatch(other.input()));
    }
    let budget = server.noise_budget(m)?;
    for input in inputs {
        if input.modulus() != m {
            return Err(mismatch(input.modulus()));
        }
        input.check_shape()?;
        if input.variance() > budget {
            return Err(BackendError::NoiseExceeded {
                modulus: m,
                log2_std: input.variance().log2_std(),
                log2_limit: budget.log2_std(),
            });
        }
    }
    Ok(())
}

/// Bootstraps all inputs with the first table, then with the next one, and so on.
fn bootstraps(
    server: &ServerKey,
    key: &ClassKey,
    inputs: &[Vec<u32>],
    tables: &[TestPolynomial],
) -> Result<Vec<Vec<u64>>, BackendError> {
    let jobs: Vec<_> = tables
        .iter()
        .map(TestPolynomial::coefficients)
        .flat_map(|table| inputs.iter().map(move |exponents| RotationJob { exponents, table }))
        .collect();
    let Stopwatches { rotation, shrinking, .. } = &server.stopwatches;
    let outputs = key.rotation.rotate_and(rotation, &jobs, |accumulator| {
        let output = accumulator.extract(0)?;
        Ok(shrinking.time(|| server.shrink(output)))
    })?;
    outputs.into_iter().collect()
}

/// The number of `count` equal tasks that one core gets, so that no core idles while another has a fuller batch.
pub(crate) fn share_of_a_core(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads())
}

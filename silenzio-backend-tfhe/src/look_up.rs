//! Look-ups: tables on encrypted values.

use crate::bootstrap::{Job, MAX_BATCH, bootstrap_batch};
use crate::ciphertext::Ciphertext;
use crate::keys::ServerKey;
use crate::keyswitch::{MAX_BLOCK, SmallCiphertext, keyswitch};
use crate::noise;
use crate::test_polynomial::TestPolynomial;
use rayon::prelude::*;
use silenzio_core::{BackendError, Lut, Modulus};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, LweCiphertext, LweSize, MonomialDegree, extract_lwe_sample_from_glwe_ciphertext,
};

/// Every table of `luts` at every value of `inputs`, one vector of outputs per table.
///
/// One keyswitch per input, then one bootstrap per input and table. Beside inputs and outputs, it holds the
/// keyswitched inputs (a fifth of the inputs' size) and a test polynomial per table.
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
    let block = share_of_a_core(inputs.len()).min(MAX_BLOCK);
    let small: Vec<_> = inputs.par_chunks(block).flat_map_iter(|block| keyswitch(key, block)).collect();
    let tables: Vec<_> =
        luts.iter().map(|lut| TestPolynomial::new(lut, key.parameters.polynomial_size)).collect();
    server.counters.count(m, inputs.len(), luts.len());

    let variance = noise::bootstrap_output(key.parameters);
    let mut outputs: Vec<Vec<u64>> = bootstraps(server, m, &small, &tables)?;
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

/// The bootstraps of all inputs with the first table, then with the next one, and so on, in batches.
fn bootstraps(
    server: &ServerKey,
    m: Modulus,
    inputs: &[SmallCiphertext],
    tables: &[TestPolynomial],
) -> Result<Vec<Vec<u64>>, BackendError> {
    let key = server.class(m)?;
    let jobs: Vec<_> = tables
        .iter()
        .map(TestPolynomial::coefficients)
        .flat_map(|table| inputs.iter().map(move |input| Job { input, table }))
        .collect();
    let batch = share_of_a_core(jobs.len()).min(MAX_BATCH);
    let size = LweSize(key.parameters.output_dimension() + 1);
    Ok(jobs
        .par_chunks(batch)
        .flat_map_iter(|jobs| {
            bootstrap_batch(&key.bootstrap, &key.fft, jobs, |glwe| {
                let mut lwe = LweCiphertext::new(0, size, CiphertextModulus::new_native());
                extract_lwe_sample_from_glwe_ciphertext(glwe, &mut lwe, MonomialDegree(0));
                server.shrink(lwe.into_container())
            })
        })
        .collect())
}

/// How many of `count` equal tasks one core gets: no core idles for the sake of a fuller batch on another.
pub(crate) fn share_of_a_core(count: usize) -> usize {
    count.div_ceil(rayon::current_num_threads())
}

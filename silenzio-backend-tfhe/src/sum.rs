//! Sums of any length.

use crate::ciphertext::Ciphertext;
use crate::keys::ServerKey;
use crate::look_up::look_up;
use crate::noise::{NoiseVariance, SUM_FILLS};
use rayon::prelude::*;
use silenzio_core::{BackendError, Lut, Modulus};

/// Adds up `values` of modulus `m`.
///
/// Values are added in runs whose noise fills at most half of the budget. If there is more than one run, the partial sums
/// are refreshed by an identity table, all at once, and added in the same way.
pub(crate) fn sum(server: &ServerKey, m: Modulus, values: &[Ciphertext]) -> Result<Ciphertext, BackendError> {
    if let Some(other) = values.iter().find(|value| value.modulus() != m) {
        return Err(BackendError::ModulusMismatch { left: other.modulus(), right: m });
    }
    let limit = server.noise_budget(m)? * SUM_FILLS;
    let mut sums = partial_sums(m, values, limit)?;
    let identity = Lut::embed(m, m);
    while sums.len() > 1 || sums.iter().any(|sum| sum.variance() > limit) {
        let refreshed = look_up(server, &sums, &[&identity])?.pop().unwrap_or_default();
        sums = partial_sums(m, &refreshed, limit)?;
    }
    Ok(sums.pop().unwrap_or_else(|| Ciphertext::trivial(m, 0)))
}

fn partial_sums(
    m: Modulus,
    values: &[Ciphertext],
    limit: NoiseVariance,
) -> Result<Vec<Ciphertext>, BackendError> {
    runs(values, limit).into_par_iter().map(|run| add_up(m, run)).collect()
}

/// Splits `values` into runs whose variances add up to at most `limit`; a value above it is a run by itself.
fn runs(mut values: &[Ciphertext], limit: NoiseVariance) -> Vec<&[Ciphertext]> {
    let mut runs = Vec::new();
    while !values.is_empty() {
        let mut total = NoiseVariance::ZERO;
        let fitting = values.iter().take_while(|value| {
            total += value.variance();
            total <= limit
        });
        let (run, rest) = values.split_at(fitting.count().max(1));
        runs.push(run);
        values = rest;
    }
    runs
}

fn add_up(m: Modulus, values: &[Ciphertext]) -> Result<Ciphertext, BackendError> {
    let mut sum = Ciphertext::trivial(m, 0);
    for value in values {
        sum.add_assign(value)?;
    }
    Ok(sum)
}

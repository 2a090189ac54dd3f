//! Sums of any length.

use crate::ciphertext::Ciphertext;
use crate::keys::ServerKey;
use crate::look_up::look_up;
use crate::noise::{self, NoiseVariance};
use rayon::prelude::*;
use silenzio_core::{BackendError, Lut, Modulus};

/// How much of a look-up's noise budget a sum may fill: the rest is for what the caller adds to it.
const FILLED: f64 = 0.5;

/// What is left of a capacity for the rounding of variances that are added up one by one.
const ROUNDED: f64 = 1.0 - 1e-9;

/// The sum of `values`, of modulus `m`.
///
/// Values are added in runs whose noise fills at most half of the budget; where there is more than one run, the
/// partial sums are refreshed by an identity table, all at once, and added in the same way.
pub(crate) fn sum(server: &ServerKey, m: Modulus, values: &[Ciphertext]) -> Result<Ciphertext, BackendError> {
    if let Some(other) = values.iter().find(|value| value.modulus() != m) {
        return Err(BackendError::ModulusMismatch { left: other.modulus(), right: m });
    }
    let limit = server.noise_budget(m)? * FILLED;
    let mut sums = partial_sums(m, values, limit)?;
    let identity = Lut::embed(m, m);
    while sums.len() > 1 || sums.iter().any(|sum| sum.variance() > limit) {
        let refreshed = look_up(server, &sums, &[&identity])?.pop().unwrap_or_default();
        sums = partial_sums(m, &refreshed, limit)?;
    }
    Ok(sums.pop().unwrap_or_else(|| Ciphertext::trivial(m, 0)))
}

/// How many results of look-ups, by any key of the server, [`sum`] adds up without a refresh.
pub(crate) fn capacity(server: &ServerKey, m: Modulus) -> Result<usize, BackendError> {
    let limit = server.noise_budget(m)? * FILLED;
    let noisiest = server.parameter_sets().map(|set| noise::bootstrap_output(set).0).fold(0.0, f64::max);
    Ok((limit.0 / noisiest * ROUNDED) as usize)
}

fn partial_sums(
    m: Modulus,
    values: &[Ciphertext],
    limit: NoiseVariance,
) -> Result<Vec<Ciphertext>, BackendError> {
    runs(values, limit).into_par_iter().map(|run| add_up(m, run)).collect()
}

/// Splits `values` in runs whose variances add up to at most `limit`; a value above it is a run of its own.
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

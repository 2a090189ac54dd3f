//! Look-ups of real functions with stochastic rounding, by tables for several dithers.

use rayon::prelude::*;
use silenzio_core::random::Stream;
use silenzio_core::{Backend, BackendError, Lut};

/// The number of different dithers of a look-up.
pub const PHASES: u32 = 16;

/// Looks up each input in the tables for a dither in `(0, 1)` that public randomness picks for it, or for 1/2
/// where there is none. One output vector per table.
///
/// # Errors
/// As the backend's look-ups.
pub fn dithered_luts<B: Backend>(
    backend: &B,
    inputs: &[B::Value],
    tables: impl Fn(f64) -> Vec<Lut> + Sync,
    dither: Option<&mut Stream>,
) -> Result<Vec<Vec<B::Value>>, BackendError> {
    let Some(stream) = dither else {
        return backend.luts(inputs, &tables(0.5).iter().collect::<Vec<_>>());
    };
    let phases: Vec<usize> = inputs.iter().map(|_| stream.below(PHASES) as usize).collect();
    let mut by_phase = vec![Vec::new(); PHASES as usize];
    for (input, &phase) in inputs.iter().zip(&phases) {
        by_phase[phase].push(input.clone());
    }
    let looked_up = by_phase
        .par_iter()
        .enumerate()
        .map(|(phase, inputs)| {
            let tables = tables((phase as f64 + 0.5) / f64::from(PHASES));
            backend.luts(inputs, &tables.iter().collect::<Vec<_>>())
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut looked_up: Vec<Vec<_>> =
        looked_up.into_iter().map(|tables| tables.into_iter().map(Vec::into_iter).collect()).collect();
    let count = looked_up.first().map_or(0, Vec::len);
    Ok((0..count)
        .map(|table| phases.iter().filter_map(|&phase| looked_up[phase][table].next()).collect())
        .collect())
}

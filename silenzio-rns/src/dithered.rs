//! Look-ups of real functions with stochastic rounding, by one table for each of several dithers.

use rayon::prelude::*;
use silenzio_core::random::Stream;
use silenzio_core::{Backend, BackendError, Lut, Value};

/// The number of different dithers of a look-up. The number of a dither is its phase.
pub const PHASES: u32 = 16;

/// The public randomness of the look-ups of a share of a batch, in columns with one row per sample. The rows of other
/// shares are skipped, so that every sample gets the same dither in any share.
pub struct ColumnDither {
    stream: Stream,
    before: usize,
    after: usize,
}

impl ColumnDither {
    /// The dither of a share with `before` samples of its batch before it, and `after` samples after it.
    pub const fn new(stream: Stream, before: usize, after: usize) -> Self {
        Self { stream, before, after }
    }

    /// The phases of `count` values, in whole columns of `rows` samples.
    fn phases(&mut self, count: usize, rows: usize) -> Vec<usize> {
        let mut phases = Vec::with_capacity(count);
        for _ in 0..count / rows.max(1) {
            self.stream.skip(self.before);
            phases.extend(draw_phases(&mut self.stream, rows));
            self.stream.skip(self.after);
        }
        phases
    }
}

/// A random phase for each of `count` inputs.
pub fn draw_phases(stream: &mut Stream, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(|_| stream.below(PHASES) as usize)
}

/// [`dithered_luts`] on columns of `rows` samples.
///
/// # Errors
/// If a look-up fails.
pub fn dithered_columns<B: Backend>(
    backend: &B,
    columns: &[Value<B::Types>],
    rows: usize,
    tables: impl Fn(f64) -> Vec<Lut> + Sync,
    dither: Option<&mut ColumnDither>,
) -> Result<Vec<Vec<Value<B::Types>>>, BackendError> {
    dithered_luts(backend, columns, tables, dither.map(|dither| dither.phases(columns.len(), rows)))
}

/// Looks up each input in the tables for the dither of its phase, in `(0, 1)`, or in those for 1/2 if there are no
/// phases. There is one output vector per table.
///
/// # Errors
/// If a look-up fails.
pub fn dithered_luts<B: Backend>(
    backend: &B,
    inputs: &[Value<B::Types>],
    tables: impl Fn(f64) -> Vec<Lut> + Sync,
    phases: Option<Vec<usize>>,
) -> Result<Vec<Vec<Value<B::Types>>>, BackendError> {
    let Some(phases) = phases else {
        return backend.luts(inputs, &tables(0.5).iter().collect::<Vec<_>>());
    };
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

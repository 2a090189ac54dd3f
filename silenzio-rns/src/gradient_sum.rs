//! Gradients whose bytes do not depend on the division of a batch into shares.
//!
//! Each sample adds three results of look-ups to an element of a gradient. Ciphertexts can be added exactly, in any
//! order. But where the noise of a sum would exceed the budget of a look-up, partial sums must be refreshed, and a
//! refreshed sum has different bytes. So the partial sums that are refreshed must not depend on the share, but only on
//! public numbers: the number of samples of the whole batch, and the [capacity of a sum](Backend::sum_capacity). If the
//! batch fits, nothing is refreshed. If not, the sum over every unit of consecutive samples is refreshed, by one
//! look-up per element, and shares consist of whole units.

use crate::engine::ExactEngine;
use crate::gadget::from_elements;
use crate::network::ExactNetwork;
use crate::residues::Residues;
use ndarray::{Array2, Axis};
use rayon::prelude::*;
use silenzio_core::plan::Gadget;
use silenzio_core::{Backend, BackendError, Engine, EngineError, Lut, Modulus, StepContext, Value};
use std::ops::Range;

/// The number of look-up results that a sample adds to an element: the square of a sum, and the squares of its two
/// terms.
const TERMS: usize = 3;

/// The least number of samples between refreshes, which take one additional look-up for four multiplications.
const LEAST_UNIT: usize = 4;

/// The least number of additions of residues for which a thread is worth its cost.
const SUMS_AT_ONCE: usize = 64;

impl ExactNetwork {
    /// The number of samples that [`Engine::share_unit`] keeps together, for keys with this
    /// [capacity](Backend::sum_capacity) of sums.
    ///
    /// # Errors
    /// The errors of `sum_capacity`.
    pub fn share_unit(
        &self,
        batch: usize,
        sum_capacity: impl Fn(Modulus) -> Result<usize, BackendError>,
    ) -> Result<usize, EngineError> {
        let mut unit = 1;
        for layer in self.layers() {
            let product = &layer.gradient;
            unit = unit.max(match product.gadget {
                // This gadget reduces its sums by look-ups, so a batch cannot be divided.
                Gadget::Karatsuba => batch,
                Gadget::Squares => {
                    let mut capacities = product.moduli().iter().map(|&m| sum_capacity(m));
                    match capacities.try_fold(usize::MAX, |least, next| next.map(|next| least.min(next)))? {
                        capacity if batch.saturating_mul(TERMS) <= capacity => 1,
                        // The sum of the refreshed sums has to fit, too.
                        capacity => batch.div_ceil(capacity.max(1)).max(LEAST_UNIT),
                    }
                }
            });
        }
        Ok(unit)
    }
}

/// Transposed activations times deltas, summed over a share of a batch.
pub(crate) fn over_share<B: Backend>(
    engine: &ExactEngine<'_, B>,
    at: StepContext,
    activations: &Residues<Value<B::Types>>,
    deltas: &Residues<Value<B::Types>>,
) -> Result<Residues<Value<B::Types>>, EngineError> {
    let (backend, network) = (engine.backend(), engine.network());
    let layer = network.layer(at.layer)?;
    let product = &layer.gradient;
    let (samples, _) = deltas.dim();
    let unit = engine.share_unit(at.batch)?;
    let end = at.first + samples;
    if samples > 0 && !(at.first.is_multiple_of(unit) && (end.is_multiple_of(unit) || end == at.batch)) {
        return Err(EngineError::Shape {
            what: "share of a batch",
            expected: format!("whole units of {unit} of {} samples", at.batch),
            found: format!("{:?}", at.first..end),
        });
    }
    let of_samples = |samples: Range<usize>| {
        product.multiply(
            backend,
            |m| {
                let mut rows = activations.modulo(m)?;
                rows.slice_axis_inplace(Axis(0), samples.clone().into());
                Ok(rows.reversed_axes())
            },
            |m| {
                let mut rows = deltas.modulo(m)?;
                rows.slice_axis_inplace(Axis(0), samples.clone().into());
                Ok(rows)
            },
        )
    };
    if samples > 0 && (unit == 1 || unit >= at.batch) {
        return of_samples(0..samples);
    }
    let zeros = |&m| (m, Array2::from_elem(layer.weight_shape(), backend.trivial(m, 0)));
    let mut sum = Residues::new(product.moduli().iter().map(zeros).collect());
    for first in (0..samples).step_by(unit) {
        let of_unit = of_samples(first..samples.min(first + unit))?;
        add(backend, &mut sum, &refreshed(backend, of_unit)?)?;
    }
    Ok(sum)
}

/// The same residues with the noise of a fresh look-up.
fn refreshed<B: Backend>(
    backend: &B,
    sums: Residues<Value<B::Types>>,
) -> Result<Residues<Value<B::Types>>, BackendError> {
    let refresh = |(m, matrix): (_, Array2<Value<B::Types>>)| {
        let shape = matrix.dim();
        let values: Vec<_> = matrix.into_iter().collect();
        Ok((m, from_elements(shape, backend.lut(&values, &Lut::embed(m, m))?)?))
    };
    Ok(Residues::new(sums.into_matrices().into_iter().map(refresh).collect::<Result<_, BackendError>>()?))
}

/// `sum += other`, without refreshes.
pub(crate) fn add<B: Backend>(
    backend: &B,
    sum: &mut Residues<Value<B::Types>>,
    other: &Residues<Value<B::Types>>,
) -> Result<(), EngineError> {
    for (m, sum) in sum.matrices_mut() {
        let other = other.modulo(m)?;
        let pairs: Vec<_> = sum.iter_mut().zip(other).collect();
        pairs
            .into_par_iter()
            .with_min_len(SUMS_AT_ONCE)
            .try_for_each(|(sum, other)| backend.add_assign(sum, other))?;
    }
    Ok(())
}

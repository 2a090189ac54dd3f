//! Blind rotations in batches.

use super::accumulator::Accumulator;
use super::key::RotationKey;
use super::monomials::Monomials;
use super::products::Products;
use crate::look_up::share_of_a_core;
use crate::phases::Stopwatch;
use crate::ring::accumulate::{Accumulate, Fractions};
use crate::ring::digits::{Decompose, Fields};
use crate::ring::lanes::{Lanes, of_lanes, row_vectors};
use crate::ring::transform::ForwardInQuarters;
use aligned_vec::AVec;
use rayon::prelude::*;
use silenzio_core::BackendError;
use std::cell::RefCell;

/// A test polynomial, and the encrypted phase by which to rotate it.
#[derive(Clone, Copy, Debug)]
pub struct RotationJob<'a> {
    /// The small LWE ciphertext in multiples of 1/(2N): n mask elements, then the body. See
    /// [`RotationParameters::exponents`](super::RotationParameters::exponents).
    pub exponents: &'a [u32],
    /// The N coefficients of the test polynomial.
    pub table: &'a [u64],
}

impl RotationKey {
    /// Rotates test polynomials by the phases of their inputs, to GLWE encryptions of `table X^-φ` for the phase φ/(2N).
    ///
    /// Batches of as many jobs as the processor has lanes pass through the key together, on all threads of the current
    /// Rayon pool; batches are smaller if a thread would have no work otherwise. The result depends neither on the batches
    /// nor on the instruction set.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if a job has another shape than the key.
    pub fn rotate(&self, jobs: &[RotationJob<'_>]) -> Result<Vec<Accumulator>, BackendError> {
        self.rotate_and(&Stopwatch::default(), jobs, |accumulator| accumulator)
    }

    /// Rotates, and extracts the first `outputs` coefficients of each rotated test polynomial as LWE ciphertexts of k N mask
    /// elements and a body: one vector for each job.
    ///
    /// With 2^t interleaved tables (coefficient i 2^t + j is entry i of table j), and inputs that were switched to
    /// multiples of 2^t/(2N), coefficient j is the value of table j.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if a job has another shape than the key, or a polynomial has fewer coefficients.
    pub fn bootstrap(
        &self,
        jobs: &[RotationJob<'_>],
        outputs: usize,
    ) -> Result<Vec<Vec<Vec<u64>>>, BackendError> {
        self.timed_bootstrap(&Stopwatch::default(), jobs, outputs)
    }

    /// Does what [`bootstrap`](Self::bootstrap) does; `stopwatch` adds up the time of all threads.
    pub(crate) fn timed_bootstrap(
        &self,
        stopwatch: &Stopwatch,
        jobs: &[RotationJob<'_>],
        outputs: usize,
    ) -> Result<Vec<Vec<Vec<u64>>>, BackendError> {
        let extract = |accumulator: Accumulator| (0..outputs).map(|i| accumulator.extract(i)).collect();
        self.rotate_and(stopwatch, jobs, extract)?.into_iter().collect()
    }

    /// Rotates with the given lanes, on this thread.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if a job has another shape than the key.
    pub fn rotate_in(
        &self,
        lanes: Lanes,
        jobs: &[RotationJob<'_>],
    ) -> Result<Vec<Accumulator>, BackendError> {
        self.check(jobs)?;
        Ok(jobs.chunks(lanes.count()).flat_map(|jobs| self.rotate_batch(lanes, jobs)).collect())
    }

    /// Rotates, and applies `finish` to each rotated test polynomial. `stopwatch` adds up the time of the rotations of all
    /// threads.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if a job has another shape than the key.
    pub(crate) fn rotate_and<T: Send>(
        &self,
        stopwatch: &Stopwatch,
        jobs: &[RotationJob<'_>],
        finish: impl Fn(Accumulator) -> T + Sync,
    ) -> Result<Vec<T>, BackendError> {
        self.check(jobs)?;
        let batches = jobs.par_chunks(share_of_a_core(jobs.len()).clamp(1, Lanes::widest().count()));
        let rotate = |jobs: &[RotationJob<'_>]| {
            stopwatch.time(|| self.rotate_batch(Lanes::for_count(jobs.len()), jobs))
        };
        Ok(batches.flat_map_iter(|jobs| rotate(jobs).into_iter().map(&finish)).collect())
    }

    fn check(&self, jobs: &[RotationJob<'_>]) -> Result<(), BackendError> {
        let (elements, size) = (self.parameters.lwe_dimension + 1, self.parameters.polynomial_size);
        for job in jobs {
            for (what, found, expected) in
                [("an input", job.exponents.len(), elements), ("a test polynomial", job.table.len(), size)]
            {
                if found != expected {
                    return Err(BackendError::WrongShape(format!(
                        "{what} has {found} elements instead of {expected}: it was not made for this key"
                    )));
                }
            }
            if let Some(exponent) = job.exponents.iter().find(|&&a| a as usize >= self.parameters.steps()) {
                return Err(BackendError::WrongShape(format!("the exponent {exponent} is not below 2N")));
            }
        }
        Ok(())
    }

    /// Rotates jobs that pass through the key together: at most one per lane.
    fn rotate_batch(&self, lanes: Lanes, jobs: &[RotationJob<'_>]) -> Vec<Accumulator> {
        thread_local! {
            static BUFFERS: RefCell<Buffers> = RefCell::new(Buffers::new());
        }
        BUFFERS.with_borrow_mut(|buffers| {
            buffers.load(self, lanes, jobs);
            (self.kernel)(self, lanes, buffers);
            buffers.unload(self, lanes, jobs.len())
        })
    }
}

/// The buffers that a thread reuses from batch to batch, with a lane for each job.
#[derive(Debug)]
pub(super) struct Buffers {
    /// The exponents, indexed by block, key bit and lane.
    exponents: Vec<u32>,
    /// The accumulators, indexed by polynomial and coefficient.
    accumulators: AVec<u64>,
    digits: AVec<f64>,
    sums: AVec<f64>,
    monomials: Monomials,
}

impl Buffers {
    fn new() -> Self {
        Self {
            exponents: Vec::new(),
            accumulators: AVec::new(0),
            digits: AVec::new(0),
            sums: AVec::new(0),
            monomials: Monomials::new(),
        }
    }

    /// Loads the test polynomials, divided by X^body, as accumulators without masks, and the exponents. Lanes without a job get
    /// zeros.
    fn load(&mut self, key: &RotationKey, lanes: Lanes, jobs: &[RotationJob<'_>]) {
        let (parameters, lanes) = (&key.parameters, lanes.count());
        let (size, row) = (parameters.polynomial_size, row_vectors(key.transform.points()) * lanes);
        self.digits.resize(parameters.rows() * row, 0.0);
        self.sums.resize(parameters.columns() * row, 0.0);
        self.monomials.resize(&key.roots, parameters.block, lanes);
        self.exponents.clear();
        self.exponents.resize(parameters.lwe_dimension * lanes, 0);
        self.accumulators.clear();
        self.accumulators.resize(parameters.columns() * size * lanes, 0);
        let body = parameters.output_dimension() * lanes;
        for (lane, job) in jobs.iter().enumerate() {
            for (place, &exponent) in self.exponents.iter_mut().skip(lane).step_by(lanes).zip(job.exponents) {
                *place = exponent;
            }
            let shift = job.exponents.last().map_or(0, |&body| body as usize);
            // X^N = -1.
            let period = job.table.iter().copied().chain(job.table.iter().map(|x| x.wrapping_neg()));
            let places = self.accumulators.iter_mut().skip(body + lane).step_by(lanes);
            for (place, coefficient) in places.zip(period.cycle().skip(shift)) {
                *place = coefficient;
            }
        }
    }

    /// Returns the accumulators of the first `count` lanes.
    fn unload(&self, key: &RotationKey, lanes: Lanes, count: usize) -> Vec<Accumulator> {
        let size = key.parameters.polynomial_size;
        let outputs = of_lanes(lanes, &self.accumulators, count);
        outputs.into_iter().map(|glwe| Accumulator::new(glwe, size)).collect()
    }
}

/// A function that rotates the accumulators in the buffers, compiled for one k and one number of levels.
pub(super) type Kernel = fn(&RotationKey, Lanes, &mut Buffers);

/// The kernel for GLWE dimension k and this number of levels, if there is one.
pub(super) const fn kernel(glwe_dimension: usize, levels: usize) -> Option<Kernel> {
    Some(match (glwe_dimension, levels) {
        (1, 1) => rotate::<2, 1>,
        (1, 2) => rotate::<2, 2>,
        (1, 3) => rotate::<2, 3>,
        (1, 4) => rotate::<2, 4>,
        (1, 5) => rotate::<2, 5>,
        (2, 1) => rotate::<3, 1>,
        (2, 2) => rotate::<3, 2>,
        (2, 3) => rotate::<3, 3>,
        _ => return None,
    })
}

/// Rotates the accumulators, of `C` polynomials, with `V` levels.
fn rotate<const C: usize, const V: usize>(key: &RotationKey, lanes: Lanes, buffers: &mut Buffers) {
    let RotationKey { parameters, transform, roots, .. } = key;
    let Buffers { exponents, accumulators, digits, sums, monomials } = buffers;
    let fields = Fields::new(parameters.gadget, 0);
    let keys = key.values.chunks_exact(parameters.numbers_per_block());
    for (key, exponents) in keys.zip(exponents.chunks_exact(parameters.block * lanes.count())) {
        lanes.run(Decompose::<C, V> { transform, fields, accumulators, digits });
        lanes.run(ForwardInQuarters { transform, numbers: digits });
        monomials.fill(roots, exponents, lanes.count());
        lanes.run(Products::<C, V> {
            points: transform.points(),
            block: parameters.block,
            key,
            digits,
            roots,
            monomials,
            sums,
        });
        lanes.run(Accumulate { transform, unit: Fractions, sums, accumulators });
    }
}

//! Master weights in two mixed-radix digits, so that weights of eight bits take look-ups of four bits.
//!
//! A weight W in `-alpha ..= alpha` is stored as `W + alpha = v_1 + 15 v_2` with `0 <= v_1 < 15` and `0 <= v_2 < T`.
//! Its residue modulo any m takes one look-up per digit. An update subtracts from the low digit, carries into the high
//! one, and clips where the high digit leaves its range. That takes seven look-ups of at most five bits; a single 8-bit
//! value would take one look-up, which costs more than all of them together.

use crate::Residues;
use crate::dithered::{dithered_luts, draw_phases};
use crate::gadget::from_elements;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use silenzio_core::random::Stream;
use silenzio_core::{Backend, BackendError, EngineError, Lut, LutCounts, Modulus, Value, shapes};
use std::ops::Range;

/// The radix of the low digit.
const RADIX: i64 = 15;

/// The number format of a layer's weights and of the gradients that are subtracted from them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightFormat {
    /// The number of values of the high digit.
    high_levels: i64,
    /// Gradients are clamped to `-gradient_alpha ..= gradient_alpha`.
    gradient_alpha: i64,
    /// The modulus of the low digit, [`RADIX`].
    pub(crate) low: Modulus,
    /// The modulus of the high digit, also before clipping.
    pub(crate) high: Modulus,
    /// The modulus of the low digit minus a gradient.
    difference: Modulus,
    /// The modulus of the low digit plus the overflow of the high one.
    clipping: Modulus,
}

/// Weights as digits, (inputs + 1) x outputs each.
#[derive(Clone, Debug)]
pub struct WeightDigits<V> {
    pub(crate) low: Array2<V>,
    pub(crate) high: Array2<V>,
}

/// A view of some rows of weights.
#[derive(Clone, Copy, Debug)]
pub struct WeightRows<'a, V> {
    pub(crate) low: ArrayView2<'a, V>,
    pub(crate) high: ArrayView2<'a, V>,
}

/// A mutable view of some rows of weights.
#[derive(Debug)]
pub struct WeightRowsMut<'a, V> {
    pub(crate) low: ArrayViewMut2<'a, V>,
    pub(crate) high: ArrayViewMut2<'a, V>,
}

impl WeightFormat {
    /// The format for weights of `bits` (5 to 8) bits and gradients of at most `gradient_alpha`. All values of the two
    /// digits are used: alpha is 22, 37, 67 or 97.
    ///
    /// # Errors
    /// If a digit and a gradient do not fit in eight bits together.
    pub fn new(bits: u32, gradient_alpha: i64) -> Result<Self, BackendError> {
        let high_levels = match bits {
            ..=5 => 3,
            6 => 5,
            7 => 9,
            _ => 13,
        };
        Self::with_levels(high_levels, gradient_alpha)
    }

    fn with_levels(high_levels: i64, gradient_alpha: i64) -> Result<Self, BackendError> {
        let holding = |levels: i64| Modulus::holding(u32::try_from(levels).unwrap_or(u32::MAX));
        let (fewest, most) = carries(gradient_alpha);
        Ok(Self {
            high_levels,
            gradient_alpha,
            low: holding(RADIX)?,
            high: holding(high_levels + most - fewest)?,
            difference: holding(RADIX + 2 * gradient_alpha)?,
            // If the overflow is less than a radix, at most gradient_alpha further values are needed on either side.
            clipping: holding(RADIX + 2 * gradient_alpha.min(RADIX))?,
        })
    }

    /// Checks that this version would derive the same moduli as those of a format that was read from a file.
    ///
    /// # Errors
    /// If a modulus is not the one that follows from the high digits and the largest gradient.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let sane = (1..=Modulus::MAX.alpha()).contains(&self.high_levels)
            && (1..=Modulus::MAX.alpha()).contains(&self.gradient_alpha);
        match sane && Self::with_levels(self.high_levels, self.gradient_alpha)? == *self {
            true => Ok(()),
            false => Err(EngineError::Shape {
                what: "format of weights",
                expected: "moduli that follow from the high digits and the gradients".into(),
                found: format!("{self:?}"),
            }),
        }
    }

    /// The look-ups that compute the residues of `count` weights in `moduli` moduli.
    pub(crate) fn residue_luts(&self, count: u64, moduli: usize) -> LutCounts {
        let each = count * moduli as u64;
        LutCounts::of(self.low, each) + LutCounts::of(self.high, each)
    }

    /// The look-ups of an update of `count` weights by gradients modulo `container`.
    pub(crate) fn update_luts(&self, count: u64, container: Modulus) -> LutCounts {
        LutCounts::of(container, count)
            + LutCounts::of(self.low, count)
            + LutCounts::of(self.difference, 2 * count)
            + LutCounts::of(self.high, 2 * count)
            + LutCounts::of(self.clipping, count)
    }

    /// The largest weight.
    pub const fn alpha(&self) -> i64 {
        (RADIX * self.high_levels - 1) / 2
    }

    /// Public weights as digits, clipped to the range of the format.
    pub fn trivial<B: Backend>(
        &self,
        backend: &B,
        weights: ArrayView2<'_, i64>,
    ) -> WeightDigits<Value<B::Types>> {
        let raised = |w: &i64| (*w).clamp(-self.alpha(), self.alpha()) + self.alpha();
        WeightDigits {
            low: weights.map(|w| backend.trivial(self.low, raised(w) % RADIX)),
            high: weights.map(|w| backend.trivial(self.high, raised(w) / RADIX)),
        }
    }

    /// The weight with the given digits, as a client decrypts them (signed representatives).
    pub fn compose(&self, low: i64, high: i64) -> i64 {
        i64::from(self.low.reduce(low)) + RADIX * i64::from(self.high.reduce(high)) - self.alpha()
    }

    /// The residues of some rows of weights.
    ///
    /// # Errors
    /// If a backend operation fails.
    pub fn residues<B: Backend>(
        &self,
        backend: &B,
        weights: WeightRows<'_, Value<B::Types>>,
        moduli: &[Modulus],
    ) -> Result<Residues<Value<B::Types>>, EngineError> {
        let low_luts: Vec<Lut> =
            moduli.iter().map(|&m| Lut::residues(self.low, m, |digit| digit - self.alpha())).collect();
        let high_luts: Vec<Lut> =
            moduli.iter().map(|&m| Lut::residues(self.high, m, |digit| RADIX * digit)).collect();
        let lows = look_up_all(backend, weights.low, &low_luts)?;
        let highs = look_up_all(backend, weights.high, &high_luts)?;
        let by_modulus = moduli.iter().zip(lows.into_iter().zip(highs)).map(|(&m, (mut low, high))| {
            add_assign(backend, &mut low, &high)?;
            Ok((m, from_elements(weights.low.dim(), low)?))
        });
        Ok(Residues::new(by_modulus.collect::<Result<_, EngineError>>()?))
    }

    /// Computes `W = clip(W - clamp(round(rate clamp(gradient))))`. The gradient is a signed integer modulo
    /// `container`. Rounding is stochastic if there is a dither, and else to nearest.
    ///
    /// # Errors
    /// If the shapes differ, or a backend operation fails.
    pub fn update<B: Backend>(
        &self,
        backend: &B,
        mut weights: WeightRowsMut<'_, Value<B::Types>>,
        container: Modulus,
        gradient: Array2<Value<B::Types>>,
        rate: f64,
        dither: Option<&mut Stream>,
    ) -> Result<(), EngineError> {
        if gradient.dim() != weights.low.dim() {
            return Err(EngineError::Shape {
                what: "gradient",
                expected: format!("{:?}", weights.low.dim()),
                found: format!("{:?}", gradient.dim()),
            });
        }
        let gradient: Vec<Value<B::Types>> = gradient.into_iter().collect();
        let tables = |dither: f64| vec![self.negated_gradient(container, rate, dither)];
        // At rate 1 nothing is rounded, so one table serves all dithers.
        let phases =
            dither.filter(|_| rate != 1.0).map(|stream| draw_phases(stream, gradient.len()).collect());
        let mut difference = dithered_luts(backend, &gradient, tables, phases)?.pop().unwrap_or_default();
        let low =
            look_up_all(backend, weights.low.view(), &[Lut::residues(self.low, self.difference, |d| d)])?;
        for low in &low {
            add_assign(backend, &mut difference, low)?;
        }

        let [mut low, carry] = both(backend, &difference, &self.low_after_carry(), &self.carry())?;
        let mut high: Vec<Value<B::Types>> = weights.high.iter().cloned().collect();
        add_assign(backend, &mut high, &carry)?;
        let [high, overflow] = both(backend, &high, &self.clipped_high(), &self.overflow())?;
        add_assign(backend, &mut low, &overflow)?;
        let low = backend.lut(&low, &self.clipped_low())?;
        weights.low.iter_mut().zip(low).for_each(|(weight, digit)| *weight = digit);
        weights.high.iter_mut().zip(high).for_each(|(weight, digit)| *weight = digit);
        Ok(())
    }

    /// The result of an update in plain integers.
    pub fn update_integer(&self, weight: i64, gradient: i64) -> i64 {
        let step = gradient.clamp(-self.gradient_alpha, self.gradient_alpha);
        (weight - step).clamp(-self.alpha(), self.alpha())
    }

    fn negated_gradient(&self, container: Modulus, rate: f64, dither: f64) -> Lut {
        let alpha = self.gradient_alpha;
        let scaled = |g: i64| (g.clamp(-alpha, alpha) as f64 * rate + dither).floor() as i64;
        let step = |g: i64| scaled(g).clamp(-alpha, alpha);
        Lut::signed(container, self.difference, |g| -step(g))
    }

    /// The difference that a residue represents, in `-gradient_alpha .. RADIX + gradient_alpha`.
    fn difference(&self, residue: i64) -> i64 {
        representative(residue, self.difference, RADIX + self.gradient_alpha)
    }

    fn low_after_carry(&self) -> Lut {
        Lut::residues(self.difference, self.clipping, |r| self.difference(r).rem_euclid(RADIX))
    }

    fn carry(&self) -> Lut {
        Lut::residues(self.difference, self.high, |r| self.difference(r).div_euclid(RADIX))
    }

    /// The high digit that a residue represents, before clipping.
    fn high_digit(&self, residue: i64) -> i64 {
        representative(residue, self.high, self.high_levels + carries(self.gradient_alpha).1)
    }

    fn clipped_high(&self) -> Lut {
        Lut::residues(self.high, self.high, |r| self.high_digit(r).clamp(0, self.high_levels - 1))
    }

    /// The table of the overflow of the high digit: minus a radix, zero, or a radix.
    fn overflow(&self) -> Lut {
        Lut::residues(self.high, self.clipping, |r| match self.high_digit(r) {
            ..0 => -RADIX,
            digit if digit >= self.high_levels => RADIX,
            _ => 0,
        })
    }

    fn clipped_low(&self) -> Lut {
        let most = RADIX + self.gradient_alpha.min(RADIX);
        Lut::residues(self.clipping, self.low, |r| representative(r, self.clipping, most).clamp(0, RADIX - 1))
    }
}

/// The integer that a residue modulo `m` represents, where integers lie below `end`.
fn representative(residue: i64, m: Modulus, end: i64) -> i64 {
    if residue < end { residue } else { residue - i64::from(m) }
}

/// The least and the largest carry of a low digit minus a gradient.
const fn carries(gradient_alpha: i64) -> (i64, i64) {
    ((-gradient_alpha).div_euclid(RADIX), (RADIX - 1 + gradient_alpha) / RADIX)
}

impl<V> WeightDigits<V> {
    /// A view of a range of rows.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there are no such rows.
    pub fn rows(&self, rows: Range<usize>) -> Result<WeightRows<'_, V>, EngineError> {
        shapes::check_range("rows of weights", self.low.nrows(), &rows)?;
        Ok(WeightRows {
            low: self.low.slice_axis(Axis(0), rows.clone().into()),
            high: self.high.slice_axis(Axis(0), rows.into()),
        })
    }

    /// A mutable view of a range of rows.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if there are no such rows.
    pub fn rows_mut(&mut self, rows: Range<usize>) -> Result<WeightRowsMut<'_, V>, EngineError> {
        shapes::check_range("rows of weights", self.low.nrows(), &rows)?;
        Ok(WeightRowsMut {
            low: self.low.slice_axis_mut(Axis(0), rows.clone().into()),
            high: self.high.slice_axis_mut(Axis(0), rows.into()),
        })
    }
}

impl<V: Clone> WeightDigits<V> {
    /// The low and the high digits, row by row.
    pub fn digits(&self) -> (Vec<V>, Vec<V>) {
        (self.low.iter().cloned().collect(), self.high.iter().cloned().collect())
    }

    /// The shape, (inputs + 1) x outputs.
    pub fn dim(&self) -> (usize, usize) {
        self.low.dim()
    }
}

fn look_up_all<B: Backend>(
    backend: &B,
    matrix: ArrayView2<'_, Value<B::Types>>,
    luts: &[Lut],
) -> Result<Vec<Vec<Value<B::Types>>>, BackendError> {
    let luts: Vec<&Lut> = luts.iter().collect();
    match matrix.as_slice() {
        Some(values) => backend.luts(values, &luts),
        None => backend.luts(&matrix.iter().cloned().collect::<Vec<_>>(), &luts),
    }
}

fn both<B: Backend>(
    backend: &B,
    inputs: &[Value<B::Types>],
    first: &Lut,
    second: &Lut,
) -> Result<[Vec<Value<B::Types>>; 2], BackendError> {
    let outputs = backend.luts(inputs, &[first, second])?;
    outputs.try_into().map_err(|_| BackendError::WrongShape("two tables must have two results".into()))
}

fn add_assign<B: Backend>(
    backend: &B,
    sums: &mut [Value<B::Types>],
    terms: &[Value<B::Types>],
) -> Result<(), BackendError> {
    sums.par_iter_mut()
        .zip(terms)
        .with_min_len(1024)
        .try_for_each(|(sum, term)| backend.add_assign(sum, term))
}

//! Block scaling: the reduction of a whole tensor to its most significant digits, with dither.
//!
//! If the low digits of a mixed-radix number are dropped, the remaining digits are exactly the quotient by `D = m_1 …
//! m_t`. Either the top digit alone is kept, or the top digit and a part of the next one. With a multiplier `a` that
//! divides `m_next`,
//!
//! ```text
//! result = a v_top + ⌊a v_next / m_next⌋ = ⌊V / (D m_next / a)⌋,
//! ```
//!
//! which is again an exact division, and gives a larger choice of divisors than whole digits. A multiplier that does
//! not divide m_next would give steps of two widths, for which dither is biased: gradients of one sign would be lost.
//!
//! A public offset centres the result at zero, and a public dither, uniform below the divisor, makes the rounding
//! stochastic. If the top digit is looked up anyway, the same table clamps it, so that values far outside the wanted
//! range saturate instead of requiring wide results.

use crate::RnsBase;
use crate::base::product;
use serde::{Deserialize, Serialize};
use silenzio_core::random::Stream;
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus, Value};

/// A way to compute scaled results from the digits of a base.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Fields")]
pub struct BlockScaling {
    base: RnsBase,
    /// The digits that are kept: the top one, or the two top ones.
    kept: Kept,
    /// The modulus of the result.
    container: Modulus,
    /// Results are exact within `-alpha ..= alpha`, and stay outside where the true quotient is outside.
    alpha: i64,
}

/// The fields of a scaling, before their consistency is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    base: RnsBase,
    kept: Kept,
    container: Modulus,
    alpha: i64,
}

/// The error of fields that are not a scaling.
#[derive(Debug, thiserror::Error)]
#[error("the kept digits, the container and the largest result of a block scaling do not belong together")]
struct NoScaling;

impl TryFrom<Fields> for BlockScaling {
    type Error = NoScaling;

    fn try_from(fields: Fields) -> Result<Self, NoScaling> {
        let Fields { base, kept, container, alpha } = fields;
        if !(1..=Modulus::MAX.alpha()).contains(&alpha) {
            return Err(NoScaling);
        }
        let found = Self { base: base.clone(), kept, container, alpha };
        Self::all_for(base, alpha).find(|scaling| *scaling == found).ok_or(NoScaling)
    }
}

/// The digits that a scaling keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Kept {
    /// The top digit as it is.
    Top,
    /// The top digit, clamped to a narrower modulus.
    ClampedTop,
    /// The clamped top digit times a multiplier, plus a part of the next digit.
    TopAndNext {
        /// The number of steps of the result per step of the top digit.
        multiplier: i64,
    },
}

impl BlockScaling {
    /// All scalings of numbers of `base` whose results are exact within `-alpha ..= alpha`: with the top digit alone,
    /// with the clamped top digit, or with each possible part of the next digit.
    pub fn all_for(base: RnsBase, alpha: i64) -> impl Iterator<Item = Self> {
        let next = base.moduli().iter().rev().nth(1).map_or(1, |&m| i64::from(m));
        let divisors = (2..=next).filter(move |a| next % a == 0);
        let combined = divisors.map(|multiplier| Kept::TopAndNext { multiplier });
        [Kept::Top, Kept::ClampedTop]
            .into_iter()
            .chain(combined)
            .filter_map(move |kept| Self::new(&base, kept, alpha))
    }

    fn new(base: &RnsBase, kept: Kept, alpha: i64) -> Option<Self> {
        let top = *base.moduli().last()?;
        let unfinished = Self { base: base.clone(), kept, container: top, alpha };
        let (low, high) = unfinished.result_range();
        if low > -alpha || high < alpha {
            return None;
        }
        let container = match kept {
            Kept::Top => top,
            // Results are signed, so the modulus has to hold the larger side twice.
            _ => Modulus::holding(u32::try_from(2 * high.max(-low) + 1).ok()?).ok()?,
        };
        let worthwhile = kept != Kept::ClampedTop || container < top;
        worthwhile.then_some(Self { container, ..unfinished })
    }

    /// The base whose digits are scaled.
    pub const fn base(&self) -> &RnsBase {
        &self.base
    }

    /// The modulus of the result.
    pub const fn container(&self) -> Modulus {
        self.container
    }

    /// The largest result that is certain to be exact.
    pub const fn alpha(&self) -> i64 {
        self.alpha
    }

    /// The number by which integers are divided.
    pub fn divisor(&self) -> i64 {
        self.step_of_top() / self.multiplier()
    }

    /// The largest |V| that does not wrap, whatever the dither.
    pub fn covered(&self) -> i64 {
        self.middle() * self.step_of_top()
    }

    fn multiplier(&self) -> i64 {
        match self.kept {
            Kept::TopAndNext { multiplier } => multiplier,
            _ => 1,
        }
    }

    /// The product of the moduli below the top one.
    fn step_of_top(&self) -> i64 {
        let moduli = self.base.moduli();
        product(&moduli[..moduli.len() - 1])
    }

    /// The top digit that represents zero.
    fn middle(&self) -> i64 {
        self.base.moduli().last().map_or(0, |m| m.alpha())
    }

    /// The least and the largest top digit relative to the middle, clamped as far as exact results allow.
    fn top_range(&self) -> (i64, i64) {
        let (a, alpha, middle) = (self.multiplier(), self.alpha, self.middle());
        match self.kept {
            Kept::Top => (-middle, middle),
            // The next digit adds up to a - 1 on either side.
            _ => (-div_ceil(alpha + a - 1, a).min(middle), div_ceil(alpha, a).min(middle)),
        }
    }

    /// The least and the largest result.
    fn result_range(&self) -> (i64, i64) {
        let (low, high) = self.top_range();
        (low * self.multiplier(), high * self.multiplier() + self.multiplier() - 1)
    }

    /// The public offsets of `count` integers: the offset of zero, plus a dither in `0 .. divisor` that is drawn from
    /// `dither`, or plus half a divisor without it (round to nearest).
    pub fn offsets(&self, count: usize, dither: Option<&mut Stream>) -> Vec<i64> {
        let zero = self.covered();
        match dither {
            Some(stream) => {
                let steps = u32::try_from(self.divisor()).unwrap_or(u32::MAX);
                (0..count).map(|_| zero + i64::from(stream.below(steps))).collect()
            }
            None => vec![zero + self.divisor() / 2; count],
        }
    }

    /// Scales integers that are given by their mixed-radix digits, one vector per modulus, and to which offsets were
    /// added.
    ///
    /// # Errors
    /// If a backend operation fails.
    pub fn scale<B: Backend>(
        &self,
        backend: &B,
        mut digits: Vec<Vec<Value<B::Types>>>,
    ) -> Result<Vec<Value<B::Types>>, BackendError> {
        let top = digits.pop().unwrap_or_default();
        let mut results = match self.kept {
            Kept::Top => top,
            _ => backend.lut(&top, &self.top_lut())?,
        };
        match self.kept {
            Kept::Top => results.iter_mut().for_each(|v| backend.add_constant(v, -self.middle())),
            Kept::ClampedTop => {}
            Kept::TopAndNext { .. } => {
                let next = digits.pop().unwrap_or_default();
                for (result, part) in results.iter_mut().zip(backend.lut(&next, &self.next_lut())?) {
                    backend.add_assign(result, &part)?;
                }
            }
        }
        Ok(results)
    }

    fn top_modulus(&self) -> Modulus {
        self.base.moduli()[self.base.moduli().len() - 1]
    }

    fn next_modulus(&self) -> Modulus {
        self.base.moduli()[self.base.moduli().len() - 2]
    }

    fn top_lut(&self) -> Lut {
        let (low, high) = self.top_range();
        let clamped = |digit: i64| (digit - self.middle()).clamp(low, high) * self.multiplier();
        Lut::residues(self.top_modulus(), self.container, clamped)
    }

    fn next_lut(&self) -> Lut {
        let m = self.next_modulus();
        Lut::residues(m, self.container, |digit| self.multiplier() * digit / i64::from(m))
    }

    /// The look-ups of scaling `count` integers.
    pub fn lut_counts(&self, count: u64) -> LutCounts {
        match self.kept {
            Kept::Top => LutCounts::default(),
            Kept::ClampedTop => LutCounts::of(self.top_modulus(), count),
            Kept::TopAndNext { .. } => {
                LutCounts::of(self.top_modulus(), count) + LutCounts::of(self.next_modulus(), count)
            }
        }
    }

    /// The result of [`scale`](Self::scale) for a plain integer `v` (with `|v| <= covered`) and the offset that was
    /// added to it, as a formula.
    pub fn scale_integer(&self, v: i64, offset: i64) -> i64 {
        let quotient = (v + offset - self.covered()).div_euclid(self.divisor());
        // Only the top digit is clamped; the part of the next one is still added.
        let (low, high) = self.top_range();
        let a = self.multiplier();
        quotient.div_euclid(a).clamp(low, high) * a + quotient.rem_euclid(a)
    }
}

const fn div_ceil(x: i64, y: i64) -> i64 {
    (x + y - 1) / y
}

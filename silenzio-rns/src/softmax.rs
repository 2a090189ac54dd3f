//! The gradient of the softmax cross entropy, by a log-mean-exp tree of look-ups.
//!
//! With logits o_1 … o_c the gradient is `p_i - y_i`, `p_i = exp(o_i - L) / c`, where L is the log of the
//! *mean* of the exponentials. L is built pair by pair: for means over n_a and n_b logits,
//!
//! ```text
//! LME(a, b) = b + ln((n_a exp(a - b) + n_b) / (n_a + n_b)),
//! ```
//!
//! one look-up of the difference. A mean lies between its operands, so every node of the tree stays in the
//! range of the logits and every difference within twice that range: no division, nothing that can
//! overflow, and 2c - 1 look-ups a sample (c - 1 in the tree, one for each class). Every look-up rounds
//! stochastically: its table is the one of [`PHASES`](crate::dithered::PHASES) dithers that public randomness picks.
//!
//! Two terms keep the logits where their integers can follow them. Label smoothing bounds their differences,
//! and is part of the table for p_i. A penalty proportional to the logit, one more look-up of it, bounds what
//! they have in common, on which p does not depend and which would drift with the bias of the rounding.
//!
//! The delta is scaled so that the label, 1 minus the label smoothing, is the integer `alpha`.

use crate::Residues;
use crate::dithered::{ColumnDither, dithered_columns};
use crate::gadget::from_elements;
use ndarray::Array2;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::{Backend, BackendError, EngineError, Lut, Modulus, Value};

/// The softmax cross entropy of one network.
#[derive(Clone, PartialEq, Debug)]
pub struct SoftmaxGradient {
    classes: usize,
    /// The real value of one step of a logit.
    unit: f64,
    /// Logits are clamped to `-logit_alpha ..= logit_alpha`.
    logit_alpha: i64,
    /// The delta of a wrong label, in integers.
    delta_alpha: i64,
    /// The part of the target that is spread over all classes.
    label_smoothing: f64,
    /// What a logit adds to its own delta.
    logit_penalty: f64,
    /// Holds differences of logits.
    difference: Modulus,
}

impl SoftmaxGradient {
    /// The gradient for logits in steps of `unit`, clamped to `logit_alpha`, with deltas up to `delta_alpha`.
    ///
    /// # Errors
    /// If differences of logits do not fit eight bits.
    pub fn new(
        classes: usize,
        unit: f64,
        logit_alpha: i64,
        delta_alpha: i64,
        training: &TrainingPlan,
    ) -> Result<Self, BackendError> {
        let levels = u32::try_from(4 * logit_alpha + 1).unwrap_or(u32::MAX);
        let difference = Modulus::holding(levels)?;
        let TrainingPlan { label_smoothing, logit_penalty, .. } = *training;
        Ok(Self { classes, unit, logit_alpha, delta_alpha, label_smoothing, logit_penalty, difference })
    }

    /// The real value of one step of a delta.
    pub fn delta_unit(&self) -> f64 {
        (1.0 - self.label_smoothing) / self.delta_alpha as f64
    }

    /// The largest |error|: beyond `alpha` by what label smoothing takes from a class without probability, and
    /// by the penalty of the largest logit.
    pub fn largest_delta(&self) -> i64 {
        self.delta_alpha - self.shifted_probability(0.0).floor() as i64
            + self.penalty(self.logit_alpha).ceil() as i64
    }

    /// The label of `class` as the client encrypts it: one integer per class.
    pub fn label(&self, class: usize) -> Vec<i64> {
        (0..self.classes).map(|i| if i == class { self.delta_alpha } else { 0 }).collect()
    }

    /// Deltas, batch x classes, from logits (signed integers modulo `container`), in residues for each of
    /// `moduli`; `labels` are the encrypted labels in the same residues.
    ///
    /// # Errors
    /// As the backend's operations.
    pub fn deltas<B: Backend>(
        &self,
        backend: &B,
        container: Modulus,
        logits: Array2<Value<B::Types>>,
        labels: &Residues<Value<B::Types>>,
        moduli: &[Modulus],
        mut dither: Option<&mut ColumnDither>,
    ) -> Result<Residues<Value<B::Types>>, EngineError> {
        let shape = logits.dim();
        // Column by column: all samples' first logits, then their second ones, …
        let by_class: Vec<Value<B::Types>> = logits.reversed_axes().into_iter().collect();
        let tables = |dither: f64| {
            let penalties = moduli.iter().map(|&m| self.penalty_lut(container, m, dither));
            std::iter::once(self.clamping_lut(container)).chain(penalties).collect()
        };
        let mut penalties =
            dithered_columns(backend, &by_class, shape.0, tables, dither.as_deref_mut())?.into_iter();
        let by_class = penalties.next().unwrap_or_default();
        let columns = || by_class.chunks(shape.0.max(1));

        let mean = self.softmax(backend, columns().map(<[_]>::to_vec).collect(), dither.as_deref_mut())?;
        let mut differences = by_class.clone();
        for column in differences.chunks_mut(shape.0.max(1)) {
            subtract(backend, column, &mean)?;
        }
        let tables = |dither: f64| moduli.iter().map(|&m| self.probability_lut(m, dither)).collect();
        let deltas = dithered_columns(backend, &differences, shape.0, tables, dither)?;
        let by_modulus =
            moduli.iter().zip(deltas.into_iter().zip(penalties)).map(|(&m, (mut deltas, penalties))| {
                for (delta, penalty) in deltas.iter_mut().zip(&penalties) {
                    backend.add_assign(delta, penalty)?;
                }
                let mut deltas = from_elements((shape.1, shape.0), deltas)?.reversed_axes();
                for (delta, label) in deltas.iter_mut().zip(labels.modulo(m)?) {
                    backend.sub_assign(delta, label)?;
                }
                Ok((m, deltas))
            });
        Ok(Residues::new(by_modulus.collect::<Result<_, EngineError>>()?))
    }

    /// The log-mean-exp of each sample, from one vector over the samples per class.
    fn softmax<B: Backend>(
        &self,
        backend: &B,
        classes: Vec<Vec<Value<B::Types>>>,
        mut dither: Option<&mut ColumnDither>,
    ) -> Result<Vec<Value<B::Types>>, BackendError> {
        let mut nodes: Vec<(usize, Vec<Value<B::Types>>)> =
            classes.into_iter().map(|column| (1, column)).collect();
        while nodes.len() > 1 {
            let mut parents = Vec::with_capacity(nodes.len().div_ceil(2));
            let mut children = nodes.into_iter();
            while let Some((count_a, a)) = children.next() {
                let Some((count_b, b)) = children.next() else {
                    parents.push((count_a, a));
                    break;
                };
                let mut differences = a;
                subtract(backend, &mut differences, &b)?;
                let table = |dither: f64| vec![self.mean_lut(count_a, count_b, dither)];
                let mut means =
                    dithered_columns(backend, &differences, differences.len(), table, dither.as_deref_mut())?;
                let mut mean = means.pop().unwrap_or_default();
                for (mean, b) in mean.iter_mut().zip(&b) {
                    backend.add_assign(mean, b)?;
                }
                parents.push((count_a + count_b, mean));
            }
            nodes = parents;
        }
        Ok(nodes.pop().map_or_else(Vec::new, |(_, mean)| mean))
    }

    fn clamped(&self, logit: i64) -> i64 {
        logit.clamp(-self.logit_alpha, self.logit_alpha)
    }

    fn clamping_lut(&self, container: Modulus) -> Lut {
        Lut::signed(container, self.difference, |o| self.clamped(o))
    }

    fn penalty_lut(&self, container: Modulus, m: Modulus, dither: f64) -> Lut {
        Lut::signed(container, m, |o| (self.penalty(self.clamped(o)) + dither).floor() as i64)
    }

    /// The penalty of a logit, in steps of a delta.
    fn penalty(&self, logit: i64) -> f64 {
        self.logit_penalty * logit as f64 * self.unit / self.delta_unit()
    }

    /// LME(a, b) - b from a - b, in steps of a logit.
    fn mean_lut(&self, count_a: usize, count_b: usize, dither: f64) -> Lut {
        let (a, b) = (count_a as f64, count_b as f64);
        Lut::signed(self.difference, self.difference, |d| {
            let mean = ((a * (d as f64 * self.unit).exp() + b) / (a + b)).ln() / self.unit;
            // Rounding cannot leave the interval between the operands, whose ends are integers.
            ((mean + dither).floor() as i64).clamp(d.min(0), d.max(0))
        })
    }

    /// p - smoothing / c from o - LME, in steps of a delta.
    fn probability_lut(&self, m: Modulus, dither: f64) -> Lut {
        Lut::signed(self.difference, m, |d| {
            let p = ((d as f64 * self.unit).exp() / self.classes as f64).min(1.0);
            ((self.shifted_probability(p) + dither).floor() as i64).min(self.delta_alpha)
        })
    }

    fn shifted_probability(&self, p: f64) -> f64 {
        (p - self.label_smoothing / self.classes as f64) / self.delta_unit()
    }
}

fn subtract<B: Backend>(
    backend: &B,
    from: &mut [Value<B::Types>],
    what: &[Value<B::Types>],
) -> Result<(), BackendError> {
    from.iter_mut().zip(what).try_for_each(|(a, b)| backend.sub_assign(a, b))
}

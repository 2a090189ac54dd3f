//! The gradient of the softmax cross entropy, by a log-mean-exp tree of look-ups.
//!
//! With logits o_1 … o_c, the gradient is `p_i - y_i` with `p_i = exp(o_i - L) / c`, where the
//! [tree](silenzio_core::log_mean_exp) computes L. Nothing can overflow, there is no division, and a sample takes 2c -
//! 1 look-ups (c - 1 in the tree, and one for each class). Every look-up rounds stochastically: public randomness
//! chooses one of [`PHASES`](crate::dithered::PHASES) dithers, each of which has its own table.
//!
//! Two terms keep the logits in the range of their integers. Label smoothing bounds their differences, and is part of
//! the table for p_i. A penalty proportional to the logit, which takes another look-up, bounds their mean, on which p
//! does not depend, and which would drift with the bias of the rounding.
//!
//! The delta is scaled so that the label, 1 minus the label smoothing, is the integer `alpha`.

use crate::Residues;
use crate::dithered::{ColumnDither, dithered_columns};
use crate::gadget::from_elements;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use silenzio_core::log_mean_exp::{self, Node};
use silenzio_core::plan::TrainingPlan;
use silenzio_core::{Backend, BackendError, EngineError, Lut, LutCounts, Modulus, Value};

/// The gradient of the softmax cross entropy of a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftmaxGradient {
    classes: usize,
    /// The real value of one step of a logit.
    unit: f64,
    /// Logits are clamped to `-logit_alpha ..= logit_alpha`.
    logit_alpha: i64,
    /// The integer of the label, whose real value is 1 minus the label smoothing.
    delta_alpha: i64,
    /// The fraction of the target probability that is spread over all classes.
    label_smoothing: f64,
    /// The fraction of each logit that is added to its own delta.
    logit_penalty: f64,
    /// The modulus of differences of logits.
    difference: Modulus,
}

impl SoftmaxGradient {
    /// The gradient for logits in steps of `unit`, clamped to ±`logit_alpha`, with labels of `delta_alpha`.
    ///
    /// # Errors
    /// If differences of logits do not fit in eight bits.
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

    /// Checks that a loss that was read from a file is the one of this plan with these numbers.
    ///
    /// # Errors
    /// If it is for other classes, logits or deltas, or for another plan.
    pub(crate) fn check(
        &self,
        classes: usize,
        unit: f64,
        delta_alpha: i64,
        training: &TrainingPlan,
    ) -> Result<(), EngineError> {
        let sane = (1..=Modulus::MAX.alpha()).contains(&self.logit_alpha);
        match sane && Self::new(classes, unit, self.logit_alpha, delta_alpha, training)? == *self {
            true => Ok(()),
            false => Err(EngineError::Shape {
                what: "format of the loss",
                expected: "the numbers of the logits, the deltas and the plan".into(),
                found: format!("{self:?}"),
            }),
        }
    }

    /// The look-ups of the gradients of `samples` samples, with logits modulo `container`, and deltas in `moduli`
    /// moduli.
    pub(crate) fn luts(&self, samples: u64, container: Modulus, moduli: usize) -> LutCounts {
        let (logits, moduli) = (samples * self.classes as u64, moduli as u64);
        LutCounts::of(container, logits * (1 + moduli))
            + LutCounts::of(self.difference, logits - samples + logits * moduli)
    }

    /// The real value of one step of a delta.
    pub fn delta_unit(&self) -> f64 {
        (1.0 - self.label_smoothing) / self.delta_alpha as f64
    }

    /// The largest |delta|. It exceeds the label by the label smoothing of a class without probability, and by the
    /// penalty of the largest logit.
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
    /// If labels lack a modulus, or a backend operation fails.
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
        // The logits are in columns: the first logits of all samples, then their second ones, …
        let by_class: Vec<Value<B::Types>> = logits.reversed_axes().into_iter().collect();
        let tables = |dither: f64| {
            let penalties = moduli.iter().map(|&m| self.penalty_lut(container, m, dither));
            std::iter::once(self.clamping_lut(container)).chain(penalties).collect()
        };
        let mut penalties =
            dithered_columns(backend, &by_class, shape.0, tables, dither.as_deref_mut())?.into_iter();
        let by_class = penalties.next().unwrap_or_default();
        let columns = || by_class.chunks(shape.0.max(1));

        let mean =
            self.log_mean_exp(backend, columns().map(<[_]>::to_vec).collect(), dither.as_deref_mut())?;
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

    /// The log-mean-exp of each sample, from the vectors of all samples' logits for each class.
    fn log_mean_exp<B: Backend>(
        &self,
        backend: &B,
        classes: Vec<Vec<Value<B::Types>>>,
        mut dither: Option<&mut ColumnDither>,
    ) -> Result<Vec<Value<B::Types>>, BackendError> {
        let root = log_mean_exp::fold(classes, |node, mut differences, b| {
            subtract(backend, &mut differences, &b)?;
            let table = |dither: f64| vec![self.mean_lut(node, dither)];
            let rows = differences.len();
            let mut means = dithered_columns(backend, &differences, rows, table, dither.as_deref_mut())?;
            let mut mean = means.pop().unwrap_or_default();
            for (mean, b) in mean.iter_mut().zip(&b) {
                backend.add_assign(mean, b)?;
            }
            Ok::<_, BackendError>(mean)
        })?;
        Ok(root.unwrap_or_default())
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
    fn mean_lut(&self, node: Node, dither: f64) -> Lut {
        Lut::signed(self.difference, self.difference, |d| {
            let mean = node.mean(d as f64 * self.unit) / self.unit;
            // The result stays between the operands, as the mean does.
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

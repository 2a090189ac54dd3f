//! Matrices of integers in a residue number system.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use silenzio_core::{EngineError, Modulus};
use std::ops::Range;

/// A matrix of integers, as one matrix of residues per modulus.
///
/// It may have more moduli than one product needs: an operand of two products has the moduli of both bases.
#[derive(Clone, Debug)]
pub struct Residues<V> {
    by_modulus: Vec<(Modulus, Array2<V>)>,
}

impl<V> Residues<V> {
    /// A matrix from its residues modulo each modulus, which all have the same shape.
    pub const fn new(by_modulus: Vec<(Modulus, Array2<V>)>) -> Self {
        Self { by_modulus }
    }

    /// The residues modulo `m`.
    ///
    /// # Errors
    /// If the matrix has no residues modulo `m`.
    pub fn modulo(&self, m: Modulus) -> Result<ArrayView2<'_, V>, EngineError> {
        match self.by_modulus.iter().find(|(modulus, _)| *modulus == m) {
            Some((_, residues)) => Ok(residues.view()),
            None => Err(EngineError::Shape {
                what: "residues of an operand",
                expected: format!("modulus {m}"),
                found: format!("{:?}", self.by_modulus.iter().map(|(m, _)| m).collect::<Vec<_>>()),
            }),
        }
    }

    /// The shape of the matrix.
    pub fn dim(&self) -> (usize, usize) {
        self.by_modulus.first().map_or((0, 0), |(_, residues)| residues.dim())
    }

    /// A range of rows, which must exist.
    #[must_use]
    pub(crate) fn into_rows(mut self, rows: Range<usize>) -> Self {
        for (_, matrix) in &mut self.by_modulus {
            matrix.slice_axis_inplace(Axis(0), rows.clone().into());
        }
        self
    }

    /// The matrices of residues, each with its modulus.
    pub fn into_matrices(self) -> Vec<(Modulus, Array2<V>)> {
        self.by_modulus
    }

    /// The matrices of residues, each with its modulus.
    pub fn matrices(&self) -> &[(Modulus, Array2<V>)] {
        &self.by_modulus
    }

    /// The matrices of residues, each with its modulus.
    pub fn matrices_mut(&mut self) -> impl Iterator<Item = (Modulus, &mut Array2<V>)> {
        self.by_modulus.iter_mut().map(|(m, residues)| (*m, residues))
    }

    /// The moduli, in the order of the matrices.
    pub fn moduli(&self) -> impl Iterator<Item = Modulus> + '_ {
        self.by_modulus.iter().map(|(m, _)| *m)
    }
}

impl<V: Clone> Residues<V> {
    /// The matrix that consists of the rows of all parts, in order; empty if there are no parts.
    ///
    /// # Errors
    /// If the parts differ in their numbers of columns, or one lacks a modulus of the first.
    pub(crate) fn stacked(parts: Vec<Self>) -> Result<Self, EngineError> {
        if parts.len() < 2 {
            return Ok(parts.into_iter().next().unwrap_or_else(|| Self { by_modulus: vec![] }));
        }
        let moduli: Vec<Modulus> = parts.first().map(|part| part.moduli().collect()).unwrap_or_default();
        let by_modulus = moduli.into_iter().map(|m| {
            let matrices = parts.iter().map(|part| part.modulo(m)).collect::<Result<Vec<_>, _>>()?;
            let stacked = concatenate(Axis(0), &matrices).map_err(|error| EngineError::Shape {
                what: "parts of a matrix",
                expected: "rows of equal length".into(),
                found: error.to_string(),
            })?;
            Ok((m, stacked))
        });
        Ok(Self { by_modulus: by_modulus.collect::<Result<_, EngineError>>()? })
    }
}

/// The union of the moduli of several bases, without repetition, in order of appearance.
pub fn union<'a>(bases: impl IntoIterator<Item = &'a [Modulus]>) -> Vec<Modulus> {
    let mut all = Vec::new();
    for &m in bases.into_iter().flatten() {
        if !all.contains(&m) {
            all.push(m);
        }
    }
    all
}

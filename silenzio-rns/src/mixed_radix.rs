//! The conversion of residues to mixed-radix digits (Garner).
//!
//! An integer `0 <= V < M = m_1 … m_k` has digits `0 <= v_j < m_j` with
//!
//! ```text
//! V = v_1 + v_2 m_1 + v_3 m_1 m_2 + …
//! ```
//!
//! Solved for v_j modulo m_j, this is `v_j = r'_j - sum_{i<j} v_i (m_i … m_{j-1})^-1` with the scaled residue
//! `r'_j = r_j (m_1 … m_{j-1})^-1`. The factor of r'_j is folded into the product that computes the residue
//! ([`RnsBase::garner_factors`]), and each earlier digit is carried into Z_mj by one look-up: k (k - 1) / 2 look-ups in
//! all.

use crate::RnsBase;
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus, Value};

/// Converts scaled residues `r'_j` (one vector of values per modulus of `base`) to mixed-radix digits.
///
/// # Errors
/// If a backend operation fails.
pub fn digits<B: Backend>(
    backend: &B,
    base: &RnsBase,
    mut scaled_residues: Vec<Vec<Value<B::Types>>>,
) -> Result<Vec<Vec<Value<B::Types>>>, BackendError> {
    for i in 0..scaled_residues.len() {
        let (known, later) = scaled_residues.split_at_mut(i + 1);
        let luts: Vec<Lut> = (i + 1..base.moduli().len()).map(|j| carry_lut(base, i, j)).collect();
        let carries = backend.luts(&known[i], &luts.iter().collect::<Vec<_>>())?;
        for (residues, carries) in later.iter_mut().zip(carries) {
            for (residue, carry) in residues.iter_mut().zip(&carries) {
                backend.sub_assign(residue, carry)?;
            }
        }
    }
    Ok(scaled_residues)
}

/// The table that carries digit `i` into the modulus of digit `j`.
fn carry_lut(base: &RnsBase, i: usize, j: usize) -> Lut {
    let inverse = base.inverse_of_digits(i, j);
    Lut::residues(base.moduli()[i], base.moduli()[j], |digit| digit * inverse)
}

/// The look-ups that convert `count` integers to digits of these moduli.
pub fn lut_counts(moduli: &[Modulus], count: u64) -> LutCounts {
    moduli.iter().rev().zip(0..).map(|(&m, later)| LutCounts::of(m, later * count)).sum()
}

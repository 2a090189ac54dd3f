//! The scheme switch from packed values to a GGSW.

use super::ciphertext::{ApproximateGgsw, ApproximateGlwe, to_fourier};
use super::external_product::add_external_product;
use super::keys::ApproximateServerKey;
use rayon::prelude::*;
use silenzio_core::noise::GadgetShape;

impl ApproximateServerKey {
    /// Makes the GGSW with these body rows, lowest level (the most significant digit) first. The key row of a level, an
    /// encryption of -s m / B^i, is the body row times a GGSW of -s.
    pub(super) fn scheme_switch_rows(
        &self,
        gadget: GadgetShape,
        rows: &[ApproximateGlwe],
    ) -> ApproximateGgsw {
        let size = self.keys.parameters.polynomial_size;
        let key_rows: Vec<_> = rows
            .par_iter()
            .map(|row| {
                let mut key_row = ApproximateGlwe::zero(size);
                add_external_product(&self.keys.fft, &self.keys.minus_key, row, &mut key_row);
                key_row
            })
            .collect();
        // TFHE-rs stores the least significant level first, and in it the key row before the body row.
        let levels = rows.iter().zip(&key_rows).rev();
        let elements =
            levels.flat_map(|(body, key)| [key.0.as_slice(), body.0.as_slice()]).flatten().copied();
        to_fourier(elements.collect(), size, gadget, &self.keys.fft)
    }
}

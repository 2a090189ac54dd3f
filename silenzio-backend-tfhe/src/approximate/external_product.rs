//! The external product of a GGSW and a GLWE.

use super::ciphertext::{ApproximateGgsw, ApproximateGlwe};
use std::cell::RefCell;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, ComputationBuffers, Fft, GlweCiphertext, PolynomialSize,
    add_external_product_assign_mem_optimized, add_external_product_assign_mem_optimized_requirement,
};

thread_local! {
    static SCRATCH: RefCell<ComputationBuffers> = RefCell::default();
}

/// Computes `out += factor * glwe`: digits of the GLWE times rows of the GGSW, in the Fourier domain.
pub(super) fn add_external_product(
    fft: &Fft,
    factor: &ApproximateGgsw,
    glwe: &ApproximateGlwe,
    out: &mut ApproximateGlwe,
) {
    let (ggsw, fft) = (&factor.0, fft.as_view());
    let size: PolynomialSize = ggsw.polynomial_size();
    let requirement =
        add_external_product_assign_mem_optimized_requirement::<u64>(ggsw.glwe_size(), size, fft);
    let mut out = GlweCiphertext::from_container(out.0.as_mut_slice(), size, CiphertextModulus::new_native());
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.resize(requirement.unaligned_bytes_required());
        add_external_product_assign_mem_optimized(&mut out, ggsw, &glwe.as_tfhe(), fft, scratch.stack());
    });
}

//! Accumulators: rotated test polynomials.

use silenzio_core::BackendError;
use tfhe::core_crypto::prelude::{
    CiphertextModulus, GlweCiphertext, GlweCiphertextView, LweCiphertext, LweDimension, MonomialDegree,
    PolynomialSize, extract_lwe_sample_from_glwe_ciphertext,
};

/// A GLWE ciphertext: k mask polynomials of N coefficients, then the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accumulator {
    coefficients: Vec<u64>,
    polynomial_size: PolynomialSize,
}

impl Accumulator {
    pub(super) const fn new(coefficients: Vec<u64>, size: usize) -> Self {
        Self { coefficients, polynomial_size: PolynomialSize(size) }
    }

    /// The coefficients of all polynomials.
    pub fn coefficients(&self) -> &[u64] {
        &self.coefficients
    }

    pub(super) fn as_tfhe(&self) -> GlweCiphertextView<'_, u64> {
        let modulus = CiphertextModulus::new_native();
        GlweCiphertext::from_container(self.coefficients.as_slice(), self.polynomial_size, modulus)
    }

    /// Extracts coefficient `index` as an LWE ciphertext under the bits of the GLWE key: k N mask elements, then the body.
    ///
    /// A GLWE key with k = 1 and N, cut in two, is one with k = 2 and N/2. Both have the same bits, so that what is extracted
    /// from accumulators under either is under one key.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if there is no such coefficient.
    pub fn extract(&self, index: usize) -> Result<Vec<u64>, BackendError> {
        let size = self.polynomial_size;
        if index >= size.0 {
            return Err(BackendError::WrongShape(format!(
                "there is no coefficient {index} in a polynomial with {}",
                size.0
            )));
        }
        let dimension = LweDimension(self.coefficients.len() - size.0);
        let mut lwe = LweCiphertext::new(0, dimension.to_lwe_size(), CiphertextModulus::new_native());
        extract_lwe_sample_from_glwe_ciphertext(&self.as_tfhe(), &mut lwe, MonomialDegree(index));
        Ok(lwe.into_container())
    }
}

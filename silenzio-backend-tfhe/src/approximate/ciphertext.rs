//! The ciphertexts of the approximate backend, and the operations that need no key.

use crate::parameters::Decomposition;
use crate::torus::Torus;
use silenzio_core::BackendError;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::noise::GadgetShape;
use silenzio_core::wire::{self, Wire};
use std::io::{self, Read, Write};
use tfhe::core_crypto::fft_impl::fft64::{ABox, c64};
use tfhe::core_crypto::prelude::slice_algorithms::{slice_wrapping_add_assign, slice_wrapping_sub_assign};
use tfhe::core_crypto::prelude::{
    CiphertextModulus, ComputationBuffers, Fft, FourierGgswCiphertext, GgswCiphertext, GlweCiphertext,
    GlweCiphertextView, GlweSize, LweCiphertext, LweSize, MonomialDegree, PolynomialSize,
    convert_standard_ggsw_ciphertext_to_fourier_mem_optimized,
    convert_standard_ggsw_ciphertext_to_fourier_mem_optimized_requirement,
    extract_lwe_sample_from_glwe_ciphertext,
};

/// An encryption of a torus element under the bits of the GLWE key: N mask elements, then the body.
#[derive(Clone, Debug)]
pub struct ApproximateLwe(pub(super) Vec<u64>);

/// An encryption of a polynomial of torus elements: N coefficients of the mask, then those of the body.
#[derive(Clone, Debug)]
pub struct ApproximateGlwe(pub(super) Vec<u64>);

/// An encryption of a polynomial of small integers, as a factor of external products, in Fourier form.
#[derive(Clone, Debug)]
pub struct ApproximateGgsw(pub(super) FourierGgswCiphertext<ABox<[c64]>>);

impl ApproximateLwe {
    pub(super) fn trivial(size: usize, x: Torus) -> Self {
        let mut lwe = vec![0; size];
        lwe.push(x.0);
        Self(lwe)
    }

    pub(super) fn mask(&self) -> &[u64] {
        self.0.split_last().map_or(&[], |(_, mask)| mask)
    }

    pub(super) fn body(&self) -> Torus {
        Torus(self.0.last().copied().unwrap_or_default())
    }

    pub(super) fn check(&self, size: usize) -> Result<(), BackendError> {
        check_size("an LWE", self.0.len(), size + 1)
    }

    /// Adds an LWE of the same dimension. All LWEs of one key, or read for one set of parameters, have the same dimension.
    pub(super) fn add(&mut self, other: &Self) {
        slice_wrapping_add_assign(&mut self.0, &other.0);
    }

    pub(super) fn sub(&mut self, other: &Self) {
        slice_wrapping_sub_assign(&mut self.0, &other.0);
    }

    pub(super) fn add_constant(&mut self, x: Torus) {
        if let Some(body) = self.0.last_mut() {
            *body = body.wrapping_add(x.0);
        }
    }
}

impl ApproximateGlwe {
    pub(super) fn zero(size: usize) -> Self {
        Self(vec![0; 2 * size])
    }

    pub(super) fn trivial(size: usize, coefficients: &[f64]) -> Self {
        let mut glwe = Self::zero(size);
        for (coefficient, &x) in glwe.0.iter_mut().skip(size).zip(coefficients) {
            *coefficient = Torus::from_real(x).0;
        }
        glwe
    }

    pub(super) fn check(&self, size: usize) -> Result<(), BackendError> {
        check_size("a GLWE", self.0.len(), 2 * size)
    }

    /// The product with X^`degree`, which must be less than N.
    pub(super) fn times_monomial(mut self, degree: usize) -> Self {
        let size = self.0.len() / 2;
        for polynomial in self.0.chunks_exact_mut(size.max(1)) {
            polynomial.rotate_right(degree);
            polynomial.iter_mut().take(degree).for_each(|wrapped| *wrapped = wrapped.wrapping_neg());
        }
        self
    }

    pub(super) fn as_tfhe(&self) -> GlweCiphertextView<'_, u64> {
        let size = PolynomialSize(self.0.len() / 2);
        GlweCiphertext::from_container(self.0.as_slice(), size, CiphertextModulus::new_native())
    }

    pub(super) fn extract(&self, index: usize) -> Result<ApproximateLwe, BackendError> {
        let size = self.0.len() / 2;
        if index >= size {
            return Err(BackendError::WrongShape(format!(
                "there is no coefficient {index} in a polynomial with {size}"
            )));
        }
        Ok(extract(&self.as_tfhe(), index))
    }

    /// Adds a GLWE of the same size. All GLWEs of one key, or read for one set of parameters, have the same size.
    pub(super) fn add(&mut self, other: &Self) {
        slice_wrapping_add_assign(&mut self.0, &other.0);
    }

    pub(super) fn sub(&mut self, other: &Self) {
        slice_wrapping_sub_assign(&mut self.0, &other.0);
    }
}

/// Extracts coefficient `index` of a GLWE, which must exist.
pub(super) fn extract(glwe: &GlweCiphertextView<'_, u64>, index: usize) -> ApproximateLwe {
    let size = LweSize(glwe.polynomial_size().0 + 1);
    let mut lwe = LweCiphertext::new(0, size, CiphertextModulus::new_native());
    extract_lwe_sample_from_glwe_ciphertext(glwe, &mut lwe, MonomialDegree(index));
    ApproximateLwe(lwe.into_container())
}

pub(super) fn check_size(what: &str, found: usize, expected: usize) -> Result<(), BackendError> {
    if found == expected {
        Ok(())
    } else {
        Err(BackendError::WrongShape(format!(
            "{what} has {found} elements instead of {expected}: it was not made for these parameters"
        )))
    }
}

/// Transforms the elements of a GGSW with k = 1 to Fourier form.
pub(super) fn to_fourier(elements: Vec<u64>, size: usize, gadget: GadgetShape, fft: &Fft) -> ApproximateGgsw {
    let (size, Decomposition { base_log, levels }) = (PolynomialSize(size), Decomposition::from(gadget));
    let modulus = CiphertextModulus::new_native();
    let standard = GgswCiphertext::from_container(elements, GlweSize(2), size, base_log, modulus);
    let mut fourier = FourierGgswCiphertext::new(GlweSize(2), size, base_log, levels);
    let fft = fft.as_view();
    let mut scratch = ComputationBuffers::new();
    let requirement = convert_standard_ggsw_ciphertext_to_fourier_mem_optimized_requirement(fft);
    scratch.resize(requirement.unaligned_bytes_required());
    convert_standard_ggsw_ciphertext_to_fourier_mem_optimized(&standard, &mut fourier, fft, scratch.stack());
    ApproximateGgsw(fourier)
}

/// The binary form is the mask, then the body.
impl Wire<ApproximateParameters> for ApproximateLwe {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok(((parameters.polynomial_size + 1) * size_of::<u64>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u64s(to, &self.0)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut lwe = vec![0; parameters.polynomial_size + 1];
        wire::read_u64s(from, &mut lwe)?;
        Ok(Self(lwe))
    }
}

/// The binary form is the coefficients of the mask, then those of the body.
impl Wire<ApproximateParameters> for ApproximateGlwe {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok((2 * parameters.polynomial_size * size_of::<u64>()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u64s(to, &self.0)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut glwe = Self::zero(parameters.polynomial_size);
        wire::read_u64s(from, &mut glwe.0)?;
        Ok(glwe)
    }
}

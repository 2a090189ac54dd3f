//! The client side, without any secret.

use super::randomness::{Operation, mask};
use super::value::{PlainApproximate, PlainGlwe, PlainLwe, PlainLwes, PlainTerms, centred, from_steps};
use silenzio_core::BackendError;
use silenzio_core::approximate::{ApproximateClient, ApproximateParameters};

/// The client of the approximate simulator, which keeps values in the clear. The noise of fresh ciphertexts is far below
/// all other noise and is left out, except that of the rows of a GGSW.
#[derive(Clone, Copy, Debug)]
pub struct PlainApproximateClient {
    parameters: &'static ApproximateParameters,
}

impl PlainApproximateClient {
    /// A client for these parameters.
    pub const fn new(parameters: &'static ApproximateParameters) -> Self {
        Self { parameters }
    }
}

impl ApproximateClient for PlainApproximateClient {
    type Types = PlainApproximate;

    fn encrypt_lwes(&self, xs: &[f64]) -> PlainLwes {
        let fresh = |(i, &value): (usize, &f64)| PlainLwe {
            value,
            mask: mask(Operation::FreshLwe, [i as u64, value.to_bits()]),
        };
        PlainLwes(xs.iter().enumerate().map(fresh).collect())
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<PlainTerms, BackendError> {
        if let Some((place, _)) = terms.iter().find(|(place, _)| *place >= self.parameters.polynomial_size) {
            return Err(BackendError::WrongShape(format!("there is no coefficient {place}")));
        }
        let terms = terms.iter().copied().filter(|(_, m)| *m != 0).collect();
        Ok(PlainTerms { terms, size: self.parameters.polynomial_size })
    }

    fn decrypt_lwe(&self, lwe: &PlainLwe) -> Result<f64, BackendError> {
        Ok(centred(lwe.value))
    }

    fn decrypt_glwe(&self, glwe: &PlainGlwe) -> Result<Vec<f64>, BackendError> {
        Ok(glwe.polynomial.coefficients().into_iter().map(from_steps).collect())
    }
}

//! The client side, without any secret.

use super::value::{PlainGgsw, PlainGlwe, PlainLwe, centred};
use silenzio_core::BackendError;
use silenzio_core::leveled::{LeveledClient, LeveledParameters};

/// "Encrypts" by writing down. The noise of fresh ciphertexts is far below everything else and is left out, but for
/// that of the rows of a GGSW.
#[derive(Clone, Copy, Debug)]
pub struct PlainLeveledClient {
    parameters: &'static LeveledParameters,
}

impl PlainLeveledClient {
    /// The client for these parameters.
    pub const fn new(parameters: &'static LeveledParameters) -> Self {
        Self { parameters }
    }
}

impl LeveledClient for PlainLeveledClient {
    type Lwe = PlainLwe;
    type Glwe = PlainGlwe;
    type Ggsw = PlainGgsw;

    fn encrypt_lwe(&self, x: f64) -> PlainLwe {
        PlainLwe(x)
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<PlainGgsw, BackendError> {
        if let Some((place, _)) = terms.iter().find(|(place, _)| *place >= self.parameters.polynomial_size) {
            return Err(BackendError::WrongShape(format!("coefficient {place} does not exist")));
        }
        let terms = terms.iter().filter(|(_, m)| *m != 0).map(|&(place, m)| (place, m as f64)).collect();
        Ok(PlainGgsw { terms, gadget: self.parameters.fresh, rows: self.parameters.fresh_rows() })
    }

    fn decrypt_lwe(&self, lwe: &PlainLwe) -> Result<f64, BackendError> {
        Ok(centred(lwe.0))
    }

    fn decrypt_glwe(&self, glwe: &PlainGlwe) -> Result<Vec<f64>, BackendError> {
        Ok(glwe.coefficients.iter().map(|&x| centred(x)).collect())
    }
}

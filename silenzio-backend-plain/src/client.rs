//! The client side, without any secret.

use crate::{Plain, PlainValue, PlainValues};
use silenzio_core::{BackendError, Client, Modulus};

/// The client of the simulator, which keeps residues in the clear.
#[derive(Clone, Copy, Default, Debug)]
pub struct PlainClient;

impl Client for PlainClient {
    type Types = Plain;

    fn encrypt(&self, m: Modulus, xs: &[i64]) -> Result<PlainValues, BackendError> {
        Ok(PlainValues(xs.iter().map(|&x| PlainValue::new(m, x)).collect()))
    }

    fn decrypt(&self, values: &[PlainValue]) -> Result<Vec<i64>, BackendError> {
        Ok(values.iter().map(|value| value.signed()).collect())
    }
}

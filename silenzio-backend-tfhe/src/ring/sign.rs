//! Signs with which ciphertexts are decomposed.

use crate::torus::Torus;

/// The sign with which a ciphertext is decomposed, so that errors that are odd functions of it have no mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    Positive,
    Negative,
}

impl Sign {
    /// The sign for a ciphertext with this body: the parity of its bits, which is uniform as the body is.
    pub(crate) const fn of(body: Torus) -> Self {
        if body.0.count_ones().is_multiple_of(2) { Self::Positive } else { Self::Negative }
    }

    /// `x` with this sign.
    pub(crate) const fn times(self, x: u64) -> u64 {
        match self {
            Self::Positive => x,
            Self::Negative => x.wrapping_neg(),
        }
    }
}

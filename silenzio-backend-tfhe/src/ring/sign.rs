//! Signs with which ciphertexts are decomposed.

/// The sign with which a ciphertext is decomposed, so that errors that are odd functions of it have no mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    Positive,
    Negative,
}

impl Sign {
    /// The sign for a ciphertext with this body, or for several whose bodies have this exclusive or: the parity of its bits,
    /// which is uniform as a body is.
    pub(crate) const fn of(bits: u64) -> Self {
        if bits.count_ones().is_multiple_of(2) { Self::Positive } else { Self::Negative }
    }

    /// `x` with this sign.
    pub(crate) const fn times(self, x: u64) -> u64 {
        match self {
            Self::Positive => x,
            Self::Negative => x.wrapping_neg(),
        }
    }
}

//! A value in the clear.

use silenzio_core::Modulus;

/// An element of Z_m that anybody can read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainValue {
    modulus: Modulus,
    residue: u8,
}

impl PlainValue {
    /// `x` modulo `m`.
    pub const fn new(m: Modulus, x: i64) -> Self {
        Self { modulus: m, residue: m.reduce(x) }
    }

    /// The modulus.
    pub const fn modulus(self) -> Modulus {
        self.modulus
    }

    /// The residue in `0..m`.
    pub const fn residue(self) -> u8 {
        self.residue
    }

    /// The signed representative.
    pub const fn signed(self) -> i64 {
        self.modulus.centre(self.residue as i64)
    }
}

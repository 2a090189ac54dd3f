//! A value in the clear.

use silenzio_core::wire::{self, invalid};
use silenzio_core::{Modulus, ValueTypes, Wire};
use std::io::{self, Read, Write};

/// An element of Z_m that anybody can read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlainValue {
    modulus: Modulus,
    residue: u8,
}

impl PlainValue {
    /// The value `x` modulo `m`.
    #[inline]
    pub const fn new(m: Modulus, x: i64) -> Self {
        Self { modulus: m, residue: m.reduce(x) }
    }

    /// The modulus.
    #[inline]
    pub const fn modulus(self) -> Modulus {
        self.modulus
    }

    /// The residue in `0..m`.
    #[inline]
    pub const fn residue(self) -> u8 {
        self.residue
    }

    /// The signed representative.
    #[inline]
    pub const fn signed(self) -> i64 {
        let (r, m) = (self.residue as i64, self.modulus.get() as i64);
        if 2 * r > m { r - m } else { r }
    }

    /// The sum with another residue of the same modulus.
    #[inline]
    pub(crate) const fn plus(self, residue: u8) -> Self {
        let (sum, m) = (self.residue as u16 + residue as u16, self.modulus.get() as u16);
        Self { modulus: self.modulus, residue: (if sum >= m { sum - m } else { sum }) as u8 }
    }

    /// The negative.
    #[inline]
    pub(crate) const fn negated(self) -> Self {
        let m = self.modulus.get();
        Self { modulus: self.modulus, residue: if self.residue == 0 { 0 } else { m - self.residue } }
    }

    fn from_byte(m: Modulus, residue: u8) -> io::Result<Self> {
        if residue < m.get() {
            Ok(Self { modulus: m, residue })
        } else {
            Err(invalid(format!("{residue} is not a residue modulo {m}")))
        }
    }
}

/// The binary form is one byte, the residue.
impl Wire<Modulus> for PlainValue {
    fn encoded_len(_: &Modulus) -> io::Result<u64> {
        Ok(1)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&[self.residue])
    }

    fn read(from: &mut dyn Read, m: &Modulus) -> io::Result<Self> {
        let mut byte = [0];
        from.read_exact(&mut byte)?;
        Self::from_byte(*m, byte[0])
    }
}

/// Values as a client sends them: just the values, since nothing in them is random.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlainValues(pub(crate) Vec<PlainValue>);

/// The format is the modulus of all values, and their number.
impl Wire<(Modulus, usize)> for PlainValues {
    fn encoded_len(&(m, count): &(Modulus, usize)) -> io::Result<u64> {
        wire::encoded_len_of::<_, PlainValue>(&m, count)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let bytes: Vec<u8> = self.0.iter().map(|value| value.residue).collect();
        to.write_all(&bytes)
    }

    fn read(from: &mut dyn Read, &(m, count): &(Modulus, usize)) -> io::Result<Self> {
        let mut bytes = vec![0; count];
        from.read_exact(&mut bytes)?;
        Ok(Self(bytes.into_iter().map(|byte| PlainValue::from_byte(m, byte)).collect::<Result<_, _>>()?))
    }
}

/// The types of the simulator.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl ValueTypes for Plain {
    type Value = PlainValue;
    type Seeded = PlainValues;
}

//! Look-up tables between moduli.

use crate::Modulus;

/// A table from Z_m to Z_m', which one programmable bootstrap evaluates.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Lut {
    input: Modulus,
    output: Modulus,
    table: Box<[u8]>,
}

impl Lut {
    /// The table of `f` over the *signed* representatives of the input modulus. The results of `f` are reduced modulo
    /// the output modulus.
    pub fn signed(input: Modulus, output: Modulus, f: impl Fn(i64) -> i64) -> Self {
        Self::residues(input, output, |r| f(input.centre(r)))
    }

    /// The table of `f` over the residues `0..m` of the input modulus. The results of `f` are reduced modulo the output
    /// modulus.
    pub fn residues(input: Modulus, output: Modulus, f: impl Fn(i64) -> i64) -> Self {
        let table = (0..i64::from(input)).map(|r| output.reduce(f(r))).collect();
        Self { input, output, table }
    }

    /// The table that changes the modulus of a signed value, but not its value.
    pub fn embed(input: Modulus, output: Modulus) -> Self {
        Self::signed(input, output, |x| x)
    }

    /// The modulus of the argument.
    pub const fn input(&self) -> Modulus {
        self.input
    }

    /// The modulus of the result.
    pub const fn output(&self) -> Modulus {
        self.output
    }

    /// The results, residues in `0..m'`, at the arguments `0..m`.
    pub fn table(&self) -> &[u8] {
        &self.table
    }

    /// The result at any representative of the argument.
    #[allow(clippy::indexing_slicing, reason = "a table has an entry for every residue of its input modulus")]
    pub fn at(&self, x: i64) -> u8 {
        self.table[usize::from(self.input.reduce(x))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_and_residue_tables_agree_up_to_representatives() {
        let (m, n) = (Modulus::new(15).unwrap(), Modulus::new(7).unwrap());
        let signed = Lut::signed(m, n, |x| x * x);
        let residues = Lut::residues(m, n, |r| m.centre(r).pow(2));
        assert_eq!(signed, residues);
        assert_eq!(signed.at(-2), 4);
        assert_eq!(signed.at(13), 4);
    }
}

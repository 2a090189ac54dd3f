//! The published gadget, in which no value needs more than eight bits.
//!
//! A residue x of at most five bits is split into a low part of three bits and a high part of two (half and half for
//! narrower moduli), so that the partial products `x_low w` and `x_high w` fit in eight bits. A partial product is the
//! difference of two quarter squares, `uw = ⌊(u + w)²/4⌋ - ⌊(u - w)²/4⌋`, by two look-ups. Another look-up multiplies
//! it by the weight of the part, and reduces it modulo m. The reduced products are summed in blocks, as long as eight
//! bits allow, and each sum is reduced by a look-up, until one block is left.
//!
//! Source: Silenzio, arXiv 2504.17785 (Karatsuba-inspired matrix product). The quarter squares take the place of the
//! product of two encrypted integers that the paper's library provides.

use super::{ProductShape, each_output};
use ndarray::{Array2, ArrayView2};
use silenzio_core::{Backend, BackendError, Lut, LutCounts, Modulus, Value};

/// The moduli and bit widths that the gadget uses for residues modulo m.
struct Widths {
    m: Modulus,
    /// The number of bits of the low part.
    low_bits: u32,
    /// The modulus of sums `u + w` (from 0) and differences `u - w` (down to `-(m - 1)`) of a part and a residue.
    pair: Modulus,
    /// The modulus of a partial product.
    partial: Modulus,
    /// The modulus of a block of reduced products.
    block: Modulus,
}

impl Widths {
    fn new(m: Modulus) -> Result<Self, BackendError> {
        let low_bits = m.bits().div_ceil(2);
        let largest_part = (1 << low_bits) - 1;
        let largest = u32::from(m.get()) - 1;
        let partial = Modulus::holding(largest_part * largest + 1)?;
        // A block is at least as wide as a partial product, and wide enough for two reduced products.
        let block = Modulus::holding((2 * largest + 1).max(partial.get().into()))?;
        Ok(Self {
            m,
            low_bits,
            pair: Modulus::holding(largest_part + largest + 1)?,
            partial,
            block: Modulus::new((1 << block.bits()) - 1)?,
        })
    }

    /// The largest part of a residue.
    fn largest_part(&self) -> i64 {
        (1 << self.low_bits) - 1
    }

    /// The number of reduced products, each at most m - 1, that fit in a block.
    fn block_length(&self) -> usize {
        usize::from((self.block.get() - 1) / (self.m.get() - 1))
    }

    fn low_part(&self) -> Lut {
        Lut::residues(self.m, self.pair, |x| x & self.largest_part())
    }

    fn high_part(&self) -> Lut {
        Lut::residues(self.m, self.pair, |x| x >> self.low_bits)
    }

    fn widened(&self) -> Lut {
        Lut::residues(self.m, self.pair, |x| x)
    }

    fn quarter_square_of_sum(&self) -> Lut {
        Lut::residues(self.pair, self.partial, |sum| sum * sum / 4)
    }

    fn quarter_square_of_difference(&self) -> Lut {
        Lut::residues(self.pair, self.partial, |r| {
            let difference = if r <= self.largest_part() { r } else { r - i64::from(self.pair) };
            difference * difference / 4
        })
    }

    /// The table that multiplies a partial product by the weight of its part, and reduces it.
    fn reduced(&self, weight: i64) -> Lut {
        Lut::residues(self.partial, self.block, |product| weight * product % i64::from(self.m))
    }

    fn reduced_block(&self) -> Lut {
        Lut::residues(self.block, self.block, |sum| sum % i64::from(self.m))
    }

    fn finished(&self, factor: i64) -> Lut {
        Lut::residues(self.block, self.m, |sum| factor * sum)
    }
}

/// `factor * X W mod m`, for m of about five bits.
///
/// # Errors
/// If a partial product does not fit in eight bits, or a backend operation fails.
pub fn product<B: Backend>(
    backend: &B,
    m: Modulus,
    factor: i64,
    x: ArrayView2<'_, Value<B::Types>>,
    w: ArrayView2<'_, Value<B::Types>>,
) -> Result<Array2<Value<B::Types>>, BackendError> {
    let widths = Widths::new(m)?;
    let left: Vec<_> = x.iter().cloned().collect();
    let right: Vec<_> = w.iter().cloned().collect();
    let parts = backend.luts(&left, &[&widths.low_part(), &widths.high_part()])?;
    let wide = backend.lut(&right, &widths.widened())?;
    let (of_sum, of_difference) = (widths.quarter_square_of_sum(), widths.quarter_square_of_difference());
    let reductions = [widths.reduced(1), widths.reduced(1 << widths.low_bits)];
    let (b, c) = (x.ncols(), w.ncols());

    each_output(x, w, |i, j| {
        let mut products = Vec::with_capacity(2 * b);
        for (part, reduction) in parts.iter().zip(&reductions) {
            let mut sums = part[i * b..(i + 1) * b].to_vec();
            let mut differences = sums.clone();
            for (k, (sum, difference)) in sums.iter_mut().zip(&mut differences).enumerate() {
                backend.add_assign(sum, &wide[k * c + j])?;
                backend.sub_assign(difference, &wide[k * c + j])?;
            }
            let mut partial = backend.lut(&sums, &of_sum)?;
            for (product, square) in partial.iter_mut().zip(backend.lut(&differences, &of_difference)?) {
                backend.sub_assign(product, &square)?;
            }
            products.extend(backend.lut(&partial, reduction)?);
        }
        sum_block_wise(backend, &widths, factor, products)
    })
}

/// Sums reduced products in blocks, multiplies the sum by `factor`, and reduces it modulo m.
fn sum_block_wise<B: Backend>(
    backend: &B,
    widths: &Widths,
    factor: i64,
    mut terms: Vec<Value<B::Types>>,
) -> Result<Value<B::Types>, BackendError> {
    let length = widths.block_length();
    let block_sum = |block: &[Value<B::Types>]| backend.sum(widths.block, block);
    while terms.len() > length {
        let sums: Vec<_> = terms.chunks(length).map(block_sum).collect::<Result<_, _>>()?;
        terms = backend.lut(&sums, &widths.reduced_block())?;
    }
    let finished = backend.lut(&[block_sum(&terms)?], &widths.finished(factor))?;
    finished.into_iter().next().ok_or_else(|| BackendError::WrongShape("a look-up has no result".into()))
}

/// The look-ups of one product, about six per multiplication. There are none for wider moduli, which the gadget does
/// not support.
pub fn lut_counts(m: Modulus, ProductShape { a, b, c }: ProductShape) -> LutCounts {
    let Ok(widths) = Widths::new(m) else { return LutCounts::default() };
    let mut blocks = 0;
    let mut terms = 2 * b;
    while terms > widths.block_length() {
        terms = terms.div_ceil(widths.block_length());
        blocks += terms;
    }
    let count = |m, n: usize| LutCounts::of(m, n as u64);
    count(m, 2 * a * b + b * c)
        + count(widths.pair, 4 * a * b * c)
        + count(widths.partial, 2 * a * b * c)
        + count(widths.block, (blocks + 1) * a * c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_eight_bits_up_to_five_bit_moduli() {
        for m in (3..=31).step_by(2) {
            let widths = Widths::new(Modulus::new(m).unwrap()).unwrap();
            assert!(widths.block_length() >= 2, "blocks of {} for modulus {m}", widths.block_length());
            let largest = i64::from(m) - 1;
            assert!(widths.largest_part() * largest < i64::from(widths.partial));
            assert!(widths.block_length() as i64 * largest < i64::from(widths.block));
        }
        assert!(Widths::new(Modulus::new(63).unwrap()).is_err());
    }
}

//! The layout of weights: which coefficient of which polynomial holds which weight.

use serde::{Deserialize, Serialize};
use silenzio_core::EngineError;

/// The layout of the weights of a layer: the weight from input k to output j of a block is the coefficient
/// `k input_stride + j output_stride`.
///
/// Activations are a polynomial with a_k at `k input_stride`, and deltas one with δ_j at `j output_stride`. Their
/// product is the outer product in the layout of the weights. With 1/X in place of X in one operand, a product has sums
/// instead: `a(1/X) W(X)` has the pre-activation of unit j at `j output_stride`, and `δ(1/X) W(X)` the delta of unit k
/// at `k input_stride`. No other terms end up at these coefficients, since one of the strides is 1 and the other is the
/// length of the block that has stride 1.
///
/// Packing takes fewer automorphisms the farther apart the values are. So the larger stride goes to whichever of inputs
/// and outputs are packed from more LWEs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// The number of inputs, including the constant one of the bias.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// The number of inputs in a block.
    pub input_block: usize,
    /// The number of outputs in a block.
    pub output_block: usize,
    /// The distance between the coefficients of neighbouring inputs.
    pub input_stride: usize,
    /// The distance between the coefficients of neighbouring outputs.
    pub output_stride: usize,
    /// N, the number of coefficients of a polynomial.
    pub size: usize,
}

impl Layout {
    /// The layout of the first layer, in which outputs are far apart: only deltas are packed, since the client encrypts
    /// the inputs.
    pub fn first(size: usize, inputs: usize, outputs: usize) -> Self {
        let block = inputs.next_power_of_two().min(size);
        Self {
            inputs,
            outputs,
            input_block: block,
            output_block: size / block,
            input_stride: 1,
            output_stride: block,
            size,
        }
    }

    /// The layout of any other layer, in which inputs are far apart.
    pub fn hidden(size: usize, inputs: usize, outputs: usize) -> Self {
        let block = inputs.next_power_of_two().min(size);
        Self {
            inputs,
            outputs,
            input_block: block,
            output_block: size / block,
            input_stride: size / block,
            output_stride: 1,
            size,
        }
    }

    /// Checks a layout that was read from a file.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if blocks and strides do not fill polynomials of `size` coefficients.
    pub(crate) fn check_consistent(&self, size: usize) -> Result<(), EngineError> {
        let blocks = self.input_block.is_power_of_two()
            && self.input_block <= size
            && self.output_block == size / self.input_block;
        let strides = [(1, self.input_block), (self.output_block, 1)];
        if self.size == size && blocks && strides.contains(&(self.input_stride, self.output_stride)) {
            return Ok(());
        }
        Err(EngineError::Shape {
            what: "layout of weights",
            expected: format!("blocks and strides that fill {size} coefficients"),
            found: format!("{self:?}"),
        })
    }

    /// The number of blocks of inputs.
    pub const fn input_blocks(&self) -> usize {
        self.inputs.div_ceil(self.input_block)
    }

    /// The number of blocks of outputs.
    pub const fn output_blocks(&self) -> usize {
        self.outputs.div_ceil(self.output_block)
    }

    /// The numbers of the inputs in a block.
    pub fn inputs_of(&self, block: usize) -> std::ops::Range<usize> {
        block * self.input_block..self.inputs.min((block + 1) * self.input_block)
    }

    /// The numbers of the outputs in a block.
    pub fn outputs_of(&self, block: usize) -> std::ops::Range<usize> {
        block * self.output_block..self.outputs.min((block + 1) * self.output_block)
    }

    /// The number of weights, including those of the bias.
    pub const fn weights(&self) -> usize {
        self.inputs * self.outputs
    }

    /// The number of polynomials that hold the weights.
    pub const fn blocks(&self) -> usize {
        self.input_blocks() * self.output_blocks()
    }

    /// The number of columns of the weights. A column has the weights of one output and one block of inputs, which are in
    /// the same polynomial. Columns are numbered by block of inputs, then by output, so that those of a polynomial follow
    /// one another.
    pub const fn columns(&self) -> usize {
        self.input_blocks() * self.outputs
    }

    /// The block of inputs and the block of outputs of a column.
    pub const fn blocks_of_column(&self, column: usize) -> (usize, usize) {
        (column / self.outputs, column % self.outputs / self.output_block)
    }

    /// The coefficients that hold the weights of a column.
    pub fn places_of_column(&self, column: usize) -> Vec<usize> {
        let (input_block, _) = self.blocks_of_column(column);
        let output = self.output_place(column % self.outputs);
        self.inputs_of(input_block).map(|k| self.input_place(k) + output).collect()
    }

    /// The number of the polynomial that holds a column, counted row by row.
    pub const fn polynomial_of_column(&self, column: usize) -> usize {
        let (input_block, output_block) = self.blocks_of_column(column);
        input_block * self.output_blocks() + output_block
    }

    /// The polynomials in which some columns lie.
    pub fn polynomials_of_columns(&self, columns: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        match columns.end.checked_sub(1) {
            Some(last) if !columns.is_empty() => {
                self.polynomial_of_column(columns.start)..self.polynomial_of_column(last) + 1
            }
            _ => 0..0,
        }
    }

    /// The coefficient of an input in its block.
    pub const fn input_place(&self, input: usize) -> usize {
        input % self.input_block * self.input_stride
    }

    /// The coefficient of an output in its block.
    pub const fn output_place(&self, output: usize) -> usize {
        output % self.output_block * self.output_stride
    }

    /// The terms of p(1/X) modulo X^N + 1, from the terms of p(X).
    pub fn inverted(&self, terms: &[(usize, i64)]) -> Vec<(usize, i64)> {
        let invert = |&(place, m): &(usize, i64)| if place == 0 { (0, m) } else { (self.size - place, -m) };
        terms.iter().map(invert).collect()
    }

    /// Checks that a weight matrix has the blocks of this layout.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if it has another number of blocks.
    pub fn check<T>(&self, blocks: &[Vec<T>]) -> Result<(), EngineError> {
        let fits =
            blocks.len() == self.input_blocks() && blocks.iter().all(|row| row.len() == self.output_blocks());
        if fits {
            return Ok(());
        }
        Err(EngineError::Shape {
            what: "polynomials of weights",
            expected: format!("{} x {}", self.input_blocks(), self.output_blocks()),
            found: format!("{} x {}", blocks.len(), blocks.first().map_or(0, Vec::len)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Checks that different terms of a product have the same exponent of X modulo N only where they are to be added
    /// up.
    fn check_products(layout: &Layout) {
        let exponent = |k: usize, j: usize| (layout.input_place(k) + layout.output_place(j)) as i64;
        let (inputs, outputs) = (layout.inputs_of(0), layout.outputs_of(0));
        let n = layout.size as i64;
        for k in inputs.clone() {
            for j in outputs.clone() {
                assert!(exponent(k, j) < n);
                for other in inputs.clone().chain(outputs.clone()) {
                    if inputs.contains(&other) && other != k {
                        let moved = exponent(k, j) - exponent(other, 0);
                        assert!(outputs.clone().all(|o| (moved - exponent(0, o)) % n != 0));
                    }
                    if outputs.contains(&other) && other != j {
                        let moved = exponent(k, j) - exponent(0, other);
                        assert!(inputs.clone().all(|i| (moved - exponent(i, 0)) % n != 0));
                    }
                }
            }
        }
    }

    #[test]
    fn products_meet_only_where_they_should() {
        for (inputs, outputs) in [(5, 8), (9, 3), (64, 1), (33, 40), (200, 2)] {
            check_products(&Layout::first(64, inputs, outputs));
            check_products(&Layout::hidden(64, inputs, outputs));
        }
    }

    #[test]
    fn columns_of_a_polynomial_follow_one_another_and_hold_every_weight_once() {
        for (inputs, outputs) in [(5, 8), (9, 3), (64, 1), (33, 40), (200, 2)] {
            let layout = Layout::hidden(64, inputs, outputs);
            let mut places = BTreeSet::new();
            for column in 0..layout.columns() {
                let polynomial = layout.polynomial_of_column(column);
                for place in layout.places_of_column(column) {
                    assert!(place < 64 && places.insert((polynomial, place)));
                }
            }
            assert_eq!(places.len(), layout.weights());
            assert_eq!(layout.polynomials_of_columns(&(0..layout.columns())), 0..layout.blocks());
            assert!((1..layout.columns()).all(|column| {
                (0..2).contains(
                    &(layout.polynomial_of_column(column) - layout.polynomial_of_column(column - 1)),
                )
            }));
            assert!(layout.polynomials_of_columns(&(1..1)).is_empty());
        }
    }

    #[test]
    fn large_layers_take_several_polynomials() {
        let layout = Layout::first(2048, 785, 128);
        assert_eq!((layout.input_blocks(), layout.output_blocks()), (1, 64));
        assert_eq!((layout.outputs_of(1), layout.output_place(3)), (2..4, 1024));
        let wide = Layout::hidden(64, 150, 3);
        assert_eq!((wide.input_blocks(), wide.output_blocks()), (3, 3));
        assert_eq!((wide.inputs_of(2), wide.input_place(129)), (128..150, 1));
    }
}

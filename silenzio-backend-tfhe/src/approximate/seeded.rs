//! Ciphertexts as a client sends them, without their masks.

use super::ciphertext::{ApproximateGgsw, ApproximateLwe, check_size, to_fourier};
use crate::bodies::Bodies;
use crate::ring::key_product::{Halves, KeyProduct, KeyProductShape};
use silenzio_core::BackendError;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::noise::GadgetShape;
use silenzio_core::wire::Wire;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::Fft;

/// Freshly encrypted torus elements: one seed for all masks, and a body for each.
#[derive(Clone, Debug)]
pub struct SeededLwes {
    pub(super) dimension: usize,
    pub(super) bodies: Bodies<u64>,
}

impl SeededLwes {
    pub(super) fn expand(&self, dimension: usize) -> Result<Vec<ApproximateLwe>, BackendError> {
        check_size("an LWE mask", self.dimension, dimension)?;
        Ok(self.bodies.expand_lwes(dimension).into_iter().map(ApproximateLwe).collect())
    }
}

/// The format is the parameters of the key, and the number of torus elements.
impl Wire<(ApproximateParameters, usize)> for SeededLwes {
    fn encoded_len((_, count): &(ApproximateParameters, usize)) -> io::Result<u64> {
        Bodies::<u64>::encoded_len(count)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.bodies.write(to)
    }

    fn read(from: &mut dyn Read, (parameters, count): &(ApproximateParameters, usize)) -> io::Result<Self> {
        Ok(Self { dimension: parameters.polynomial_size, bodies: Bodies::read(from, count)? })
    }
}

/// A freshly encrypted polynomial of small integers, as a factor: one seed for the masks of all rows, and their bodies.
#[derive(Clone, Debug)]
pub struct SeededGgsw(pub(super) Bodies<u64>);

impl SeededGgsw {
    /// Checks that the number of rows is that of a GGSW with this gadget.
    pub(super) fn check(&self, size: usize, gadget: GadgetShape) -> Result<(), BackendError> {
        check_size("a GGSW", self.0.elements().len(), bodies(size, gadget))
    }

    /// Expands the GGSW, which must have this gadget, to its masks and bodies in Fourier form.
    pub(super) fn expand(&self, size: usize, gadget: GadgetShape, fft: &Fft) -> ApproximateGgsw {
        to_fourier(self.0.expand_glwes(size), size, gadget, fft)
    }

    /// Expands the body rows, which are multiplied by the digits of one polynomial, for use in products.
    pub(super) fn expand_body_rows(
        &self,
        size: usize,
        gadget: GadgetShape,
    ) -> Result<KeyProduct, BackendError> {
        let standard = self.0.expand_glwes(size);
        // Each level has a key row and a body row of two polynomials, the least significant level first.
        let body_rows = standard.chunks_exact(2 * size).skip(1).step_by(2);
        let rows: Vec<u64> = body_rows.flatten().copied().collect();
        KeyProduct::new(KeyProductShape { size, inputs: 1, columns: 2, halves: Halves::Both, gadget }, &rows)
    }

    /// The size of a GGSW with this gadget, in bytes.
    pub(super) const fn bytes(size: usize, gadget: GadgetShape) -> usize {
        Bodies::<u64>::bytes(bodies(size, gadget))
    }

    /// Reads a GGSW with this gadget.
    pub(super) fn read_with(from: &mut dyn Read, size: usize, gadget: GadgetShape) -> io::Result<Self> {
        Ok(Self(Bodies::read(from, &bodies(size, gadget))?))
    }
}

/// The number of bodies in the rows of a GGSW.
pub(super) const fn bodies(size: usize, gadget: GadgetShape) -> usize {
    2 * gadget.levels * size
}

impl Wire<ApproximateParameters> for SeededGgsw {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok(Self::bytes(parameters.polynomial_size, parameters.fresh) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.write(to)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        Self::read_with(from, parameters.polynomial_size, parameters.fresh)
    }
}

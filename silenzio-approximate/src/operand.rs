//! Encrypted polynomials as operands of products.

use silenzio_core::BackendError;

/// A polynomial in the form in which it enters a gradient, of whose operands one is packed and the other one a factor.
#[derive(Clone, Debug)]
pub enum Operand<P, G> {
    /// Real numbers, a GLWE.
    Packed(P),
    /// Integers, a GGSW.
    Factor(G),
}

impl<P, G> Operand<P, G> {
    /// The operands of the product of two polynomials, in the order that a backend expects.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if both are packed, or both are factors.
    pub fn times<'a>(&'a self, other: &'a Self) -> Result<(&'a G, &'a P), BackendError> {
        match (self, other) {
            (Self::Factor(factor), Self::Packed(packed)) | (Self::Packed(packed), Self::Factor(factor)) => {
                Ok((factor, packed))
            }
            _ => Err(BackendError::WrongShape("one operand of a product has to be a factor".into())),
        }
    }
}

/// The polynomials p of the activations or of the deltas of one sample, one per block. The last input of a layer is the
/// constant one of the bias.
#[derive(Clone, Debug)]
pub struct Polynomials<P, G> {
    /// The factors p(1/X) for the product with the weights; empty if there is none.
    pub inverted: Vec<G>,
    /// p(X) for the gradient; empty if none is computed.
    pub forward: Vec<Operand<P, G>>,
}

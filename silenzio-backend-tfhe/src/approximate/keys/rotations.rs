//! One value for each kind of blind rotation that a set of parameters has.

use crate::rotation::RotationParameters;
use silenzio_core::approximate::{ApproximateParameters, Precision, RotationShape};

/// One `T` for each rotation, by precision.
pub(in crate::approximate) struct Rotations<T> {
    coarse: T,
    medium: Option<T>,
    wide: Option<T>,
    fine: T,
}

impl Rotations<RotationParameters> {
    pub(in crate::approximate) fn of(parameters: &ApproximateParameters) -> Self {
        let rotation = |shape: RotationShape| RotationParameters {
            lwe_dimension: parameters.lwe_dimension,
            block: parameters.block,
            glwe_dimension: shape.glwe_dimension,
            polynomial_size: parameters.polynomial_size / shape.glwe_dimension,
            gadget: shape.gadget(),
        };
        Self {
            coarse: rotation(parameters.coarse),
            medium: parameters.medium.map(rotation),
            wide: parameters.wide.map(rotation),
            fine: rotation(parameters.fine),
        }
    }
}

impl<T> Rotations<T> {
    /// The one for bootstraps to a precision.
    pub(in crate::approximate) fn to(&self, precision: Precision) -> &T {
        match precision {
            Precision::Coarse => &self.coarse,
            Precision::Medium => self.medium.as_ref().unwrap_or(&self.fine),
            Precision::Wide => self.wide.as_ref().unwrap_or(&self.fine),
            Precision::Fine => &self.fine,
        }
    }

    /// Each of them once, from the coarsest to the finest.
    pub(in crate::approximate) fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.coarse].into_iter().chain(&self.medium).chain(&self.wide).chain([&self.fine])
    }

    /// Applies a fallible `f` to each, from the coarsest to the finest.
    pub(in crate::approximate) fn try_map<U, E>(
        self,
        mut f: impl FnMut(T) -> Result<U, E>,
    ) -> Result<Rotations<U>, E> {
        Ok(Rotations {
            coarse: f(self.coarse)?,
            medium: self.medium.map(&mut f).transpose()?,
            wide: self.wide.map(&mut f).transpose()?,
            fine: f(self.fine)?,
        })
    }

    /// Applies `f` to each, from the coarsest to the finest.
    #[cfg(feature = "client")]
    pub(in crate::approximate) fn map<U>(self, mut f: impl FnMut(T) -> U) -> Rotations<U> {
        Rotations {
            coarse: f(self.coarse),
            medium: self.medium.map(&mut f),
            wide: self.wide.map(&mut f),
            fine: f(self.fine),
        }
    }
}

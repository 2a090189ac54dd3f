//! Targets of samples.

use crate::EngineError;
use ndarray::ArrayView1;

/// The desired output of a network for a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target<'a> {
    /// The number of a class.
    Class(usize),
    /// A real number for each output, from -1 to 1.
    Values(ArrayView1<'a, f32>),
}

impl From<usize> for Target<'_> {
    fn from(class: usize) -> Self {
        Self::Class(class)
    }
}

impl Target<'_> {
    /// The class, for a network with this number of outputs.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the target is not a class, or the network has no such class.
    pub fn class(&self, outputs: usize) -> Result<usize, EngineError> {
        match *self {
            Self::Class(class) if class < outputs => Ok(class),
            Self::Class(class) => Err(wrong(format!("a class below {outputs}"), class.to_string())),
            Self::Values(_) => Err(wrong("a class".into(), "real numbers".into())),
        }
    }

    /// The real numbers, for a network with this number of outputs.
    ///
    /// # Errors
    /// [`EngineError::Shape`] if the target is a class, if there is not one number per output, or if a number is not
    /// between -1 and 1.
    pub fn values(&self, outputs: usize) -> Result<ArrayView1<'_, f32>, EngineError> {
        let Self::Values(values) = self else {
            return Err(wrong("real numbers".into(), "a class".into()));
        };
        if values.len() != outputs {
            return Err(wrong(format!("{outputs} numbers"), values.len().to_string()));
        }
        match values.iter().find(|value| !(-1.0..=1.0).contains(*value)) {
            Some(stray) => Err(wrong("numbers from -1 to 1".into(), stray.to_string())),
            None => Ok(values.view()),
        }
    }
}

fn wrong(expected: String, found: String) -> EngineError {
    EngineError::Shape { what: "target of a sample", expected, found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn targets_that_do_not_fit_are_refused() {
        let values = array![0.5f32, -1.0];
        let real = Target::Values(values.view());
        assert_eq!(real.values(2), Ok(values.view()));
        assert_eq!(Target::from(1).class(2), Ok(1));
        assert!(real.values(3).is_err() && real.class(2).is_err());
        assert!(Target::Class(2).class(2).is_err() && Target::Class(0).values(2).is_err());
        for stray in [1.5, f32::NAN] {
            let values = array![stray];
            assert!(Target::Values(values.view()).values(1).is_err());
        }
    }
}

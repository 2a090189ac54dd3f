//! Checks of shapes that both engines share.

use crate::EngineError;
use std::ops::Range;

/// The numbers of inputs (without the constant input of the bias) and outputs of each layer of a network with these
/// widths.
pub fn of_layers(widths: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    widths.iter().copied().zip(widths.iter().skip(1).copied())
}

/// The layer with this number.
///
/// # Errors
/// [`EngineError::Shape`] if there is no such layer.
pub fn layer<L>(layers: &[L], number: usize) -> Result<&L, EngineError> {
    layers.get(number).ok_or_else(|| EngineError::Shape {
        what: "layer",
        expected: format!("a number below {}", layers.len()),
        found: number.to_string(),
    })
}

/// Checks the shape of a matrix.
///
/// # Errors
/// [`EngineError::Shape`] if the shape is not the expected one.
pub fn check_matrix(
    what: &'static str,
    expected: (usize, usize),
    found: (usize, usize),
) -> Result<(), EngineError> {
    if found == expected {
        return Ok(());
    }
    Err(EngineError::Shape { what, expected: format!("{expected:?}"), found: format!("{found:?}") })
}

/// Checks the number of parts of an operand.
///
/// # Errors
/// [`EngineError::Shape`] if the number is not the expected one.
pub fn check_count(what: &'static str, expected: usize, found: usize) -> Result<(), EngineError> {
    if found == expected {
        return Ok(());
    }
    Err(EngineError::Shape { what, expected: expected.to_string(), found: found.to_string() })
}

/// Checks that a range of parts lies within the `count` parts of an operand.
///
/// # Errors
/// [`EngineError::Shape`] if it does not.
pub fn check_range(what: &'static str, count: usize, found: &Range<usize>) -> Result<(), EngineError> {
    if found.start <= found.end && found.end <= count {
        return Ok(());
    }
    Err(EngineError::Shape {
        what,
        expected: format!("a range within 0..{count}"),
        found: format!("{found:?}"),
    })
}

/// Checks a number of a format, for which the condition `holds` of an engine must be true.
///
/// # Errors
/// [`EngineError::Shape`] if the condition is false.
pub fn check_format(what: &'static str, holds: bool, found: impl ToString) -> Result<(), EngineError> {
    if holds {
        return Ok(());
    }
    Err(EngineError::Shape {
        what,
        expected: "a number that this version supports".into(),
        found: found.to_string(),
    })
}

/// Checks the inputs of a sample, before they are encrypted for a network with `network_inputs` inputs.
///
/// # Errors
/// [`EngineError::Shape`] if there are more or fewer inputs, or one is not in [0, 1].
pub fn check_inputs(inputs: &[f32], network_inputs: usize) -> Result<(), EngineError> {
    check_count("inputs of a sample", network_inputs, inputs.len())?;
    match inputs.iter().find(|x| !(0.0..=1.0).contains(*x)) {
        Some(stray) => Err(EngineError::Shape {
            what: "input of a sample",
            expected: "a number in [0, 1]".into(),
            found: stray.to_string(),
        }),
        None => Ok(()),
    }
}

/// The label of a training sample.
///
/// # Errors
/// [`EngineError::Shape`] if the sample was encrypted without a label.
pub fn label<L>(label: &Option<L>) -> Result<&L, EngineError> {
    label.as_ref().ok_or_else(|| EngineError::Shape {
        what: "label of a sample",
        expected: "one, for training".into(),
        found: "none; encrypt the sample with its target".into(),
    })
}

/// The error of propagating deltas below the first layer.
pub fn no_layer_below(number: usize) -> EngineError {
    EngineError::Shape {
        what: "deltas to propagate",
        expected: "a layer above the first".into(),
        found: format!("layer {number}"),
    }
}

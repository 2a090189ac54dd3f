//! Comparing plans.

use crate::ServerError;
use silenzio_core::PublicPlan;
use silenzio_core::plan::Plan;
use std::path::Path;

/// Refuses a file whose plan is not the expected one.
pub(crate) fn check_same(path: &Path, found: &PublicPlan, expected: &PublicPlan) -> Result<(), ServerError> {
    match difference(found, expected) {
        Some(difference) => Err(ServerError::OtherPlan { path: path.into(), difference }),
        None => Ok(()),
    }
}

/// Refuses a file whose plan is not the one that was agreed on, as far as that does not follow from the data.
pub(crate) fn check_agreed(path: &Path, found: &PublicPlan, agreed: &Plan) -> Result<(), ServerError> {
    let mut widths = found.widths.clone();
    widths.splice(1..found.widths.len() - 1, agreed.model.hidden.iter().copied());
    let expected = PublicPlan {
        widths,
        samples: found.samples,
        training: agreed.training.clone(),
        engine: agreed.engine.clone(),
    };
    check_same(path, found, &expected)
}

/// The first part that differs.
pub(crate) fn difference(a: &PublicPlan, b: &PublicPlan) -> Option<&'static str> {
    let parts = [
        (a.widths != b.widths, "widths"),
        (a.samples != b.samples, "number of training samples"),
        (a.training != b.training, "section [training]"),
        (a.engine != b.engine, "section [engine]"),
    ];
    parts.into_iter().find_map(|(differs, part)| differs.then_some(part))
}

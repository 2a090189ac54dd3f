//! Comparing plans.

use crate::ServerError;
use silenzio_core::PublicPlan;
use std::path::Path;

/// Refuses a file whose plan is not the expected one.
pub(crate) fn check_same(path: &Path, found: &PublicPlan, expected: &PublicPlan) -> Result<(), ServerError> {
    match difference(found, expected) {
        Some(difference) => Err(ServerError::OtherPlan { path: path.into(), difference }),
        None => Ok(()),
    }
}

/// The first part that differs.
fn difference(a: &PublicPlan, b: &PublicPlan) -> Option<&'static str> {
    let parts = [
        (a.widths != b.widths, "widths"),
        (a.samples != b.samples, "number of training samples"),
        (a.training != b.training, "section [training]"),
        (a.engine != b.engine, "section [engine]"),
    ];
    parts.into_iter().find_map(|(differs, part)| differs.then_some(part))
}

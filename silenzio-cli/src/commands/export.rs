//! `silenzio export`: writes the data as a training sees them, for other programs.

use super::{Written, commit, print_json};
use crate::arguments::{ExportOptions, GlobalOptions};
use crate::error::CliError;
use ndarray::Array1;
use ndarray_npy::{WritableElement, WriteNpyExt};
use serde::Serialize;
use silenzio::core::plan::Plan;
use silenzio::data::{Dataset, TargetColumn};
use silenzio::files::Outputs;
use std::path::Path;

/// The description of the arrays.
#[derive(Serialize)]
struct Description<'a> {
    plan: &'a Plan,
    classes: &'a [String],
    features: &'a [String],
    /// Of a regression: the columns of the targets, with the numbers that are -1 and 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'a [TargetColumn]>,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or the folder cannot be written.
pub fn run(options: &ExportOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let experiment = options.plan.open()?;
    let (plan, split) = experiment.split(0)?;
    crate::report::print_warnings(&split.reading.warnings);
    let folder = &options.out;
    std::fs::create_dir_all(folder).map_err(|error| CliError::Write { path: folder.clone(), error })?;
    let mut outputs = Outputs::new(options.overwrite.overwrite(), experiment.files());
    write_part(&mut outputs, folder, "train", &split.train)?;
    write_part(&mut outputs, folder, "test", &split.test)?;
    let Dataset { classes, features, values, .. } = &split.train;
    let targets = values.as_ref().map(|values| values.columns.as_slice());
    let description = serde_json::to_string_pretty(&Description { plan: &plan, classes, features, targets })
        .map_err(|error| CliError::Output(error.to_string()))?;
    outputs.private(folder.join("plan.json"))?.write(description.as_bytes())?;
    commit(outputs)?;
    if global.json {
        return print_json(&Written { folder });
    }
    outln!(
        "exported    {}: {} training and {} {} samples, seed {}",
        folder.display(),
        split.train.len(),
        split.test.len(),
        plan.data.measured_on(),
        plan.training.seed
    );
    Ok(())
}

/// Writes `NAME_inputs.npy`, 32-bit floats, samples x features, and `NAME_labels.npy`, 64-bit numbers of classes. For a
/// regression it writes `NAME_targets.npy` instead of labels: 32-bit floats, samples x targets, scaled.
fn write_part(outputs: &mut Outputs, folder: &Path, name: &str, part: &Dataset) -> Result<(), CliError> {
    write_npy(outputs, &folder.join(format!("{name}_inputs.npy")), &part.inputs)?;
    if let Some(values) = &part.values {
        return write_npy(outputs, &folder.join(format!("{name}_targets.npy")), &values.scaled);
    }
    let labels: Array1<i64> = part.labels.iter().map(|&label| label as i64).collect();
    write_npy(outputs, &folder.join(format!("{name}_labels.npy")), &labels)
}

fn write_npy<T: WritableElement, D: ndarray::Dimension>(
    outputs: &mut Outputs,
    path: &Path,
    array: &ndarray::Array<T, D>,
) -> Result<(), CliError> {
    let destination = outputs.private(path)?;
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).map_err(|error| CliError::Output(error.to_string()))?;
    Ok(destination.write(&bytes)?)
}

//! `silenzio predict`: predicts the classes of samples, or their numbers.

use super::{commit, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::PredictOptions;
use crate::error::CliError;
use crate::output::write_bytes;
use crate::report;
use serde::Serialize;
use silenzio::client::Preprocessing;
use silenzio::client::predictions::{Places, to_csv};
use silenzio::client::safetensors::read_model;
use silenzio::data::unscaled;
use silenzio::files::Outputs;
use silenzio::nn::metrics::predictions;
use std::path::Path;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    /// Of a classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<&'a String>>,
    /// Of a regression: the names of the targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<&'a String>>,
    /// Of a regression: for each sample the number of each target.
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Vec<f64>>>,
}

/// Runs the command.
///
/// # Errors
/// If the model or the data cannot be used, or the predictions cannot be written.
pub fn run(options: &PredictOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let mut outputs = Outputs::new(options.overwrite.overwrite(), [&options.model, &options.data]);
    let file = options.out.as_ref().filter(|path| *path != Path::new("-"));
    let out = file.map(|path| outputs.private(path)).transpose()?;
    let model = read_model(&options.model)?;
    let rows = model.preprocessing.load(&options.data)?;
    report::print_warnings(&rows.warnings);
    let logits = model.logits(&rows);
    let csv = to_csv(&model.preprocessing, &logits, Places::All)?;
    match &out {
        Some(out) => {
            out.write(&csv)?;
            commit(outputs)?;
        }
        None if global.json => {}
        None => write_bytes(&csv),
    }
    if global.json {
        let Preprocessing { classes, targets, .. } = &model.preprocessing;
        let predicted = || predictions(&logits).into_iter().filter_map(|class| classes.get(class)).collect();
        let numbers =
            || unscaled(targets, logits.view()).rows().into_iter().map(|row| row.to_vec()).collect();
        let regression = !targets.is_empty();
        return print_json(&Outcome {
            classes: (!regression).then(predicted),
            targets: regression.then(|| targets.iter().map(|target| &target.name).collect()),
            values: regression.then(numbers),
        });
    }
    if let Some(out) = &out {
        outln!("predictions {}: {} samples", out.path().display(), rows.inputs.nrows());
    }
    Ok(())
}

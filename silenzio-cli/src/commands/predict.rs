//! `silenzio predict`: predicts the classes of samples.

use super::{commit, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::PredictOptions;
use crate::error::CliError;
use crate::output::write_bytes;
use crate::report;
use serde::Serialize;
use silenzio::client::predictions::{Places, to_csv};
use silenzio::client::safetensors::read_model;
use silenzio::files::Outputs;
use silenzio::nn::metrics::predictions;
use std::path::Path;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    classes: Vec<&'a String>,
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
    let classes = &model.preprocessing.classes;
    let csv = to_csv(classes, &logits, Places::All)?;
    match &out {
        Some(out) => {
            out.write(&csv)?;
            commit(outputs)?;
        }
        None if global.json => {}
        None => write_bytes(&csv),
    }
    if global.json {
        let predicted = predictions(&logits).into_iter().filter_map(|class| classes.get(class));
        return print_json(&Outcome { classes: predicted.collect() });
    }
    if let Some(out) = &out {
        outln!("predictions {}: {} samples", out.path().display(), rows.inputs.nrows());
    }
    Ok(())
}

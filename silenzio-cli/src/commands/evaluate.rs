//! `silenzio evaluate`: how good a decrypted model is.

use super::print_json;
use crate::arguments::GlobalOptions;
use crate::client_arguments::EvaluateOptions;
use crate::error::CliError;
use crate::report;
use serde::Serialize;
use silenzio::client::safetensors::read_model;
use silenzio_report::text::percent;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    samples: usize,
    accuracy: f64,
    cross_entropy: f64,
    classes: &'a [String],
    /// By true and by predicted class.
    confusion: Vec<Vec<usize>>,
}

/// Runs the command.
///
/// # Errors
/// If the model or the data cannot be used.
pub fn run(options: &EvaluateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let model = read_model(&options.model)?;
    let rows = model.preprocessing.load_labelled(&options.data, options.labels.as_deref())?;
    report::print_warnings(&rows.warnings);
    let Some(evaluation) = model.evaluate(&rows) else {
        return Err(CliError::Option {
            option: "DATA",
            problem: format!(
                "{} has no labels; give labelled samples, or use `silenzio predict`",
                options.data.display()
            ),
        });
    };
    let samples = rows.inputs.nrows();
    if global.json {
        let counts = evaluation.confusion.counts.rows().into_iter();
        return print_json(&Outcome {
            samples,
            accuracy: evaluation.accuracy,
            cross_entropy: evaluation.cross_entropy,
            classes: &model.preprocessing.classes,
            confusion: counts.map(|row| row.to_vec()).collect(),
        });
    }
    outln!(
        "accuracy    {} of {samples} samples, cross entropy {:.3}",
        percent(evaluation.accuracy),
        evaluation.cross_entropy
    );
    outln!("\n{}", evaluation.confusion);
    Ok(())
}

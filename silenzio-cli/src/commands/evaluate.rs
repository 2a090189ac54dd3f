//! `silenzio evaluate`: evaluates models, and finds the best.

use super::print_json;
use crate::arguments::GlobalOptions;
use crate::client_arguments::EvaluateOptions;
use crate::error::CliError;
use crate::report;
use serde::Serialize;
use silenzio::client::predictions::{Classification, Evaluation, Regression};
use silenzio::client::safetensors::read_model;
use silenzio::client::{Digits, Model, SecretKey, Sent, decrypt_model};
use silenzio::data::Rows;
use silenzio::files::{FileError, FileReader, Problem};
use silenzio::nn::metrics::{RegressionScores, TargetScores};
use silenzio_report::text::percent;
use std::path::Path;

/// The result for machines. Fields that are not lists are about the best model.
#[derive(Serialize)]
struct Outcome<'a> {
    samples: usize,
    /// The first of those with the lowest cross entropy among those with the highest accuracy. Of a regression, the first
    /// of those with the highest R².
    best: &'a str,
    #[serde(flatten)]
    measures: Measures,
    /// Of a classification.
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<&'a [String]>,
    /// Of a classification: the numbers of samples, by true and by predicted class.
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion: Option<Vec<Vec<usize>>>,
    /// Of a regression, the scores of each target.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'a [TargetScores]>,
    /// The models, ordered by their steps.
    models: Vec<Row<'a>>,
    /// The average of all models, if there are several of one training.
    #[serde(skip_serializing_if = "Option::is_none")]
    average: Option<Row<'a>>,
}

/// One model.
#[derive(Serialize)]
struct Row<'a> {
    model: &'a str,
    steps: u64,
    #[serde(flatten)]
    measures: Measures,
}

/// How good a model is, in numbers.
#[derive(Serialize)]
#[serde(untagged)]
enum Measures {
    Classification { accuracy: f64, cross_entropy: f64 },
    Regression(RegressionScores),
}

/// A model that is evaluated.
struct Judged {
    name: String,
    model: Model,
    evaluation: Evaluation,
}

impl Judged {
    fn measures(&self) -> Measures {
        match &self.evaluation {
            Evaluation::Classification(Classification { accuracy, cross_entropy, .. }) => {
                Measures::Classification { accuracy: *accuracy, cross_entropy: *cross_entropy }
            }
            Evaluation::Regression(regression) => Measures::Regression(regression.scores),
        }
    }

    fn row(&self) -> Row<'_> {
        Row { model: &self.name, steps: self.model.origin.steps, measures: self.measures() }
    }
}

/// Runs the command.
///
/// # Errors
/// If a model or the data cannot be used.
pub fn run(options: &EvaluateOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let mut models = Vec::new();
    let mut secrets = None;
    for path in &options.models {
        models.push((path.display().to_string(), open(path, options, &mut secrets)?));
    }
    models.sort_by_key(|(_, model)| model.origin.steps);
    let mut rows = Labelled { options, of: None };
    let mut judged = Vec::new();
    for (name, model) in models {
        let evaluation = rows.judge(&model)?;
        judged.push(Judged { name, model, evaluation });
    }
    let all: Vec<Model> = judged.iter().map(|judged| judged.model.clone()).collect();
    let average = match Model::average(&all) {
        Ok(model) if all.len() > 1 => {
            let (name, evaluation) = ("average".to_owned(), rows.judge(&model)?);
            Some(Judged { name, model, evaluation })
        }
        _ => None,
    };
    let all = judged.iter().chain(&average);
    let best = all.reduce(|best, next| if next.evaluation.beats(&best.evaluation) { next } else { best });
    let (Some(best), Some(samples)) = (best, rows.samples()) else { return Ok(()) };
    let (classification, regression) = match &best.evaluation {
        Evaluation::Classification(classification) => (Some(classification), None),
        Evaluation::Regression(regression) => (None, Some(regression)),
    };
    if global.json {
        let counts =
            |of: &Classification| of.confusion.counts.rows().into_iter().map(|row| row.to_vec()).collect();
        return print_json(&Outcome {
            samples,
            best: &best.name,
            measures: best.measures(),
            classes: classification.map(|_| best.model.preprocessing.classes.as_slice()),
            confusion: classification.map(counts),
            targets: regression.map(|regression| regression.targets.as_slice()),
            models: judged.iter().map(Judged::row).collect(),
            average: average.as_ref().map(Judged::row),
        });
    }
    if judged.len() > 1 {
        print_models(&judged, average.as_ref(), best);
    }
    match &best.evaluation {
        Evaluation::Classification(Classification { accuracy, cross_entropy, confusion }) => {
            outln!(
                "accuracy    {} of {samples} samples, cross entropy {cross_entropy:.3}\n\n{confusion}",
                percent(*accuracy)
            );
        }
        Evaluation::Regression(Regression { scores, targets }) => {
            outln!("scores      {} on {samples} samples\n", report::regression(scores));
            report::print_targets(targets);
        }
    }
    Ok(())
}

fn print_models(judged: &[Judged], average: Option<&Judged>, best: &Judged) {
    match best.evaluation {
        Evaluation::Classification(_) => outln!("models      steps  accuracy  cross entropy"),
        Evaluation::Regression(_) => outln!("models      steps        R²"),
    }
    for judged in judged {
        print_row(&judged.model.origin.steps.to_string(), judged);
    }
    if let Some(average) = average {
        print_row("", average);
    }
    outln!("best        {}", best.name);
}

fn print_row(steps: &str, judged: &Judged) {
    let measures = match judged.measures() {
        Measures::Classification { accuracy, cross_entropy } => {
            format!("{:>8}  {cross_entropy:>13.3}", percent(accuracy))
        }
        Measures::Regression(scores) => format!("{:>8.3}", scores.r2),
    };
    outln!("{steps:>17}  {measures}  {}", judged.name);
}

/// Reads a decrypted model, or decrypts an encrypted one. Secrets are read for the first encrypted model.
fn open(
    path: &Path,
    options: &EvaluateOptions,
    secrets: &mut Option<(SecretKey, Sent)>,
) -> Result<Model, CliError> {
    match FileReader::open_any(path) {
        Ok(_) => {}
        Err(FileError { problem: Problem::NotSilenzio, .. }) => return Ok(read_model(path)?),
        Err(error) => return Err(error.into()),
    }
    let (key, sent) = match secrets {
        Some(secrets) => secrets,
        None => secrets.insert((SecretKey::open(&options.key)?, Sent::read(&options.preprocessing)?)),
    };
    Ok(decrypt_model(path, key, sent, Digits::Rounded)?)
}

/// The labelled samples, encoded for the model for which they were last read.
struct Labelled<'a> {
    options: &'a EvaluateOptions,
    of: Option<(silenzio::client::Preprocessing, Rows)>,
}

impl Labelled<'_> {
    fn judge(&mut self, model: &Model) -> Result<Evaluation, CliError> {
        let EvaluateOptions { data, labels, .. } = self.options;
        let preprocessing = &model.preprocessing;
        let rows = match &mut self.of {
            Some((of, rows)) if of == preprocessing => rows,
            of => {
                let rows = preprocessing.load_labelled(data, labels.as_deref())?;
                report::print_warnings(&rows.warnings);
                &mut of.insert((preprocessing.clone(), rows)).1
            }
        };
        model.evaluate(rows).ok_or_else(|| CliError::Option {
            option: "DATA",
            problem: format!(
                "{} has no {}; give samples with them, or use `silenzio predict`",
                data.display(),
                if preprocessing.targets.is_empty() { "labels" } else { "columns of all targets" }
            ),
        })
    }

    fn samples(&self) -> Option<usize> {
        self.of.as_ref().map(|(_, rows)| rows.inputs.nrows())
    }
}

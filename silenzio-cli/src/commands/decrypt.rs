//! `silenzio decrypt`: decrypts models, and logits to predictions.

use super::{commit, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::DecryptOptions;
use crate::error::CliError;
use crate::progress::notice;
use serde::Serialize;
use silenzio::client::{
    Digits, Model, Origin, SecretKey, Sent, decrypt_logits, decrypt_model, npz, predictions, safetensors,
};
use silenzio::files::{Destination, FileError, FileReader, Kind, Outputs, Problem};
use silenzio::shape;
use std::path::{Path, PathBuf};

/// The result for machines.
#[derive(Serialize)]
#[serde(untagged)]
enum Outcome<'a> {
    Model { out: &'a Path, widths: Vec<usize>, origin: &'a Origin },
    Predictions { out: &'a Path, samples: usize },
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be used or does not belong to the others, or the result cannot be written.
pub fn run(options: &DecryptOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let inputs = options.files.iter().chain([&options.key, &options.preprocessing]);
    let mut outputs = Outputs::new(options.overwrite.overwrite(), inputs);
    let out = outputs.private(&options.out)?;
    if options.average {
        return run_model(options, outputs, &out, global);
    }
    let [path] = &options.files[..] else {
        let problem =
            "is needed to decrypt several models to one; to find the best of them, use `silenzio evaluate`";
        return Err(CliError::Option { option: "--average", problem: problem.into() });
    };
    match FileReader::open_any(path)?.header().contents.kind() {
        Kind::Model => run_model(options, outputs, &out, global),
        Kind::Logits => run_logits(path, options, outputs, &out, global),
        found => {
            let problem = Problem::WrongKind { found, expected: Kind::Model };
            Err(FileError { path: path.clone(), problem }.into())
        }
    }
}

fn run_model(
    options: &DecryptOptions,
    outputs: Outputs,
    out: &Destination,
    global: &GlobalOptions,
) -> Result<(), CliError> {
    let to_bytes = match extension(out.path()) {
        "safetensors" => safetensors::to_bytes,
        "npz" => npz::to_bytes,
        _ => return Err(wrong_extension("the file of a model must end in .safetensors or .npz")),
    };
    let digits = if options.keep_noise { Digits::Kept } else { Digits::Rounded };
    let (key, sent) = read(options)?;
    let decrypted = options.files.iter().map(|path| decrypt_model(path, &key, &sent, digits));
    let mut models = decrypted.collect::<Result<Vec<Model>, _>>()?;
    let model = match models.pop() {
        Some(model) if models.is_empty() => model,
        last => average(&options.files, models.into_iter().chain(last).collect())?,
    };
    out.write(&to_bytes(&model)?)?;
    commit(outputs)?;
    if model.origin.weight_steps.is_none() {
        notice(
            "warning: the weights have digits below their noise (--keep-noise); whoever has them and the encrypted \
             model learns about the secret key, so share neither",
        );
    }
    let (widths, origin) = (model.widths(), &model.origin);
    if global.json {
        return print_json(&Outcome::Model { out: out.path(), widths, origin });
    }
    let shape = shape(&widths);
    let average = match origin.averaged.len() {
        0 => String::new(),
        count => format!(", average of {count} models"),
    };
    outln!("model       {}: {shape}, after {} steps{average}", out.path().display(), origin.steps);
    if let Some(steps) = &origin.weight_steps {
        let steps: Vec<String> = steps.iter().map(f32::to_string).collect();
        outln!("            weights in steps of {}, by layer", steps.join(", "));
    }
    Ok(())
}

fn average(files: &[PathBuf], models: Vec<Model>) -> Result<Model, CliError> {
    Model::average(&models).map_err(|(number, problem)| {
        let path = files.get(number).map(|path| path.display().to_string()).unwrap_or_default();
        CliError::Option { option: "--average", problem: format!("{path} {problem}") }
    })
}

fn run_logits(
    path: &Path,
    options: &DecryptOptions,
    outputs: Outputs,
    out: &Destination,
    global: &GlobalOptions,
) -> Result<(), CliError> {
    if extension(out.path()) != "csv" {
        return Err(wrong_extension("the file of predictions must end in .csv"));
    }
    let (key, sent) = read(options)?;
    let logits = decrypt_logits(path, &key, &sent)?;
    out.write(&predictions::to_csv(&sent.preprocessing, &logits, predictions::Places::Three)?)?;
    commit(outputs)?;
    let samples = logits.nrows();
    if global.json {
        return print_json(&Outcome::Predictions { out: out.path(), samples });
    }
    outln!("predictions {}: {samples} samples", out.path().display());
    Ok(())
}

fn read(options: &DecryptOptions) -> Result<(SecretKey, Sent), CliError> {
    Ok((SecretKey::open(&options.key)?, Sent::read(&options.preprocessing)?))
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn wrong_extension(problem: &str) -> CliError {
    CliError::Option { option: "--out", problem: problem.into() }
}

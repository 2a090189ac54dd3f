//! `silenzio decrypt`: a model or predictions.

use super::print_json;
use crate::arguments::GlobalOptions;
use crate::client_arguments::DecryptOptions;
use crate::error::CliError;
use crate::progress::notice;
use serde::Serialize;
use silenzio::client::{
    Digits, Model, Origin, Preprocessing, SecretKey, decrypt_logits, decrypt_model, npz, predictions,
    safetensors,
};
use silenzio::files::{Destination, FileError, FileReader, Kind, Problem};
use silenzio::shape;
use std::path::Path;

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
    let file = FileReader::open_any(&options.file)?;
    let found = file.header().contents.kind();
    let out = Destination::new(&options.out, options.overwrite.overwrite())?;
    match found {
        Kind::Model => run_model(options, &out, global),
        Kind::Logits => run_logits(options, &out, global),
        _ => {
            let problem = Problem::WrongKind { found, expected: Kind::Model };
            Err(FileError { path: options.file.clone(), problem }.into())
        }
    }
}

fn run_model(options: &DecryptOptions, out: &Destination, global: &GlobalOptions) -> Result<(), CliError> {
    let to_bytes = match extension(out.path()) {
        "safetensors" => safetensors::to_bytes,
        "npz" => npz::to_bytes,
        _ => return Err(wrong_extension("a model becomes a file .safetensors or .npz")),
    };
    let digits = if options.keep_noise { Digits::Kept } else { Digits::Rounded };
    let (key, preprocessing) = read(options)?;
    let model: Model = decrypt_model(&options.file, &key, &preprocessing, digits)?;
    out.write(&to_bytes(&model)?)?;
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
    println!("model       {}: {shape}, after {} steps", out.path().display(), origin.steps);
    if let Some(steps) = &origin.weight_steps {
        let steps: Vec<String> = steps.iter().map(f32::to_string).collect();
        println!("            weights in steps of {}, by layer", steps.join(", "));
    }
    Ok(())
}

fn run_logits(options: &DecryptOptions, out: &Destination, global: &GlobalOptions) -> Result<(), CliError> {
    if extension(out.path()) != "csv" {
        return Err(wrong_extension("predictions become a file .csv"));
    }
    let (key, preprocessing) = read(options)?;
    let logits = decrypt_logits(&options.file, &key, &preprocessing)?;
    out.write(&predictions::to_csv(&preprocessing.classes, &logits)?)?;
    let samples = logits.nrows();
    if global.json {
        return print_json(&Outcome::Predictions { out: out.path(), samples });
    }
    println!("predictions {}: {samples} samples", out.path().display());
    Ok(())
}

fn read(options: &DecryptOptions) -> Result<(SecretKey, Preprocessing), CliError> {
    Ok((SecretKey::read(&options.key)?, Preprocessing::read(&options.preprocessing)?))
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn wrong_extension(problem: &str) -> CliError {
    CliError::Option { option: "--out", problem: problem.into() }
}

//! `silenzio keygen`: generates keys for a plan.

use super::{commit, context, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::KeygenOptions;
use crate::error::CliError;
use crate::memory::{peak_memory_bytes, print_peak_memory};
use crate::progress::notice;
use indicatif::DecimalBytes;
use serde::Serialize;
use silenzio::PublicPlan;
use silenzio::client::{SecretKey, evaluation_key, generate_key};
use silenzio::files::{Outputs, require_distinct};
use silenzio::suite::read_plan;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    key_id: String,
    engine: String,
    parameters: String,
    client_key: &'a Path,
    server_key: &'a Path,
    server_key_bytes: usize,
    server_key_sha256: String,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

/// Runs the command.
///
/// # Errors
/// If the plan or its data cannot be used, or a key cannot be written.
pub fn run(options: &KeygenOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let (path, files, plan) = plan(options)?;
    let mut outputs = Outputs::new(options.overwrite.overwrite(), files);
    let start = Instant::now();
    // The key is used again if the server's keys are missing, after an interruption or because they were lost.
    let known = !options.overwrite.force && options.client_key.exists() && !options.server_key.exists();
    let (key, client_file) = if known {
        let key = SecretKey::open(&options.client_key)?;
        if key.name().parameters != plan.parameters().map_err(silenzio::Error::from)? {
            return Err(CliError::Option {
                option: "--client-key",
                problem: format!(
                    "{} is a key for other parameters than the plan's; name another file",
                    options.client_key.display()
                ),
            });
        }
        require_distinct(&[&options.client_key, &options.server_key])?;
        notice(&format!("using the existing client key {}", options.client_key.display()));
        (key, None)
    } else {
        let file = outputs.file(&options.client_key)?;
        (generate_key(&plan).map_err(|error| error.at(path))?, Some(file))
    };
    let server_file = outputs.file(&options.server_key)?;
    let bytes = key.evaluation_key_bytes();
    let server_key = evaluation_key(&key, &context(global)?);
    if let Some(file) = client_file {
        key.write(&file)?;
    }
    let digest = server_key.write(&server_file)?;
    commit(outputs)?;
    let name = key.name();
    let outcome = Outcome {
        key_id: name.id.to_string(),
        engine: name.parameters.engine().to_string(),
        parameters: name.parameters.to_string(),
        client_key: &options.client_key,
        server_key: &options.server_key,
        server_key_bytes: bytes,
        server_key_sha256: digest.to_string(),
        seconds: start.elapsed().as_secs_f64(),
        peak_memory_bytes: peak_memory_bytes(),
    };
    if global.json {
        return print_json(&outcome);
    }
    outln!("key         {}", outcome.key_id);
    outln!("engine      {}, parameters {}", outcome.engine, outcome.parameters);
    outln!("secret key  {}: keep it, and give it to nobody", outcome.client_key.display());
    outln!(
        "server key  {}: {}, made in {:.1} s",
        outcome.server_key.display(),
        DecimalBytes(bytes as u64),
        outcome.seconds
    );
    outln!("            SHA-256 {}", outcome.server_key_sha256);
    print_peak_memory();
    Ok(())
}

/// The public plan, the file from which it comes, and all files that are read for it.
fn plan(options: &KeygenOptions) -> Result<(PathBuf, Vec<PathBuf>, PublicPlan), CliError> {
    match (&options.public_plan, options.source.given()) {
        (None, Some(plan)) => {
            let experiment = plan.open()?;
            let (_, split) = experiment.split(0)?;
            let public = experiment.public_plan(&split)?;
            Ok((plan.plan, experiment.files(), public))
        }
        (Some(path), _) => Ok((path.clone(), vec![path.clone()], read_plan(path)?)),
        (None, None) => Err(CliError::Option { option: "PLAN", problem: "is missing".into() }),
    }
}

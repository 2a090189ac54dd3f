//! `silenzio keygen`: keys for a plan.

use super::{context, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::KeygenOptions;
use crate::error::CliError;
use crate::memory::{peak_memory_bytes, print_peak_memory};
use indicatif::DecimalBytes;
use serde::Serialize;
use silenzio::PublicPlan;
use silenzio::client::{evaluation_key, generate_key};
use silenzio::files::Destination;
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
    let client_file = Destination::new(&options.client_key, options.overwrite.overwrite())?;
    let server_file = Destination::new(&options.server_key, options.overwrite.overwrite())?;
    let (path, plan) = plan(options)?;
    let start = Instant::now();
    let key = generate_key(&plan).map_err(|error| error.at(path))?;
    let bytes = key.evaluation_key_bytes();
    let server_key = evaluation_key(&key, &context(global)?);
    key.write(&client_file)?;
    let digest = server_key.write(&server_file)?;
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
    println!("key         {}", outcome.key_id);
    println!("engine      {}, parameters {}", outcome.engine, outcome.parameters);
    println!("secret key  {}: keep it, and give it to nobody", outcome.client_key.display());
    println!(
        "server key  {}: {}, made in {:.1} s",
        outcome.server_key.display(),
        DecimalBytes(bytes as u64),
        outcome.seconds
    );
    println!("            SHA-256 {}", outcome.server_key_sha256);
    print_peak_memory();
    Ok(())
}

/// The public plan, and the file that it is from.
fn plan(options: &KeygenOptions) -> Result<(PathBuf, PublicPlan), CliError> {
    match (&options.public_plan, options.source.given()) {
        (None, Some(plan)) => {
            let experiment = plan.open()?;
            let (_, split) = experiment.split(0)?;
            let public = experiment.public_plan(&split)?;
            Ok((plan.plan, public))
        }
        (Some(path), _) => Ok((path.clone(), read_plan(path)?)),
        (None, None) => Err(CliError::Option { option: "PLAN", problem: "is missing".into() }),
    }
}

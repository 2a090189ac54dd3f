//! `silenzio encrypt`: samples for training, or inputs for a trained model.

use super::{commit, context, print_json};
use crate::arguments::GlobalOptions;
use crate::client_arguments::EncryptOptions;
use crate::error::CliError;
use crate::memory::{peak_memory_bytes, print_peak_memory};
use crate::plan_arguments::PlanOptions;
use crate::report;
use indicatif::DecimalBytes;
use serde::Serialize;
use silenzio::PublicPlan;
use silenzio::client::{Preprocessing, Samples, SecretKey, Sent, encrypt, shuffled};
use silenzio::files::{Destination, Digest, Outputs};
use silenzio::suite::to_toml;
use std::path::Path;
use std::time::Instant;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    key_id: String,
    plan: &'a PublicPlan,
    samples: usize,
    labelled: bool,
    out: &'a Path,
    /// The size of the file, once it has its name.
    bytes: u64,
    sha256: String,
    seconds: f64,
    peak_memory_bytes: Option<u64>,
}

/// Runs the command.
///
/// # Errors
/// If the plan, the data or the key cannot be used, or a result cannot be written.
pub fn run(options: &EncryptOptions, global: &GlobalOptions) -> Result<(), CliError> {
    match (&options.inputs, &options.like, &options.samples, options.source.given()) {
        (Some(inputs), ..) => encrypt_inputs(inputs, options, global),
        (None, Some(like), Some(samples), _) => encrypt_more(like, samples, options, global),
        (None, .., Some(plan)) => encrypt_training(&plan, options, global),
        (None, .., None) => Err(CliError::Option { option: "PLAN", problem: "is missing".into() }),
    }
}

fn encrypt_training(
    plan: &PlanOptions,
    options: &EncryptOptions,
    global: &GlobalOptions,
) -> Result<(), CliError> {
    let experiment = plan.open()?;
    if options.test_out.is_some() && experiment.plan.data.test_file.is_some() {
        return Err(CliError::Option {
            option: "--test-out",
            problem: "no samples are held back, since data.test_file has the test samples; remove the option"
                .into(),
        });
    }
    let mut inputs = experiment.files();
    inputs.push(options.key.clone());
    let mut outputs = Outputs::new(options.overwrite.overwrite(), inputs);
    let out = outputs.file(&options.out)?;
    let plan_file = outputs.file(&options.public_plan)?;
    let preprocessing_file = outputs.private(&options.preprocessing)?;
    let test_file = options.test_out.as_ref().map(|path| outputs.private(path)).transpose()?;
    let key = SecretKey::open(&options.key)?;

    let (_, split) = experiment.split(0)?;
    report::print_warnings(&split.reading.warnings);
    let public = experiment.public_plan(&split)?;
    let preprocessing = Preprocessing::of(&split, &experiment.plan.data.file);
    if let Some(file) = &test_file {
        file.write(&split.held_back.to_csv().map_err(|error| CliError::Output(error.to_string()))?)?;
    }
    let samples = if options.keep_order { split.train } else { shuffled(&split.train)? };
    let (outcome, data) = encrypted(&key, &public, Samples::from(&samples), &out, global)?;
    let text = to_toml(&public).map_err(|error| CliError::Output(error.to_string()))?;
    plan_file.write(text.as_bytes())?;
    let sent = Sent { key_id: key.name().id, data, plan: public.clone(), preprocessing, others: vec![] };
    preprocessing_file.write(&sent.to_json()?)?;
    finish(outcome, outputs, options, global, || {
        outln!("public      {}: for the server too", options.public_plan.display());
        outln!("private     {}: stays here", options.preprocessing.display());
        if let Some(path) = &options.test_out {
            let measured_on = experiment.plan.data.measured_on();
            outln!("            {}: {} {measured_on} samples", path.display(), split.test.len());
        }
    })
}

/// Encrypts further training samples like those of an earlier data set.
fn encrypt_more(
    like: &Path,
    samples: &Path,
    options: &EncryptOptions,
    global: &GlobalOptions,
) -> Result<(), CliError> {
    let read = [Some(samples), options.labels.as_deref(), Some(&*options.key), Some(like)];
    let mut outputs = Outputs::new(options.overwrite.overwrite(), read.into_iter().flatten());
    let out = outputs.file(&options.out)?;
    let preprocessing_file = outputs.private(&options.preprocessing)?;
    let key = SecretKey::open(&options.key)?;
    let sent = Sent::read(like)?;
    sent.require_key(key.name())?;
    let (samples, warnings) = sent.preprocessing.load_training(samples, options.labels.as_deref())?;
    report::print_warnings(&warnings);
    let samples = if options.keep_order { samples } else { shuffled(&samples)? };
    let plan = sent.plan.for_samples(samples.len());
    let (outcome, data) = encrypted(&key, &plan, Samples::from(&samples), &out, global)?;
    preprocessing_file.write(&sent.followed_by(data, samples.len()).to_json()?)?;
    finish(outcome, outputs, options, global, || {
        outln!("private     {}: stays here", options.preprocessing.display());
    })
}

fn encrypt_inputs(inputs: &Path, options: &EncryptOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let read = [inputs, &options.key, &options.preprocessing];
    let mut outputs = Outputs::new(options.overwrite.overwrite(), read);
    let out = outputs.file(&options.out)?;
    let key = SecretKey::open(&options.key)?;
    let sent = Sent::read(&options.preprocessing)?;
    sent.require_key(key.name())?;
    let rows = sent.preprocessing.load(inputs)?;
    report::print_warnings(&rows.warnings);
    let (outcome, _) = encrypted(&key, &sent.plan, Samples::from(&rows), &out, global)?;
    finish(outcome, outputs, options, global, || ())
}

/// Gives all files their names, and prints them. `print_files` prints those besides the samples for people.
fn finish(
    mut outcome: Outcome<'_>,
    outputs: Outputs,
    options: &EncryptOptions,
    global: &GlobalOptions,
    print_files: impl FnOnce(),
) -> Result<(), CliError> {
    commit(outputs)?;
    outcome.bytes = file_bytes(&options.out)?;
    if global.json {
        return print_json(&outcome);
    }
    print(&outcome);
    print_files();
    print_peak_memory();
    Ok(())
}

/// Encrypts samples for a plan, and returns the digest of their file, too.
fn encrypted<'a>(
    key: &SecretKey,
    plan: &'a PublicPlan,
    samples: Samples<'_>,
    out: &'a Destination,
    global: &GlobalOptions,
) -> Result<(Outcome<'a>, Digest), CliError> {
    let start = Instant::now();
    let count = samples.inputs.nrows();
    let digest = encrypt(key, plan, samples, out, &context(global)?)?;
    let outcome = Outcome {
        key_id: key.name().id.to_string(),
        plan,
        samples: count,
        labelled: samples.targets.is_some(),
        out: out.path(),
        bytes: 0,
        sha256: digest.to_string(),
        seconds: start.elapsed().as_secs_f64(),
        peak_memory_bytes: peak_memory_bytes(),
    };
    Ok((outcome, digest))
}

fn file_bytes(path: &Path) -> Result<u64, CliError> {
    let metadata = std::fs::metadata(path).map_err(|error| CliError::Read { path: path.into(), error })?;
    Ok(metadata.len())
}

fn print(outcome: &Outcome<'_>) {
    let labels = if outcome.labelled { "with" } else { "without" };
    outln!(
        "encrypted   {}: {} samples {labels} labels, {}, in {:.1} s",
        outcome.out.display(),
        outcome.samples,
        DecimalBytes(outcome.bytes),
        outcome.seconds
    );
    outln!("            SHA-256 {}", outcome.sha256);
    outln!("key         {}", outcome.key_id);
}

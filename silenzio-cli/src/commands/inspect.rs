//! `silenzio inspect`: shows what a file is, and how a table would be read.

use super::{context, print_json};
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::report::{print_frozen, print_warnings};
use crate::server_arguments::InspectOptions;
use serde::Serialize;
use silenzio::core::plan::{DataPlan, MissingPolicy};
use silenzio::data::{Data, Reading};
use silenzio::files::{CONTAINER_VERSION, FileError, FileReader, Header, Kind, MAGIC};
use silenzio::suite::{Planned, Predicted, Trained};
use silenzio::{Experiment, PublicPlan, Stage, shape};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The result for machines.
#[derive(Serialize)]
struct Outcome<'a> {
    file: &'a Path,
    file_bytes: u64,
    sha256: String,
    /// Whether every byte was checked.
    verified: bool,
    container_version: u32,
    #[serde(flatten)]
    header: &'a Header,
}

/// Runs the command.
///
/// # Errors
/// If the file cannot be read or is damaged.
pub fn run(options: &InspectOptions, global: &GlobalOptions) -> Result<(), CliError> {
    match Inspected::of(&options.file)? {
        Inspected::Container => {}
        Inspected::Plan => return inspect_plan(options, global),
        Inspected::Table => {
            let read = Data::read(&DataPlan::of_file(options.file.clone()), Path::new(""));
            let reading = read.and_then(|data| data.reading(MissingPolicy::Mean));
            return print_reading(&reading.map_err(silenzio::Error::from)?, global);
        }
    }
    let mut file = FileReader::open_any(&options.file)?;
    if options.verify {
        let context = context(global)?;
        file.verify_all(|done, total| context.progress(Stage::Check, done, total))?;
    }
    let info = file.info();
    if global.json {
        return print_json(&Outcome {
            file: &options.file,
            file_bytes: info.file_bytes,
            sha256: info.digest.to_string(),
            verified: options.verify,
            container_version: CONTAINER_VERSION,
            header: &info.header,
        });
    }
    outln!("{info}");
    outln!(
        "            {}",
        if options.verify { "verified: every byte matches its digest" } else { "not verified" }
    );
    if info.header.plan.is_some() {
        print_origin(&file).unwrap_or_else(|error| outln!("plan        {error}"));
    }
    Ok(())
}

/// The kinds of files that can be inspected.
enum Inspected {
    Container,
    Plan,
    Table,
}

impl Inspected {
    /// Recognises plans by their names, and containers by their first bytes.
    fn of(file: &Path) -> Result<Self, CliError> {
        if file == Path::new("-") {
            return Ok(Self::Table);
        }
        let failed = |error| CliError::Read { path: file.into(), error };
        // Bytes that are read from a pipe cannot be read again.
        if !file.metadata().map_err(failed)?.is_file() {
            return Ok(Self::Table);
        }
        let mut opened = File::open(file).map_err(failed)?;
        let mut beginning = [0; MAGIC.len()];
        Ok(if opened.read_exact(&mut beginning).is_ok() && beginning == MAGIC {
            Self::Container
        } else if file.extension().is_some_and(|extension| extension == "toml") {
            Self::Plan
        } else {
            Self::Table
        })
    }
}

/// Shows how the data of a plan are read.
fn inspect_plan(options: &InspectOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let (_, split) = Experiment::open(&options.file, &[])?.split(0)?;
    print_reading(&split.reading, global)
}

/// Shows how a table is read.
fn print_reading(reading: &Reading, global: &GlobalOptions) -> Result<(), CliError> {
    if global.json {
        return print_json(reading);
    }
    outln!("{reading}");
    outln!("{}", reading.columns_in_lines());
    print_warnings(&reading.warnings);
    Ok(())
}

/// Prints the plan, and the files from which the file was made.
fn print_origin(file: &FileReader) -> Result<(), FileError> {
    match file.header().contents.kind() {
        Kind::ClientKey | Kind::ServerKey | Kind::Data => print_plan(&file.plan::<PublicPlan>()?),
        Kind::Model | Kind::Checkpoint => {
            let trained: Trained = file.plan()?;
            print_plan(trained.plan());
            outln!("trained on  SHA-256 {}", trained.data);
            if let Some(initial) = trained.initial {
                outln!("began with  SHA-256 {initial}");
            }
            if let Some(earlier) = trained.earlier {
                outln!("continued   after {} steps on {} samples", earlier.steps, earlier.samples);
            }
        }
        Kind::Logits => {
            let predicted: Predicted = file.plan()?;
            print_plan(predicted.plan());
            outln!("model       SHA-256 {}", predicted.model);
            outln!("inputs      SHA-256 {}", predicted.inputs);
        }
    }
    Ok(())
}

fn print_plan(plan: &PublicPlan) {
    let (widths, t) = (&plan.task.widths, &plan.task.training);
    outln!(
        "network     {}, {} epochs of {} samples, batch {}, learning rate {}, seed {}",
        shape(widths),
        t.epochs,
        plan.task.samples,
        t.batch,
        t.learning_rate,
        t.seed
    );
    print_frozen(&t.train);
}

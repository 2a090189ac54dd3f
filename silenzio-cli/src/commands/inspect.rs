//! `silenzio inspect`: what a file says about itself.

use super::{context, print_json};
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use crate::server_arguments::InspectOptions;
use serde::Serialize;
use silenzio::core::PublicPlan;
use silenzio::files::{CONTAINER_VERSION, FileError, FileReader, Header, Kind};
use silenzio::protocol::{Planned, Predicted, Trained};
use silenzio::{Stage, shape};
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
    println!("{info}");
    println!(
        "            {}",
        if options.verify { "verified: every byte is as it was written" } else { "not verified" }
    );
    if info.header.plan.is_some() {
        print_origin(&file).unwrap_or_else(|error| println!("plan        {error}"));
    }
    Ok(())
}

/// The plan, and what else the file was made from.
fn print_origin(file: &FileReader) -> Result<(), FileError> {
    match file.header().contents.kind() {
        Kind::ClientKey | Kind::ServerKey | Kind::Data => print_plan(&file.plan::<PublicPlan>()?),
        Kind::Model | Kind::Checkpoint => {
            let trained: Trained = file.plan()?;
            print_plan(trained.plan());
            println!("trained on  SHA-256 {}", trained.data);
        }
        Kind::Logits => {
            let predicted: Predicted = file.plan()?;
            print_plan(predicted.plan());
            println!("model       SHA-256 {}", predicted.model);
            println!("inputs      SHA-256 {}", predicted.inputs);
        }
    }
    Ok(())
}

fn print_plan(plan: &PublicPlan) {
    let (widths, t) = (&plan.widths, &plan.training);
    println!(
        "network     {}, {} epochs of {} samples, batch {}, learning rate {}, seed {}",
        shape(widths),
        t.epochs,
        plan.samples,
        t.batch,
        t.learning_rate,
        t.seed
    );
}

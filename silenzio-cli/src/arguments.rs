//! The command line.

use crate::client_arguments::{
    DecryptOptions, EncryptOptions, EvaluateOptions, ForceOption, KeygenOptions, PredictOptions,
};
use crate::plan_arguments::PlanOptions;
use crate::server_arguments::{InferOptions, InspectOptions, TrainOptions};
use crate::snapshot_arguments::SnapshotOptions;
use clap::{Args, Parser, Subcommand};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

/// Train neural networks on encrypted data.
///
/// A plan (a TOML file) names the data, the network, the optimiser and the integer formats; see the folder
/// `plans` for one per data set and `docs/plan.md` for every field. Start with `silenzio demo`.
#[derive(Parser, Debug)]
#[command(name = "silenzio", version, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    pub global: GlobalOptions,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args, Debug)]
pub struct GlobalOptions {
    /// Print the result as one JSON object on standard output, and nothing else there; progress goes to standard error,
    /// one JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Use this many threads; all cores if not given.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show everything in one go, on the Iris data set that is built in.
    ///
    /// Trains in floating point, trains the same network in small integers on the simulator, then runs the first steps of
    /// that training on ciphertexts and compares the decrypted weights with the simulator's. The approximate engine does
    /// a whole training on ciphertexts after that, which takes most of the time: some ten minutes on two cores.
    Demo(DemoOptions),
    /// Say what encrypted training would take, without doing it.
    ///
    /// Bootstraps by size class, keys, upload, memory, and the time on this machine, from one simulated step and
    /// a short calibration.
    Estimate(EstimateOptions),
    /// Train on the simulator: the integers of an encrypted training, without encryption.
    ///
    /// Reports the accuracy beside that of 32-bit floating point, the look-ups that encrypted training would
    /// take, and the ranges that values really had.
    Simulate(SimulateOptions),
    /// Rehearse: the whole training on ciphertexts with keys made on the spot.
    ///
    /// The exact engine is checked: the same steps are done on the simulator, and the program decrypts the encrypted
    /// weights and fails if any integer differs.
    Rehearse(RehearseOptions),
    /// At the client: make a secret key and the server's keys for a plan.
    ///
    /// The secret key stays; the server's keys hold nothing secret. All randomness is the operating system's.
    Keygen(KeygenOptions),
    /// At the client: encrypt the training samples of a plan, or inputs for a trained model.
    ///
    /// Writes the public plan beside them, which the server may see, and the preprocessing, which stays.
    Encrypt(EncryptOptions),
    /// At the client: decrypt a model, or the average of several, to safetensors or NumPy, or logits to predictions.
    Decrypt(DecryptOptions),
    /// Say how good models are on labelled samples, and which of several is the best.
    ///
    /// Models of one training, as `silenzio train --snapshots` keeps them, are judged together with their average: choose
    /// by validation samples, which `silenzio encrypt --test-out` writes if the plan has a `data.validation_fraction`.
    Evaluate(EvaluateOptions),
    /// Predict the classes of samples with a decrypted model.
    Predict(PredictOptions),
    /// At the server: train on encrypted samples, to an encrypted model.
    ///
    /// Saves itself on the way. The first interruption (Ctrl-C, SIGTERM) finishes the step and saves, with exit code 130;
    /// the second one ends at once. In any case, even after a crash, --resume goes on, to the same bytes.
    Train(TrainOptions),
    /// Simulate every point of a grid, or of a random sample, of plan fields.
    ///
    /// Each point and seed is one row of a CSV file, written as soon as it is done. A sweep that was stopped goes
    /// on where it stopped when it is started again.
    Sweep(SweepOptions),
    /// Draw results: a page for the browser, and its plots as SVG files.
    Report(ReportOptions),
    /// Write the data as a training sees them, as NumPy files: split and scaled by the plan and its seed.
    Export(ExportOptions),
    /// List everything encrypted that a server can get, and the dimension, modulus, secret and noise that it has.
    ///
    /// `scripts/estimate_security.py` estimates its security from the JSON; `docs/security.md` has the results.
    Parameters,
    /// At the server: run an encrypted model on encrypted inputs, to encrypted logits.
    Infer(InferOptions),
    /// Say what a key, a data set, a model or any other file is.
    Inspect(InspectOptions),
}

#[derive(Args, Debug)]
pub struct EstimateOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
}

#[derive(Args, Debug)]
pub struct DemoOptions {
    /// The number of encrypted steps.
    #[arg(long, value_name = "N", default_value = "2")]
    pub steps: NonZeroU64,
}

#[derive(Args, Debug)]
pub struct SimulateOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Repeat with this many seeds, counted up from the plan's.
    #[arg(long, value_name = "N", default_value = "1")]
    pub seeds: NonZeroU64,
    /// Let every look-up fail with this probability. Products are done look-up by look-up then.
    #[arg(long, value_name = "P", value_parser = probability)]
    pub faults: Option<f64>,
    /// Do products look-up by look-up: the same integers, slower.
    #[arg(long)]
    pub look_up_by_look_up: bool,
    /// Stop after this many steps.
    #[arg(long, value_name = "N")]
    pub steps: Option<NonZeroU64>,
    /// Begin with the weights of this public model, a safetensors file, instead of random ones.
    #[arg(long, value_name = "FILE")]
    pub initial: Option<PathBuf>,
    #[command(flatten)]
    pub snapshots: SnapshotOptions,
}

#[derive(Args, Debug)]
pub struct RehearseOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Stop after this many steps. Without it the whole training is done.
    #[arg(long, value_name = "N")]
    pub steps: Option<NonZeroU64>,
    /// Begin with the weights of this public model, a safetensors file, instead of random ones.
    #[arg(long, value_name = "FILE")]
    pub initial: Option<PathBuf>,
    #[command(flatten)]
    pub snapshots: SnapshotOptions,
}

#[derive(Args, Debug)]
pub struct SweepOptions {
    /// The grid: a TOML file that names a plan and the values of its fields.
    pub grid: PathBuf,
    /// The CSV file of the results; the grid's name with `.csv`, in this folder, if not given.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Start anew: rows that are there are deleted.
    #[arg(long)]
    pub force: bool,
}

#[derive(Args, Debug)]
pub struct ReportOptions {
    /// Results: what `simulate --json`, `rehearse --json` or `evaluate --json` printed, or the CSV file of a sweep.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The folder of the page, `index.html`, and of its plots.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

#[derive(Args, Debug)]
pub struct ExportOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("a probability is a number from 0 to 1".into()),
    }
}

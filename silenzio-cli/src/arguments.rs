//! The command line.

use crate::client_arguments::{
    DecryptOptions, EncryptOptions, EvaluateOptions, ForceOption, KeygenOptions, PredictOptions,
};
use crate::plan_arguments::PlanOptions;
use crate::server_arguments::{InferOptions, InspectOptions, TrainOptions};
use crate::snapshot_arguments::SnapshotOptions;
use clap::{Args, Parser, Subcommand};
use silenzio::Override;
use silenzio::planning::Target;
use silenzio::sweep::Shard;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

/// Train neural networks on encrypted data.
///
/// A plan (a TOML file) names the data, the network, the optimiser and the number formats; see the folder `plans` for one
/// per data set and `docs/plan.md` for every field. Start with `silenzio demo`.
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
    /// Print the result as a single JSON object on standard output, and progress on standard error, one JSON object per
    /// line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Use this many threads. The default is one per core.
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Train on ciphertexts from start to end, on the Iris data set that is built in: two minutes on two cores.
    ///
    /// Trains in floating point and on the simulator, then makes keys, encrypts the training set, trains on the ciphertexts
    /// by the approximate engine, decrypts the model, and shows its predictions on the test set. With --full, the training is
    /// longer, and comes after the first steps of a training by the exact engine, whose decrypted weights must equal the
    /// simulator's.
    Demo(DemoOptions),
    /// Find a plan for a table: network, schedule and ranges, by simulated trainings.
    ///
    /// Prints a plan with comments, which `simulate`, `encrypt` and all other commands take: `silenzio plan data.csv > plan.toml`.
    /// Candidates, some usual ones and others drawn at random, are evaluated on validation samples; test samples are not used.
    /// The chosen plan keeps every range in trainings on all training samples. The same command finds the same plan. Ctrl-C
    /// ends the search with the best plan so far and exit status 130.
    Plan(SearchOptions),
    /// Estimate what an encrypted training would take, without doing it.
    ///
    /// Prints bootstraps by kind, the sizes of keys and upload, memory, and the time on this machine. It simulates one
    /// step and measures single bootstraps.
    Estimate(EstimateOptions),
    /// Train on the simulator: with the integers or noise of an encrypted training, without encryption.
    ///
    /// Reports the accuracy beside that of 32-bit floating point, the bootstraps that an encrypted training would take, and the
    /// ranges that values really had.
    Simulate(SimulateOptions),
    /// Rehearse a training: both parties in one process, on ciphertexts, with new keys.
    ///
    /// The exact engine is checked: the same steps run on the simulator, and the command fails if any decrypted weight
    /// differs from the simulated one.
    Rehearse(RehearseOptions),
    /// At the client: make a secret key and the server's keys for a plan.
    ///
    /// The secret key stays with the client; the server's keys hold nothing secret. All randomness comes from the operating
    /// system.
    Keygen(KeygenOptions),
    /// At the client: encrypt the training samples of a plan, or inputs for a trained model.
    ///
    /// Also writes the public plan, which the server may see, and the preprocessing, which stays with the client.
    Encrypt(EncryptOptions),
    /// At the client: decrypt a model, or the average of several, to safetensors or NumPy, or logits to predictions.
    Decrypt(DecryptOptions),
    /// Evaluate models on labelled samples, and find the best of several.
    ///
    /// Models of one training, as `silenzio train --snapshots` keeps them, are evaluated together with their average. Choose
    /// by validation samples, which `silenzio encrypt --test-out` writes if the plan has a `data.validation_fraction`.
    Evaluate(EvaluateOptions),
    /// Predict the classes of samples, or their numbers, with a decrypted model.
    Predict(PredictOptions),
    /// At the server: train an encrypted model on encrypted samples.
    ///
    /// Writes checkpoints meanwhile. The first interruption (Ctrl-C, SIGTERM) finishes the current step, writes a checkpoint
    /// and exits with status 130; the second one exits at once. After any of these, and after a crash, --resume continues,
    /// and the model has the same bytes as without the interruption.
    Train(TrainOptions),
    /// Simulate every point of a grid, or of a random sample, of plan fields.
    ///
    /// Each point and seed is one row of a CSV file, written as soon as it is done. The same command resumes a sweep that was
    /// stopped.
    Sweep(SweepOptions),
    /// Draw results: a page for the browser, and its plots as SVG files.
    Report(ReportOptions),
    /// Write the data as a training sees them, split and scaled, as NumPy files.
    Export(ExportOptions),
    /// List every kind of ciphertext that a server can get, with its dimension, modulus, secret and noise.
    ///
    /// `scripts/estimate_security.py` estimates the security of each from the JSON; `docs/security.md` has the results.
    Parameters,
    /// At the server: apply an encrypted model to encrypted inputs, which gives encrypted logits.
    Infer(InferOptions),
    /// Show what a file is: a key, encrypted data, a model, a table, or a plan with its data.
    Inspect(InspectOptions),
    /// Print a script that completes this program's commands and options in a shell.
    ///
    /// For Bash: `silenzio completions bash > ~/.local/share/bash-completion/completions/silenzio`.
    Completions(CompletionsOptions),
    /// Write a man page for the program and for each of its commands.
    Man(ManOptions),
}

#[derive(Args, Debug)]
pub struct SearchOptions {
    /// The table, a file of any kind that a plan can name.
    pub data: PathBuf,
    /// The target of the search: `accuracy` (R² of a regression), or `cost`, the fewest bootstraps within one point of the best
    /// accuracy or 0.01 of the best R².
    #[arg(long, value_name = "TARGET", default_value = "accuracy")]
    pub target: Target,
    /// Try this many candidates. One of four advances to the next round. A search takes about three and a half simulated trainings
    /// per candidate.
    #[arg(long, value_name = "N", default_value = "24", allow_negative_numbers = true)]
    pub candidates: NonZeroUsize,
    /// Set a field of the plan, which the search then leaves alone, as in `--set data.label_column=kind`, `--set
    /// engine.kind=exact` or `--set training.seed=2`.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub set: Vec<Override>,
}

#[derive(Args, Debug)]
pub struct EstimateOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Estimate the training on this many machines, with one rank on each, and `--threads` cores like those of this one.
    #[arg(long, value_name = "N")]
    pub ranks: Option<NonZeroUsize>,
    /// The bandwidth of a connection between two machines, in gigabits per second.
    #[arg(long, value_name = "GBPS", default_value = "10", requires = "ranks", value_parser = positive)]
    pub network: f64,
    /// The time of an empty message between two machines, in microseconds.
    #[arg(long, value_name = "US", default_value = "50", requires = "ranks", value_parser = positive)]
    pub latency: f64,
}

#[derive(Args, Debug)]
pub struct DemoOptions {
    /// Also show the exact engine, and train for all epochs of the plan, which takes some minutes.
    #[arg(long)]
    pub full: bool,
    /// The number of encrypted steps of the exact engine.
    #[arg(long, value_name = "N", default_value = "2", requires = "full", allow_negative_numbers = true)]
    pub steps: NonZeroU64,
}

#[derive(Args, Debug)]
pub struct SimulateOptions {
    #[command(flatten)]
    pub plan: PlanOptions,
    /// Repeat with this many seeds, counted up from the plan's.
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value = "1")]
    pub seeds: NonZeroU64,
    /// Make every look-up fail with this probability, from 0 to 1. Products are then computed look-up by look-up.
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub faults: Option<f64>,
    /// Compute products look-up by look-up: the same integers, but slower.
    #[arg(long)]
    pub look_up_by_look_up: bool,
    /// Stop after this many steps.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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
    /// Stop after this many steps. The default is the whole training.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
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
    /// The CSV file of the results. The default is the grid's name with `.csv`, in the current folder.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Simulate only every N-th row, from the I-th on: one of N parts for N machines. The name of the file of the results
    /// then has `-I-of-N` in it.
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true)]
    pub shard: Shard,
    /// Take over the rows that other shards of this sweep, or earlier ones, have written to this file. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub include: Vec<PathBuf>,
    /// Start over, and delete the rows that are there.
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

#[derive(Args, Debug)]
pub struct CompletionsOptions {
    /// The shell.
    pub shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub struct ManOptions {
    /// The folder to write to, such as `~/.local/share/man/man1`. It is created if it does not exist; existing pages of the
    /// program are replaced.
    pub folder: PathBuf,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (1e-6..=1e9).contains(&number) => Ok(number),
        _ => Err("must be a number between 0.000001 and 1000000000".into()),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err("must be a number between 0 and 1".into()),
    }
}

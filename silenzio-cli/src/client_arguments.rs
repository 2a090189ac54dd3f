//! The options of the client's commands.

use crate::plan_arguments::PlanOptions;
use clap::{ArgGroup, Args};
use silenzio::Override;
use silenzio::files::Overwrite;
use std::path::PathBuf;

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("source").args(["plan", "public_plan"]).required(true)))]
pub struct KeygenOptions {
    #[command(flatten)]
    pub source: OptionalPlan,
    /// Make keys for this public plan, which `silenzio encrypt` wrote, instead of a plan with its data.
    #[arg(long, value_name = "FILE")]
    pub public_plan: Option<PathBuf>,
    /// Write the secret key here. It must not leave this machine.
    #[arg(long, value_name = "FILE", default_value = "client.key")]
    pub client_key: PathBuf,
    /// Write the server's keys here.
    #[arg(long, value_name = "FILE", default_value = "server.key")]
    pub server_key: PathBuf,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("source").args(["plan", "inputs", "like"]).required(true)))]
pub struct EncryptOptions {
    #[command(flatten)]
    pub source: OptionalPlan,
    /// Encrypt these rows for a trained model, instead of the training samples of a plan: a CSV file with the columns of
    /// the training file, with or without labels, which stay here; or an IDX file; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// Encrypt more training samples like an earlier data set, with its scaling, classes and plan, so that a server can train on
    /// both, or continue from its model: give the preprocessing of that data set. With several data sets, give that of the last
    /// one, which knows of the others.
    #[arg(long, value_name = "PREPROCESSING", requires = "samples")]
    pub like: Option<PathBuf>,
    /// With --like: the training samples, a CSV file with the columns of the first training file, or an IDX file; `-` is
    /// standard input.
    #[arg(long, value_name = "FILE", requires = "like", conflicts_with_all = ["plan", "inputs"])]
    pub samples: Option<PathBuf>,
    /// With --like: the IDX file of the labels.
    #[arg(long, value_name = "FILE", requires = "like")]
    pub labels: Option<PathBuf>,
    /// The secret key.
    #[arg(long, value_name = "FILE", default_value = "client.key")]
    pub key: PathBuf,
    /// Write the encrypted samples here.
    #[arg(long, value_name = "FILE", default_value = "data.silenzio")]
    pub out: PathBuf,
    /// Write the public plan here. With --like or --inputs, nothing is written: it is the one that was agreed on.
    #[arg(long, value_name = "FILE", default_value = "public-plan.toml")]
    pub public_plan: PathBuf,
    /// Write the preprocessing (scaling, names, and everything else that decryption needs) to this file, which stays here. With
    /// --inputs, it is read.
    #[arg(long, value_name = "FILE", default_value = "preprocessing.json")]
    pub preprocessing: PathBuf,
    /// Write the samples that are held back for testing to this CSV file, in their original units.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["inputs", "like"])]
    pub test_out: Option<PathBuf>,
    /// Keep the order of the samples, to train as `silenzio simulate` does. The server sees the place of every sample:
    /// in a file that is sorted, it tells the class.
    #[arg(long, conflicts_with = "inputs")]
    pub keep_order: bool,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

#[derive(Args, Debug)]
pub struct DecryptOptions {
    /// An encrypted model, or encrypted logits; with --average, encrypted models of one training.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Write the average of the models, whose noise is below theirs.
    #[arg(long)]
    pub average: bool,
    /// The secret key.
    #[arg(long, value_name = "FILE", default_value = "client.key")]
    pub key: PathBuf,
    /// The preprocessing that `silenzio encrypt` wrote.
    #[arg(long, value_name = "FILE", default_value = "preprocessing.json")]
    pub preprocessing: PathBuf,
    /// Write the result here: a model as `.safetensors` or `.npz`, predictions as `.csv`.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Do not round off the last digits of weights. Do not share such a model: together with the ciphertexts, it leaks the secret
    /// key.
    #[arg(long)]
    pub keep_noise: bool,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

#[derive(Args, Debug)]
pub struct EvaluateOptions {
    /// Models: decrypted ones, which are safetensors files, or encrypted ones, which are decrypted in memory.
    #[arg(required = true, value_name = "MODEL")]
    pub models: Vec<PathBuf>,
    /// Labelled samples: a CSV file with the columns of the training file, or an IDX file; `-` is standard input.
    #[arg(required = true)]
    pub data: PathBuf,
    /// The IDX file of the labels.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// The secret key, for encrypted models.
    #[arg(long, value_name = "FILE", default_value = "client.key")]
    pub key: PathBuf,
    /// The preprocessing that `silenzio encrypt` wrote, for encrypted models.
    #[arg(long, value_name = "FILE", default_value = "preprocessing.json")]
    pub preprocessing: PathBuf,
}

#[derive(Args, Debug)]
pub struct PredictOptions {
    /// A decrypted model, a safetensors file.
    pub model: PathBuf,
    /// Samples: a CSV file with the columns of the training file, with or without labels, or an IDX file; `-` is
    /// standard input.
    pub data: PathBuf,
    /// Write the predictions here instead of to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub overwrite: ForceOption,
}

/// A plan that is optional, since another option may take its place.
#[derive(Args, Debug)]
pub struct OptionalPlan {
    /// The plan, whose data are read.
    pub plan: Option<PathBuf>,
    /// Change a field of the plan, as in `--set training.epochs=5`.
    #[arg(long, value_name = "FIELD=VALUE", requires = "plan")]
    pub set: Vec<Override>,
}

impl OptionalPlan {
    /// The plan, if it is given.
    pub fn given(&self) -> Option<PlanOptions> {
        let plan = self.plan.clone()?;
        Some(PlanOptions { plan, set: self.set.clone() })
    }
}

#[derive(Args, Debug)]
pub struct ForceOption {
    /// Replace files that exist.
    #[arg(long)]
    pub force: bool,
}

impl ForceOption {
    /// What to do with files that exist.
    pub fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Replace } else { Overwrite::Refuse }
    }
}

//! A plan with its data: what every command starts from.

use crate::arguments::PlanOptions;
use crate::error::CliError;
use crate::overrides::overridden;
use crate::report;
use silenzio_core::PublicPlan;
use silenzio_core::plan::Plan;
use silenzio_core::random::Seed;
use silenzio_nn::data::{self, Split};
use silenzio_nn::metrics::{ConfusionMatrix, accuracy};
use silenzio_nn::reference::{Mlp, train_reference};
use silenzio_suite::Network;
use std::path::{Path, PathBuf};

/// A valid plan, and the file that it is from.
pub struct Experiment {
    pub plan: Plan,
    path: PathBuf,
}

/// The data and the integer formats of one seed of an experiment.
pub struct Run {
    pub plan: Plan,
    pub split: Split,
    pub widths: Vec<usize>,
    pub network: Network,
}

impl Experiment {
    /// Reads and checks a plan, with the fields changed that the options name.
    ///
    /// # Errors
    /// If the file cannot be read or is not a valid plan.
    pub fn open(PlanOptions { plan: path, set }: &PlanOptions) -> Result<Self, CliError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| CliError::Read { path: path.into(), error })?;
        // Errors of an unchanged file show its lines.
        let plan: Result<Plan, _> = if set.is_empty() {
            toml::from_str(&text)
        } else {
            toml::from_str(&text).and_then(|fields| overridden(fields, set).try_into())
        };
        let changed = !set.is_empty();
        let plan =
            plan.map_err(|error| CliError::Toml { path: path.into(), changed, error: Box::new(error) })?;
        plan.validate().map_err(|error| CliError::Plan { path: path.into(), error })?;
        Ok(Self { plan, path: path.into() })
    }

    /// The plan with `offset` added to its seed, and the data that it loads and splits.
    ///
    /// # Errors
    /// If the data cannot be used.
    pub fn split(&self, offset: u64) -> Result<(Plan, Split), CliError> {
        let mut plan = self.plan.clone();
        plan.training.seed = plan.training.seed.wrapping_add(offset);
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let split = data::load(&plan.data, folder, Seed(plan.training.seed))?;
        Ok((plan, split))
    }

    /// Loads and splits the data, in their own units.
    ///
    /// # Errors
    /// If the data cannot be used.
    pub fn data(&self) -> Result<Split, CliError> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        Ok(data::load_unscaled(&self.plan.data, folder, Seed(self.plan.training.seed))?)
    }

    /// What a server learns of the plan and of these data.
    pub fn public_plan(&self, split: &Split) -> PublicPlan {
        public_plan(&self.plan, split)
    }

    /// Loads and splits the data for the plan's seed plus `offset`, and chooses the integer formats.
    ///
    /// # Errors
    /// If the data cannot be used, or the plan cannot be carried out on them.
    pub fn run(&self, offset: u64) -> Result<Run, CliError> {
        let (plan, split) = self.split(offset)?;
        let public = public_plan(&plan, &split);
        let network =
            Network::new(&public).map_err(|error| CliError::Network { path: self.path.clone(), error })?;
        Ok(Run { plan, split, widths: public.widths, network })
    }
}

fn public_plan(plan: &Plan, split: &Split) -> PublicPlan {
    let (inputs, classes) = (split.train.inputs.ncols(), split.train.classes.len());
    PublicPlan {
        widths: [&[inputs], plan.model.hidden.as_slice(), &[classes]].concat(),
        samples: split.train.len(),
        training: plan.training.clone(),
        engine: plan.engine.clone(),
    }
}

impl Run {
    /// Trains the same network in 32-bit floating point; its test accuracy after each epoch.
    pub fn float_accuracies(&self, mut after_epoch: impl FnMut()) -> Vec<f64> {
        let mut accuracies = Vec::new();
        train_reference(&self.split.train, &self.plan.model.hidden, &self.plan.training, |_, model| {
            accuracies.push(self.test_accuracy(model));
            after_epoch();
        });
        accuracies
    }

    /// The part of the test samples that a model classifies rightly.
    pub fn test_accuracy(&self, model: &Mlp) -> f64 {
        accuracy(&model.predict(&self.split.test.inputs), &self.split.test.labels)
    }

    /// Which class of the test samples a model takes for which.
    pub fn confusion(&self, model: &Mlp) -> ConfusionMatrix {
        let test = &self.split.test;
        ConfusionMatrix::new(&test.classes, &model.predict(&test.inputs), &test.labels)
    }

    /// "4-8-3".
    pub fn shape(&self) -> String {
        report::shape(&self.widths)
    }
}

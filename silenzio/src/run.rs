//! A plan on the samples of one seed, which can be simulated, rehearsed and estimated.

use crate::{Context, Error, Stage};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};
use silenzio_core::Task;
use silenzio_core::plan::{EnginePlan, Loss, ModelPlan, PlanError, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_data::{Dataset, Reading, unscaled};
use silenzio_files::{MAX_PLAIN_BYTES, read_plain};
use silenzio_nn::init::initial_network;
use silenzio_nn::metrics::{ConfusionMatrix, RegressionScores, TargetScores, accuracy, cross_entropy};
use silenzio_nn::pretrained;
use silenzio_nn::reference::{Mlp, train_reference_from};
use silenzio_nn::snapshots::SnapshotPolicy;
use silenzio_nn::trainer::Schedule;
use silenzio_suite::{Description, Network, PublicPlan};
use std::path::Path;

/// The data and the number formats of one seed of a plan.
#[derive(Clone, Debug)]
pub struct Run {
    /// The public plan: what a server learns of the plan and of the data.
    pub plan: PublicPlan,
    /// The training samples, with inputs in `[0, 1]`.
    pub train: Dataset,
    /// The test or validation samples, with inputs in `[0, 1]`.
    pub test: Dataset,
    /// How the samples were read from files; `None` for arrays.
    pub reading: Option<Reading>,
    /// The samples on which accuracies are measured: "test" or "validation".
    pub measured_on: &'static str,
    /// The models whose average is evaluated in addition to the last one, if any.
    pub snapshots: Option<SnapshotPolicy>,
    /// The public model with which trainings begin; random weights if `None`.
    pub initial: Option<Mlp>,
    pub(crate) network: Network,
}

/// How good a model is on test samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// The fraction that it classifies correctly.
    Accuracy(f64),
    /// How far its predictions are from the targets: the mean over these.
    Regression(RegressionScores),
}

/// How good the models of a training are on test samples, after each epoch and after the last step. One of both lists is
/// empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// The accuracies of a classification.
    pub accuracies: Vec<f64>,
    /// The scores of a regression.
    pub scores: Vec<RegressionScores>,
}

impl Score {
    /// The accuracy of a classification.
    pub const fn accuracy(self) -> Option<f64> {
        match self {
            Self::Accuracy(accuracy) => Some(accuracy),
            Self::Regression(_) => None,
        }
    }

    /// The scores of a regression.
    pub const fn regression(self) -> Option<RegressionScores> {
        match self {
            Self::Accuracy(_) => None,
            Self::Regression(scores) => Some(scores),
        }
    }
}

impl Course {
    /// Adds the score of the next model.
    pub fn push(&mut self, score: Score) {
        match score {
            Score::Accuracy(accuracy) => self.accuracies.push(accuracy),
            Score::Regression(scores) => self.scores.push(scores),
        }
    }
}

/// A confusion matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The numbers of samples: a row per true class, a column per predicted class.
    pub counts: Vec<Vec<u64>>,
}

impl From<ConfusionMatrix> for Confusion {
    fn from(matrix: ConfusionMatrix) -> Self {
        let row = |row: ArrayView1<'_, usize>| row.iter().map(|&count| count as u64).collect();
        Self { counts: matrix.counts.rows().into_iter().map(row).collect(), classes: matrix.classes }
    }
}

impl Run {
    /// Chooses the number formats for a network on scaled samples.
    ///
    /// # Errors
    /// [`Error::Task`] if a part of the plan is not valid, or cannot be carried out on these samples.
    pub fn new(
        model: &ModelPlan,
        training: &TrainingPlan,
        engine: &EnginePlan,
        train: Dataset,
        test: Dataset,
    ) -> Result<Self, Error> {
        check_targets(training, &train)?;
        check_targets(training, &test)?;
        let plan = PublicPlan::new(task(model, training, engine, &train))?;
        let network = plan.network()?;
        Ok(Self {
            plan,
            train,
            test,
            reading: None,
            measured_on: "test",
            snapshots: None,
            initial: None,
            network,
        })
    }

    /// The same run, but begun with the public model in a safetensors file. Its weights have the names and layout of PyTorch's
    /// `Linear` layers called `layers.0`, `layers.1` and so on.
    ///
    /// # Errors
    /// If the file cannot be read, or does not have the weights of this network.
    pub fn from_pretrained(self, path: &Path) -> Result<Self, Error> {
        let bytes = read_plain(path, MAX_PLAIN_BYTES)?;
        let initial = pretrained::network(&bytes, &self.plan.task.widths);
        let initial = initial.map_err(|problem| Error::Initial { problem }.at(path))?;
        Ok(Self { initial: Some(initial), ..self })
    }

    /// The schedule of this run, of at most `steps` steps.
    pub fn schedule(&self, steps: Option<u64>) -> Schedule {
        let schedule = Schedule::new(&self.plan.task.training, self.train.len());
        match steps {
            Some(steps) => schedule.at_most(steps),
            None => schedule,
        }
    }

    /// Trains the same network in 32-bit floating point, and returns how good it is after each epoch.
    pub fn float_course(&self, context: &Context) -> Course {
        let Task { training, widths, .. } = &self.plan.task;
        let epochs = training.epochs as u64;
        let initial = match &self.initial {
            Some(public) => public.weights.clone(),
            None => initial_network(Seed(training.seed), widths),
        };
        let initial = Mlp { weights: initial, activation_limits: Vec::new() };
        let mut course = Course::default();
        context.progress(Stage::FloatTraining, 0, epochs);
        train_reference_from(initial, &self.train, training, |epoch, model| {
            course.push(self.judge(model));
            context.progress(Stage::FloatTraining, epoch as u64 + 1, epochs);
        });
        course
    }

    /// As [`float_course`](Self::float_course): the test accuracies of a classification; none of a regression.
    pub fn float_accuracies(&self, context: &Context) -> Vec<f64> {
        self.float_course(context).accuracies
    }

    /// Whether it predicts numbers, and not classes.
    pub fn is_regression(&self) -> bool {
        self.plan.task.training.loss == Loss::Squared
    }

    /// How good a model is on the test samples.
    pub fn judge(&self, model: &Mlp) -> Score {
        match &self.test.values {
            Some(_) => Score::Regression(TargetScores::mean(&self.target_scores(model))),
            None => Score::Accuracy(self.test_accuracy(model)),
        }
    }

    /// The loss of a model on the training samples: the mean cross entropy in nats, or the mean of half the squared difference
    /// from targets between -1 and 1, added up over the targets.
    pub fn training_loss(&self, model: &Mlp) -> f64 {
        let outputs = model.forward(&self.train.inputs);
        let Some(values) = &self.train.values else { return cross_entropy(&outputs, &self.train.labels) };
        let differences = outputs.iter().zip(&values.scaled);
        let squares: f64 = differences.map(|(&p, &y)| f64::from(p - y).powi(2)).sum();
        squares / 2.0 / self.train.len().max(1) as f64
    }

    /// The fraction of the test samples that a model classifies correctly.
    pub fn test_accuracy(&self, model: &Mlp) -> f64 {
        accuracy(&model.predict(&self.test.inputs), &self.test.labels)
    }

    /// The confusion matrix of a model on the test samples, which can be printed as a table.
    pub fn confusion(&self, model: &Mlp) -> ConfusionMatrix {
        let test = &self.test;
        ConfusionMatrix::new(&test.classes, &model.predict(&test.inputs), &test.labels)
    }

    /// How far a model's predictions are from each target of the test samples; nothing for a classification.
    pub fn target_scores(&self, model: &Mlp) -> Vec<TargetScores> {
        let Some(values) = &self.test.values else { return vec![] };
        let predicted = unscaled(&values.columns, model.forward(&self.test.inputs).view());
        TargetScores::of(&values.columns, predicted.view(), values.numbers().view())
    }

    /// The number formats that the engine chose.
    pub fn describe(&self) -> Description {
        self.network.describe()
    }

    /// The widths of the layers, as in "4-8-3".
    pub fn shape(&self) -> String {
        shape(&self.plan.task.widths)
    }
}

/// Refuses samples with classes where the loss is for numbers, and the other way round.
fn check_targets(training: &TrainingPlan, samples: &Dataset) -> Result<(), PlanError> {
    let (field, value) = ("training.loss", training.loss.name().into());
    match (training.loss, &samples.values) {
        (Loss::CrossEntropy, Some(_)) => Err(PlanError {
            field,
            value,
            problem: "is for classes, but the samples have numbers: use \"squared\"",
        }),
        (Loss::Squared, None) => Err(PlanError {
            field,
            value,
            problem: "is for numbers, but the samples have classes: use \"cross-entropy\"",
        }),
        _ => Ok(()),
    }
}

/// The widths of layers, as in "4-8-3".
pub fn shape(widths: &[usize]) -> String {
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// The task of a training on these samples.
pub(crate) fn task(model: &ModelPlan, training: &TrainingPlan, engine: &EnginePlan, train: &Dataset) -> Task {
    let (inputs, outputs) = (train.inputs.ncols(), train.outputs());
    let layers = model.hidden.len() + 1;
    Task {
        widths: [&[inputs], model.hidden.as_slice(), &[outputs]].concat(),
        samples: train.len(),
        training: TrainingPlan { train: training.train.resolved(layers), ..training.clone() },
        engine: engine.clone(),
    }
}

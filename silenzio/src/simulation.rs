//! Training on the simulator: the integers or the noise of an encrypted training, without encryption.

use crate::training::{Trained, Training};
use crate::{Confusion, Context, Course, Error, Observed, Run, Score, Simulator};
use serde::Serialize;
use silenzio_nn::metrics::{RegressionScores, TargetScores};
use silenzio_nn::reference::Mlp;

/// The result of a simulated training.
#[derive(Clone, Debug, Serialize)]
pub struct SimulatedTraining {
    /// The seed of the plan.
    pub seed: u64,
    /// Of a classification: test accuracy after each epoch, and after the last step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub simulated_accuracies: Vec<f64>,
    /// Of a regression: the scores on the test samples after each epoch, and after the last step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub simulated_scores: Vec<RegressionScores>,
    /// The test accuracy of the average of the run's snapshots, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub averaged_accuracy: Option<f64>,
    /// The same of a regression: the scores of the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub averaged_scores: Option<RegressionScores>,
    /// Steps done.
    pub steps: u64,
    /// The time of the training, in seconds.
    pub simulated_seconds: f64,
    /// The operations of an encrypted training, and the ranges of values.
    #[serde(flatten)]
    pub observed: Observed,
    /// The confusion matrix of the trained model on the test samples; none for a regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// The scores of the trained model for each target of the test samples; none for a classification.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetScores>,
    /// The trained model.
    #[serde(skip)]
    pub model: Mlp,
}

impl SimulatedTraining {
    /// How good the model is after each epoch, and after the last step.
    pub fn course(&self) -> Course {
        Course { accuracies: self.simulated_accuracies.clone(), scores: self.simulated_scores.clone() }
    }
}

impl Run {
    /// The simulator that behaves like ciphertexts.
    pub fn simulator(&self) -> Simulator {
        Simulator::new(self.plan.task.training.seed)
    }

    /// Trains on the simulator, for the whole plan or its first steps. Observers are told the steps done, and about values
    /// that went beyond their range.
    ///
    /// # Errors
    /// [`Error::Switch`] if the plan's engine does not have a setting of the simulator, [`Error::Engine`] if an operation of the
    /// engine fails, and [`Error::Cancelled`].
    pub fn simulate(
        &self,
        simulator: Simulator,
        steps: Option<u64>,
        context: &Context,
    ) -> Result<SimulatedTraining, Error> {
        let mut course = Course::default();
        let look = &mut |model: &Mlp| course.push(self.judge(model));
        let training = Training { run: self, steps, context, bootstraps: None, look };
        let (trained, observed) = context.install(|| simulator.run(&self.network, training))?;
        let Trained { model, averaged, steps, training, .. } = trained?;
        context.check()?;
        observed.wrapped.iter().for_each(|name| context.warn_wrapped(name));
        let averaged = averaged.map(|averaged| self.judge(&averaged));
        Ok(SimulatedTraining {
            seed: self.plan.task.training.seed,
            simulated_accuracies: course.accuracies,
            simulated_scores: course.scores,
            averaged_accuracy: averaged.and_then(Score::accuracy),
            averaged_scores: averaged.and_then(Score::regression),
            steps,
            simulated_seconds: training.as_secs_f64(),
            observed,
            confusion: (!self.is_regression()).then(|| self.confusion(&model).into()),
            targets: self.target_scores(&model),
            model,
        })
    }
}

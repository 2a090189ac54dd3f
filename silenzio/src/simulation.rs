//! Training on the simulator: the integers or the noise of an encrypted training, without encryption.

use crate::training::{Trained, Training};
use crate::{Confusion, Context, Error, Observed, Run, Simulator};
use serde::Serialize;
use silenzio_nn::reference::Mlp;

/// The result of a simulated training.
#[derive(Clone, Debug, Serialize)]
pub struct SimulatedTraining {
    /// The seed of the plan.
    pub seed: u64,
    /// Test accuracy after each epoch, and after the last step.
    pub simulated_accuracies: Vec<f64>,
    /// The test accuracy of the average of the run's snapshots, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub averaged_accuracy: Option<f64>,
    /// Steps done.
    pub steps: u64,
    /// The time of the training, in seconds.
    pub simulated_seconds: f64,
    /// The operations of an encrypted training, and the ranges of values.
    #[serde(flatten)]
    pub observed: Observed,
    /// The confusion matrix of the trained model on the test samples.
    pub confusion: Confusion,
    /// The trained model.
    #[serde(skip)]
    pub model: Mlp,
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
        let mut accuracies = Vec::new();
        let look = &mut |model: &Mlp| accuracies.push(self.test_accuracy(model));
        let training = Training { run: self, steps, context, bootstraps: None, look };
        let (trained, observed) = context.install(|| simulator.run(&self.network, training))?;
        let Trained { model, averaged, steps, training, .. } = trained?;
        context.check()?;
        observed.wrapped.iter().for_each(|name| context.warn_wrapped(name));
        Ok(SimulatedTraining {
            seed: self.plan.task.training.seed,
            simulated_accuracies: accuracies,
            averaged_accuracy: averaged.map(|averaged| self.test_accuracy(&averaged)),
            steps,
            simulated_seconds: training.as_secs_f64(),
            observed,
            confusion: self.confusion(&model).into(),
            model,
        })
    }
}

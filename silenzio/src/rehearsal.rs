//! Training on ciphertexts in one process, with keys made on the spot.

use crate::training::{Trained, Training};
use crate::{Context, Course, Error, Operations, Run, Score, SimulatedTraining};
use serde::Serialize;
use silenzio_nn::reference::Mlp;
use silenzio_suite::{BareBootstrap, Phase, rehearse};

/// A training on ciphertexts that is about to begin.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    run: &'a Run,
    steps: Option<u64>,
    simulated: Option<SimulatedTraining>,
}

/// The result of a training on ciphertexts.
#[derive(Clone, Debug)]
pub struct EncryptedTraining {
    /// The decrypted model.
    pub model: Mlp,
    /// How good it was after each epoch, and after the last step.
    pub course: Course,
    /// How good the average of the run's snapshots is, if it has any.
    pub averaged: Option<Score>,
    /// Whether every decrypted weight was compared with the simulator's and is equal.
    pub equals_simulated: bool,
    /// What it cost.
    pub cost: Cost,
}

/// The cost of a training on ciphertexts.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// The number of threads.
    pub threads: usize,
    /// Steps done.
    pub steps: u64,
    /// Samples in these steps.
    pub samples: usize,
    /// The time of key generation, in seconds.
    pub key_seconds: f64,
    /// The size of the server's keys in memory.
    pub key_bytes: usize,
    /// The time of the client for encrypting the samples, in seconds.
    pub encryption_seconds: f64,
    /// The time of the training on the wall clock, in seconds.
    pub training_seconds: f64,
    /// Operations done.
    pub operations: Operations,
    /// The bare TFHE-rs operations, measured in this run.
    pub bare: Vec<BareBootstrap>,
    /// Core-seconds of the training by phase: the cryptographic operations, and the rest.
    pub phases: Vec<Phase>,
    /// The core-seconds of the training, divided by those of its bare bootstraps and keyswitches.
    pub overhead: f64,
}

impl Run {
    /// Prepares a training on ciphertexts, of the whole plan or of its first steps. If ciphertexts must give the same integers as
    /// the simulator, the training is simulated first.
    ///
    /// # Errors
    /// If an operation of the engine fails, or the work is cancelled.
    pub fn rehearsal(&self, steps: Option<u64>, context: &Context) -> Result<Rehearsal<'_>, Error> {
        let simulate = || self.simulate(self.simulator(), steps, context);
        let simulated = self.network.is_exact().then(simulate).transpose()?;
        Ok(Rehearsal { run: self, steps, simulated })
    }

    /// The bootstraps of a training if the engine knows them beforehand, and 0 otherwise.
    pub(crate) fn bootstraps(&self, steps: Option<u64>) -> u64 {
        let (schedule, description) = (self.schedule(steps), self.describe());
        let of_samples = description.bootstraps_per_sample.unwrap_or(0) * schedule.samples() as u64;
        of_samples + description.bootstraps_per_step.unwrap_or(0) * schedule.steps()
    }
}

impl Rehearsal<'_> {
    /// The training that the ciphertexts must repeat to the last digit, if there is one.
    pub fn simulated(&self) -> Option<&SimulatedTraining> {
        self.simulated.as_ref()
    }

    /// Trains on ciphertexts. Observers are told the bootstraps done.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if a decrypted weight differs from the simulator's, which is checked for exact networks;
    /// [`Error::Engine`] if an operation of the engine fails; [`Error::Cancelled`].
    pub fn train(&self, context: &Context) -> Result<EncryptedTraining, Error> {
        let Self { run, steps, simulated } = self;
        let bootstraps = match simulated {
            Some(simulated) => simulated.observed.operations.total_bootstraps(),
            None => run.bootstraps(*steps),
        };
        let mut course = Course::default();
        let look = &mut |model: &Mlp| course.push(run.judge(model));
        let training = Training { run, steps: *steps, context, bootstraps: Some(bootstraps), look };
        let (trained, cost) = context.install(|| rehearse(&run.network, training))?;
        let Trained { model, averaged, steps, samples, encryption, training, .. } = trained?;
        context.check()?;
        if let Some(simulated) = simulated {
            compare(&simulated.model, &model, steps)?;
        }
        let (threads, training_seconds) = (context.threads(), training.as_secs_f64());
        let core_seconds = training_seconds * threads as f64;
        let rest = core_seconds - cost.phases.iter().map(|phase| phase.core_seconds).sum::<f64>();
        let rest = Phase { phase: "rest".into(), core_seconds: rest.max(0.0) };
        Ok(EncryptedTraining {
            cost: Cost {
                threads,
                steps,
                samples,
                key_seconds: cost.key_seconds,
                key_bytes: cost.key_bytes,
                encryption_seconds: encryption.as_secs_f64(),
                training_seconds,
                operations: cost.operations,
                bare: cost.bare,
                overhead: core_seconds / cost.bare_core_seconds,
                phases: cost.phases.into_iter().chain([rest]).collect(),
            },
            equals_simulated: simulated.is_some(),
            averaged: averaged.map(|averaged| run.judge(&averaged)),
            model,
            course,
        })
    }
}

/// Compares encrypted and simulated weights, to the last digit.
fn compare(simulated: &Mlp, encrypted: &Mlp, steps: u64) -> Result<(), Error> {
    let weights = |model: &Mlp| -> Vec<f32> { model.weights.iter().flatten().copied().collect() };
    let (simulated, encrypted) = (weights(simulated), weights(encrypted));
    let differing = simulated.iter().zip(&encrypted).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    match differing + simulated.len().abs_diff(encrypted.len()) {
        0 => Ok(()),
        differing => Err(Error::Mismatch { steps, differing, weights: simulated.len() }),
    }
}

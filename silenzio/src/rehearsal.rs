//! Training on ciphertexts in one process, with keys made on the spot.

use crate::{Context, Error, Run, SimulatedTraining, Simulator, engines};
use ndarray::Array2;
use serde::Serialize;
use silenzio_core::LutCounts;
use silenzio_core::approximate::ApproximateCounts;
use silenzio_nn::reference::Mlp;

/// A training on ciphertexts that is about to begin.
#[derive(Debug)]
pub struct Rehearsal<'a> {
    run: &'a Run,
    steps: Option<u64>,
    simulated: Option<SimulatedTraining>,
}

/// What a training on ciphertexts came to.
#[derive(Clone, Debug)]
pub struct EncryptedTraining {
    /// The decrypted weights of the exact engine, layer by layer, as the integers that they are.
    pub integers: Option<Vec<Array2<i64>>>,
    /// The decrypted model.
    pub model: Mlp,
    /// Test accuracy after each epoch, and after the last step.
    pub accuracies: Vec<f64>,
    /// What it cost.
    pub cost: Cost,
}

/// The cost of a training on ciphertexts.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Cost {
    /// Of the exact engine.
    Exact(ExactCost),
    /// Of the approximate engine.
    Approximate(ApproximateCost),
}

/// The cost of a training with the exact engine.
#[derive(Clone, Debug, Serialize)]
pub struct ExactCost {
    /// Time and keys.
    #[serde(flatten)]
    pub effort: Effort,
    /// Bootstraps done.
    pub bootstraps: LutCounts,
    /// Keyswitches done.
    pub keyswitches: LutCounts,
    /// The bare TFHE-rs operations.
    pub bare: Vec<BareClass>,
    /// Core-seconds of the training over those of its bare bootstraps and keyswitches.
    pub overhead: f64,
}

/// The bare TFHE-rs operations of a size class, measured in this run: milliseconds on one core.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BareClass {
    /// The widest modulus of the class.
    pub widest_modulus: u8,
    /// A keyswitch.
    pub keyswitch_ms: f64,
    /// A bootstrap.
    pub bootstrap_ms: f64,
}

/// The cost of a training with the approximate engine.
#[derive(Clone, Debug, Serialize)]
pub struct ApproximateCost {
    /// Time and keys.
    #[serde(flatten)]
    pub effort: Effort,
    /// Operations done.
    pub counts: ApproximateCounts,
    /// A bare TFHE-rs keyswitch and coarse bootstrap, measured in this run: milliseconds on one core.
    pub bare_coarse_ms: f64,
    /// The same, with a fine bootstrap.
    pub bare_fine_ms: f64,
    /// Core-seconds of the training over those of its bare bootstraps and keyswitches.
    pub overhead: f64,
}

/// What any encrypted training takes.
#[derive(Clone, Debug, Serialize)]
pub struct Effort {
    /// The threads that it ran on.
    pub threads: usize,
    /// Steps done.
    pub steps: u64,
    /// Samples in these steps.
    pub samples: usize,
    /// Making keys.
    pub key_seconds: f64,
    /// The keys of the server, in memory.
    pub key_bytes: usize,
    /// Encrypting the samples, which the client does.
    pub encryption_seconds: f64,
    /// Training, on the wall clock.
    pub training_seconds: f64,
}

impl Effort {
    /// The seconds of the training on all of its cores.
    pub fn core_seconds(&self) -> f64 {
        self.training_seconds * self.threads as f64
    }
}

impl Cost {
    /// What both engines have.
    pub fn effort(&self) -> &Effort {
        match self {
            Self::Exact(cost) => &cost.effort,
            Self::Approximate(cost) => &cost.effort,
        }
    }
}

impl Run {
    /// Prepares a training on ciphertexts, of the whole plan or of its first steps. A training with the exact engine is
    /// simulated first: the ciphertexts have to come to the same integers.
    ///
    /// # Errors
    /// If an operation of the engine fails, or the work is cancelled.
    pub fn rehearsal(&self, steps: Option<u64>, context: &Context) -> Result<Rehearsal<'_>, Error> {
        let simulator = Simulator { steps, ..Simulator::default() };
        let exact = engines::is_exact(self);
        let simulated = exact.then(|| self.simulate(simulator, context)).transpose()?;
        Ok(Rehearsal { run: self, steps, simulated })
    }
}

impl Rehearsal<'_> {
    /// The training that the ciphertexts have to repeat, integer for integer.
    pub fn simulated(&self) -> Option<&SimulatedTraining> {
        self.simulated.as_ref()
    }

    /// Trains on ciphertexts. Observers are told the bootstraps done.
    ///
    /// # Errors
    /// [`Error::Mismatch`] if any decrypted weight of the exact engine differs from the simulator's. If an operation of
    /// the engine fails, or the work is cancelled.
    pub fn train(&self, context: &Context) -> Result<EncryptedTraining, Error> {
        let work = || engines::rehearse(self.run, self.simulated.as_ref(), self.steps, context);
        let encrypted = context.install(work)?;
        if let (Some(simulated), Some(encrypted)) =
            (self.simulated.as_ref().and_then(|training| training.integers.as_ref()), &encrypted.integers)
        {
            compare(simulated, encrypted, self.simulated.as_ref().map_or(0, |training| training.steps))?;
        }
        Ok(encrypted)
    }
}

/// Compares encrypted and simulated weights, integer for integer.
fn compare(simulated: &[Array2<i64>], encrypted: &[Array2<i64>], steps: u64) -> Result<(), Error> {
    let pairs = simulated.iter().flatten().zip(encrypted.iter().flatten());
    let differing = pairs.filter(|(simulated, encrypted)| simulated != encrypted).count();
    let weights = simulated.iter().map(Array2::len).sum();
    if differing == 0 { Ok(()) } else { Err(Error::Mismatch { steps, differing, weights }) }
}

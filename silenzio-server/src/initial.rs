//! The initial weights of a training.

use crate::ServerError;
use crate::data_sets::visited;
use silenzio_core::StoredEngine;
use silenzio_core::plan::EnginePlan;
use silenzio_core::random::Seed;
use silenzio_files::{Contents, Digest, FileReader, Kind, MAX_PLAIN_BYTES, Source};
use silenzio_nn::reference::Mlp;
use silenzio_nn::{pretrained, trainer};
use silenzio_suite::payload::decode_layers;
use silenzio_suite::{Earlier, KeyName, Network, Opened, PublicPlan, Trained, open};

/// The weights that a training begins with.
pub(crate) enum Initial {
    /// Random weights from the plan's seed.
    Random,
    /// The weights of a public model.
    Public(Mlp),
    /// The weights of an encrypted model with the same key.
    Encrypted(Box<FileReader>),
}

/// An initial model that fits a plan.
pub(crate) struct InitialModel {
    pub(crate) weights: Initial,
    pub(crate) digest: Digest,
    /// The earlier trainings of an encrypted model.
    pub(crate) earlier: Option<Earlier>,
}

impl InitialModel {
    /// Opens a public or an encrypted model, which are told apart by their first bytes.
    pub(crate) fn open(source: &Source, plan: &PublicPlan, key: &KeyName) -> Result<Self, ServerError> {
        if source.is_container()? {
            return Self::open_encrypted(source, plan, key);
        }
        let bytes = source.read_plain(MAX_PLAIN_BYTES)?;
        let network = pretrained::network(&bytes, &plan.task.widths);
        let network =
            network.map_err(|problem| ServerError::Initial { path: source.path().into(), problem })?;
        Ok(Self { weights: Initial::Public(network), digest: Digest::of(&bytes), earlier: None })
    }

    fn open_encrypted(source: &Source, plan: &PublicPlan, key: &KeyName) -> Result<Self, ServerError> {
        let unusable = |problem| ServerError::Initial { path: source.path().into(), problem };
        let Opened { file, origin, network, .. } = open::<Trained>(source, Kind::Model)?;
        key.require(&file)?;
        if let Some(problem) = plan.other_weights(&origin.plan) {
            return Err(unusable(problem));
        }
        let Contents::Model { steps } = file.header().contents else {
            return Err(unusable("is not a model".into()));
        };
        let earlier = origin.until(&network, steps, visited(&origin.plan, steps)).map_err(unusable)?;
        let digest = file.digest();
        Ok(Self { weights: Initial::Encrypted(Box::new(file)), digest, earlier: Some(earlier) })
    }
}

impl Initial {
    /// Checks every byte before hours of work depend on it.
    pub(crate) fn verify(&mut self) -> Result<(), ServerError> {
        match self {
            Self::Encrypted(file) => Ok(file.verify_all(|_, _| ())?),
            Self::Random | Self::Public(_) => Ok(()),
        }
    }

    /// Makes or reads the initial master weights.
    pub(crate) fn weights<E: StoredEngine>(
        self,
        engine: &E,
        plan: &PublicPlan,
    ) -> Result<Vec<E::Weights>, ServerError> {
        match self {
            Self::Random => {
                let seed = Seed(plan.task.training.seed);
                Ok(trainer::initial_weights(engine, seed, &plan.task.widths)?)
            }
            Self::Public(public) => Ok(trainer::pretrained_weights(engine, &public.weights)?),
            Self::Encrypted(mut file) => {
                let read = |from: &mut dyn std::io::Read, layer| engine.read_weights(from, layer);
                Ok(decode_layers(&mut file, engine.layers(), read)?)
            }
        }
    }
}

/// Refuses a training after which the weights would have more noise than the plan allows, including that of earlier
/// trainings. For a single data set without earlier trainings, the planner has already checked this.
pub(crate) fn check_noise(trained: &Trained, network: &Network) -> Result<(), String> {
    let EnginePlan::Approximate(plan) = &trained.plan.task.engine else { return Ok(()) };
    let samples = visited(&trained.plan, u64::MAX);
    let noise = trained.weight_noise(network, samples)?.into_iter().fold(0.0, f64::max);
    if noise <= plan.weight_noise {
        return Ok(());
    }
    let before = trained.earlier.as_ref().map_or(0, |earlier| earlier.samples);
    Err(format!(
        "the noise that accumulates in the weights over {samples} samples, after {before} of earlier trainings, would \
         be {noise:.2} of a typical weight, but engine.weight_noise = {} is the limit: encrypt the data for a plan \
         with fewer training.epochs, or for one that allows more noise",
        plan.weight_noise
    ))
}

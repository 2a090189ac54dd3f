//! The simulator: trainings on plain numbers, with the noise or the faults of ciphertexts.

use crate::exact::{describe_product, lut_cost, products};
use crate::network::ProductDescription;
use crate::observation::{Operations, approximate_operations, exact_operations};
use crate::suite::Each;
use crate::{LocalWork, Network, Watch};
use serde::Serialize;
use silenzio_approximate::{ApproximateEngine, ApproximateEngineClient, ApproximateNetwork};
use silenzio_backend_plain::approximate::{InputRange, PlainApproximateBackend, PlainApproximateClient};
use silenzio_backend_plain::{Faults, PlainBackend, PlainClient, PlainValue};
use silenzio_core::Backend;
use silenzio_core::approximate::ApproximateBackend;
use silenzio_core::plan::EngineKind;
use silenzio_core::random::Seed;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork, RangeRecorder};

/// The settings of a simulator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Simulator {
    /// The seed of faults and noise.
    pub seed: u64,
    /// The probability with which a look-up of the exact engine fails.
    pub faults: f64,
    /// Whether the approximate engine has noise.
    pub noise: bool,
    /// Whether the exact engine computes products look-up by look-up, as on ciphertexts, instead of at once.
    pub look_up_by_look_up: bool,
}

/// A setting of the simulator that an engine does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InapplicableSwitch {
    /// Faults, which the approximate engine does not have.
    #[error("faults are those of exact look-ups, which the approximate engine does not have")]
    Faults,
    /// Noise that is switched off, which the exact engine does not have.
    #[error("the exact engine has no noise to switch off")]
    Noise,
    /// Products look-up by look-up, which the approximate engine does not have.
    #[error("the approximate engine has no look-ups to do one by one")]
    LookUps,
}

/// Observations of a simulation, besides its result.
#[derive(Clone, PartialEq, Default, Debug, Serialize)]
pub struct Observed {
    /// The operations of an encrypted training.
    pub operations: Operations,
    /// The products of the exact engine, with the largest values that occurred.
    pub products: Vec<ObservedProduct>,
    /// The largest absolute input of a bootstrap of the approximate engine, which wraps from 0.25 on.
    pub largest_input: Option<f64>,
    /// The inputs of the bootstraps of the approximate engine, by what they compute.
    pub inputs: Vec<ObservedInputs>,
    /// The names of products, or of what bootstraps compute, in which values wrapped.
    pub wrapped: Vec<String>,
}

/// The inputs of those bootstraps of the approximate engine that compute one kind of values.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ObservedInputs {
    /// What the bootstraps compute.
    pub of: &'static str,
    /// The least input, as a fraction of the torus.
    pub least: f64,
    /// The largest input, as a fraction of the torus.
    pub largest: f64,
}

/// A product of the exact engine, with the largest value that occurred.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ObservedProduct {
    /// The product.
    #[serde(flatten)]
    pub product: ProductDescription,
    /// The largest absolute value of the product.
    pub met: i64,
}

impl Simulator {
    /// A simulator that behaves like ciphertexts.
    pub const fn new(seed: u64) -> Self {
        Self { seed, faults: 0.0, noise: true, look_up_by_look_up: false }
    }

    /// Checks that an engine has all settings that differ from the default.
    ///
    /// # Errors
    /// The setting that it does not have.
    pub fn check(&self, engine: EngineKind) -> Result<(), InapplicableSwitch> {
        match engine {
            EngineKind::Exact if !self.noise => Err(InapplicableSwitch::Noise),
            EngineKind::Approximate if self.faults > 0.0 => Err(InapplicableSwitch::Faults),
            EngineKind::Approximate if self.look_up_by_look_up => Err(InapplicableSwitch::LookUps),
            _ => Ok(()),
        }
    }

    /// Does the work on a network.
    ///
    /// # Errors
    /// If the network's engine does not have one of the settings.
    pub fn run<W: LocalWork>(
        &self,
        network: &Network,
        work: W,
    ) -> Result<(W::Output, Observed), InapplicableSwitch> {
        self.check(network.engine())?;
        Ok(match &network.0 {
            Each::Exact(network) => self.run_exact(network, work),
            Each::Approximate(network) => self.run_approximate(network, work),
        })
    }

    fn run_exact<W: LocalWork>(&self, network: &ExactNetwork, work: W) -> (W::Output, Observed) {
        let mut backend = PlainBackend::new(lut_cost(network.format().small_keys));
        if self.look_up_by_look_up {
            backend = backend.look_up_by_look_up();
        }
        if self.faults > 0.0 {
            backend = backend.with_faults(Faults::new(self.faults, Seed(self.seed)));
        }
        let done = || backend.lut_counts().total();
        let recorder = RangeRecorder::new(|value: &PlainValue| value.residue().into());
        let engine = ExactEngine::new(&backend, network).observed_by(&recorder);
        let client = ExactClient::new(&PlainClient, network);
        let output = work.run(&engine, &client, Watch::new(&done));
        let ranges = recorder.ranges();
        let observed = products(network).map(|product| ObservedProduct {
            product: describe_product(product),
            met: ranges.get(&product.name).map_or(0, |range| range.met),
        });
        let products: Vec<ObservedProduct> = observed.collect();
        let wrapped = products.iter().filter(|observed| observed.met > observed.product.covered);
        let wrapped = wrapped.map(|observed| observed.product.name.clone()).collect();
        let operations = exact_operations(&backend.lut_counts());
        (output, Observed { operations, products, wrapped, ..Observed::default() })
    }

    fn run_approximate<W: LocalWork>(&self, network: &ApproximateNetwork, work: W) -> (W::Output, Observed) {
        let parameters = network.parameters();
        let backend = if self.noise {
            PlainApproximateBackend::new(parameters, Seed(self.seed))
        } else {
            PlainApproximateBackend::exact(parameters)
        };
        let client = PlainApproximateClient::new(parameters);
        let done = || backend.counts().bootstraps.total();
        let engine = ApproximateEngine::new(&backend, network);
        let client = ApproximateEngineClient::new(&client, network);
        let output = work.run(&engine, &client, Watch::new(&done));
        let ranges = backend.inputs();
        // Functions are defined in the quarters of the torus on both sides of zero.
        let wrapped = ranges.iter().filter(|(_, range)| range.magnitude() >= 0.25);
        let wrapped = wrapped.map(|(of, _)| format!("the input of a bootstrap for {of}")).collect();
        let observed =
            |(of, range): (_, InputRange)| ObservedInputs { of, least: range.least, largest: range.largest };
        let inputs = ranges.into_iter().map(observed).collect();
        let largest_input = Some(backend.largest_input());
        let operations = approximate_operations(&backend.counts());
        (output, Observed { operations, largest_input, inputs, wrapped, products: vec![] })
    }
}

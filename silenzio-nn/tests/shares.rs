//! A step on ciphertexts of the exact engine gives the same bytes for every division of the batch into shares.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::{ClientKey, KeyPlan, ParameterSet, ServerKey};
use silenzio_core::plan::{ExactPlan, SmallKeys, TrainingPlan};
use silenzio_core::random::Seed;
use silenzio_core::{
    Backend, BackendError, Engine, EngineClient, EngineError, Lut, LutCounts, Mode, Modulus, Seeded,
    StepContext, StoredEngine, Target, Value,
};
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer;
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use std::ops::Range;

const WIDTHS: [usize; 2] = [2, 2];
const BATCH: usize = 6;

/// A backend whose sums take fewer terms than its keys allow: those of four samples.
struct Cramped<'a>(&'a ServerKey);

type Types = <ServerKey as Backend>::Types;

impl Backend for Cramped<'_> {
    type Types = Types;

    fn expand(&self, seeded: &Seeded<Types>) -> Result<Vec<Value<Types>>, BackendError> {
        self.0.expand(seeded)
    }

    fn trivial(&self, m: Modulus, x: i64) -> Value<Types> {
        self.0.trivial(m, x)
    }

    fn modulus(&self, value: &Value<Types>) -> Modulus {
        Backend::modulus(self.0, value)
    }

    fn add_assign(&self, a: &mut Value<Types>, b: &Value<Types>) -> Result<(), BackendError> {
        self.0.add_assign(a, b)
    }

    fn sub_assign(&self, a: &mut Value<Types>, b: &Value<Types>) -> Result<(), BackendError> {
        self.0.sub_assign(a, b)
    }

    fn add_constant(&self, a: &mut Value<Types>, x: i64) {
        self.0.add_constant(a, x);
    }

    fn neg_assign(&self, a: &mut Value<Types>) {
        self.0.neg_assign(a);
    }

    fn mul_assign(&self, a: &mut Value<Types>, factor: i64) {
        self.0.mul_assign(a, factor);
    }

    fn luts(&self, inputs: &[Value<Types>], luts: &[&Lut]) -> Result<Vec<Vec<Value<Types>>>, BackendError> {
        self.0.luts(inputs, luts)
    }

    fn sum(&self, m: Modulus, values: &[Value<Types>]) -> Result<Value<Types>, BackendError> {
        self.0.sum(m, values)
    }

    fn sum_capacity(&self, _: Modulus) -> Result<usize, BackendError> {
        Ok(12)
    }

    fn lut_cost(&self, m: Modulus) -> f64 {
        self.0.lut_cost(m)
    }

    fn lut_counts(&self) -> LutCounts {
        self.0.lut_counts()
    }
}

/// A training step whose batch is divided into shares.
struct Step<'a, B: Backend> {
    engine: ExactEngine<'a, B>,
    samples: Vec<<ExactEngine<'a, B> as Engine>::Sample>,
}

impl<'a, B: Backend<Types = Types>> Step<'a, B> {
    fn new(backend: &'a B, network: &'a ExactNetwork, client: &ClientKey) -> Self {
        let (engine, client) = (ExactEngine::new(backend, network), ExactClient::new(client, network));
        let sample = |i: usize| {
            let upload = client
                .encrypt_sample(&[i as f32 / 8.0, 1.0 - i as f32 / 6.0], Some(Target::Class(i % 2)))
                .unwrap();
            engine.expand(&upload, Mode::Train).unwrap()
        };
        Self { engine, samples: (0..BATCH).map(sample).collect() }
    }

    fn gradients(
        &self,
        share: Range<usize>,
    ) -> Result<Vec<<ExactEngine<'a, B> as Engine>::Gradient>, EngineError> {
        let weights = trainer::initial_weights(&self.engine, Seed(1), &WIDTHS)?;
        let prepared = trainer::prepare(&self.engine, &SingleProcess, &weights, Mode::Train)?;
        let samples: Vec<_> = self.samples[share.clone()].iter().collect();
        trainer::gradients(
            &self.engine,
            &prepared,
            &samples,
            StepContext::whole(0, 1.0, BATCH).from(share.start),
        )
    }

    /// The bytes of the weights after the step, in which shares are added up from the last one backwards.
    fn weights(&self, shares: &[Range<usize>]) -> Vec<u8> {
        let mut sums = shares.iter().rev().map(|share| self.gradients(share.clone()).unwrap());
        let mut sum = sums.next().unwrap();
        for other in sums {
            trainer::add_gradients(&self.engine, &mut sum, &other).unwrap();
        }
        let mut weights = trainer::initial_weights(&self.engine, Seed(1), &WIDTHS).unwrap();
        trainer::apply(&self.engine, &SingleProcess, &mut weights, sum, StepContext::whole(0, 1.0, BATCH))
            .unwrap();
        let mut bytes = vec![];
        weights.iter().for_each(|layer| self.engine.write_weights(&mut bytes, layer).unwrap());
        bytes
    }
}

#[test]
fn all_shares_give_the_same_bytes() {
    let training = TrainingPlan { batch: BATCH, learning_rate: 1.0, ..TrainingPlan::default() };
    let lut_cost = |m| ParameterSet::for_modulus(SmallKeys::Blocks, m).cost.total();
    let network = ExactNetwork::new(&WIDTHS, &training, &ExactPlan::default(), lut_cost).unwrap();
    let plan = KeyPlan::for_moduli(SmallKeys::Blocks, network.look_up_classes().unwrap());
    let client = ClientKey::generate(&plan);
    let server = ServerKey::new(&client).unwrap();

    let step = Step::new(&server, &network, &client);
    assert_eq!(step.engine.share_unit(BATCH).unwrap(), 1, "nothing is refreshed");
    let whole = step.weights(std::slice::from_ref(&(0..6)));
    assert!(whole == step.weights(&[0..3, 3..6]), "two shares");
    assert!(whole == step.weights(&[0..0, 0..1, 1..4, 4..6]), "three shares and an empty one");

    let cramped = Cramped(&server);
    let step = Step::new(&cramped, &network, &client);
    assert_eq!(step.engine.share_unit(BATCH).unwrap(), 4);
    let before = server.lut_counts().total();
    let refreshed = step.weights(std::slice::from_ref(&(0..6)));
    let luts = server.lut_counts().total() - before;
    assert!(luts > network.step_luts(BATCH).unwrap().total(), "{luts} look-ups: sums are refreshed");
    assert!(refreshed == step.weights(&[0..4, 4..6]), "two shares");
    let torn = step.gradients(0..3).unwrap_err().to_string();
    assert!(torn.contains("whole units of 4 of 6 samples"), "{torn}");
}

//! A backend that wraps another one and counts the operations of an engine.
//!
//! `cargo run --release -p silenzio-examples --bin counting_backend`

use silenzio::core::plan::{ExactPlan, TrainingPlan};
use silenzio::core::random::Seed;
use silenzio::core::{
    Backend, BackendError, Engine, EngineClient, EngineError, Lut, LutCounts, Mode, Modulus, Seeded, Target,
    Value,
};
use silenzio::nn::trainer;
use silenzio_backend_plain::{PlainBackend, PlainClient};
use silenzio_rns::{ExactClient, ExactEngine, ExactNetwork};
use std::sync::atomic::{AtomicU64, Ordering};

/// Forwards all operations, and counts them. Engines call it from many threads at once.
struct Counting<B> {
    inner: B,
    additions: AtomicU64,
    sums: AtomicU64,
    look_ups: AtomicU64,
}

impl<B> Counting<B> {
    fn new(inner: B) -> Self {
        Self { inner, additions: 0.into(), sums: 0.into(), look_ups: 0.into() }
    }
}

impl<B: Backend> Backend for Counting<B> {
    type Types = B::Types;

    fn expand(&self, seeded: &Seeded<B::Types>) -> Result<Vec<Value<B::Types>>, BackendError> {
        self.inner.expand(seeded)
    }

    fn trivial(&self, m: Modulus, x: i64) -> Value<B::Types> {
        self.inner.trivial(m, x)
    }

    fn modulus(&self, value: &Value<B::Types>) -> Modulus {
        self.inner.modulus(value)
    }

    fn add_assign(&self, a: &mut Value<B::Types>, b: &Value<B::Types>) -> Result<(), BackendError> {
        self.additions.fetch_add(1, Ordering::Relaxed);
        self.inner.add_assign(a, b)
    }

    fn sub_assign(&self, a: &mut Value<B::Types>, b: &Value<B::Types>) -> Result<(), BackendError> {
        self.additions.fetch_add(1, Ordering::Relaxed);
        self.inner.sub_assign(a, b)
    }

    fn add_constant(&self, a: &mut Value<B::Types>, x: i64) {
        self.inner.add_constant(a, x);
    }

    fn neg_assign(&self, a: &mut Value<B::Types>) {
        self.inner.neg_assign(a);
    }

    fn mul_assign(&self, a: &mut Value<B::Types>, factor: i64) {
        self.inner.mul_assign(a, factor);
    }

    fn luts(
        &self,
        inputs: &[Value<B::Types>],
        luts: &[&Lut],
    ) -> Result<Vec<Vec<Value<B::Types>>>, BackendError> {
        self.look_ups.fetch_add(inputs.len() as u64, Ordering::Relaxed);
        self.inner.luts(inputs, luts)
    }

    fn sum(&self, m: Modulus, values: &[Value<B::Types>]) -> Result<Value<B::Types>, BackendError> {
        self.sums.fetch_add(1, Ordering::Relaxed);
        self.inner.sum(m, values)
    }

    fn sum_capacity(&self, m: Modulus) -> Result<usize, BackendError> {
        self.inner.sum_capacity(m)
    }

    fn lut_cost(&self, m: Modulus) -> f64 {
        self.inner.lut_cost(m)
    }

    fn lut_counts(&self) -> LutCounts {
        self.inner.lut_counts()
    }
}

fn main() -> Result<(), EngineError> {
    // A wider modulus costs more. Planners choose moduli by this cost.
    let backend = Counting::new(PlainBackend::new(|m| f64::from(1 << m.bits())));
    let widths = [2, 3, 2];
    let network =
        ExactNetwork::new(&widths, &TrainingPlan::default(), &ExactPlan::default(), |m| backend.lut_cost(m))?;
    let (engine, client) = (ExactEngine::new(&backend, &network), ExactClient::new(&PlainClient, &network));

    let sample = |inputs: &[f32], class| {
        engine.expand(&client.encrypt_sample(inputs, Some(Target::Class(class)))?, Mode::Train)
    };
    let batch = [sample(&[0.0, 1.0], 0)?, sample(&[1.0, 0.25], 1)?];
    let mut weights = trainer::initial_weights(&engine, Seed(1), &widths)?;
    trainer::train_step(&engine, &mut weights, &batch.iter().collect::<Vec<_>>(), 0, 1.0)?;

    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "a step on {} samples: {} additions, {} sums, {} look-ups",
        batch.len(),
        count(&backend.additions),
        count(&backend.sums),
        count(&backend.look_ups)
    );
    println!("by size class: {:?}", backend.lut_counts().classes().collect::<Vec<_>>());
    Ok(())
}

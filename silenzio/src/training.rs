//! A training on any engine in one process: its client encrypts the samples, and decrypts the model after each epoch.

use crate::{Context, Error, Run, Stage};
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineClient, EngineError, Mode, StoredClient, StoredEngine};
use silenzio_nn::reference::Mlp;
use silenzio_nn::snapshots::Snapshots;
use silenzio_nn::strategy::SingleProcess;
use silenzio_nn::trainer::{self, Progress, Schedule};
use silenzio_suite::{LocalWork, Watch};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A training of the whole plan, or of its first steps.
pub struct Training<'a> {
    pub run: &'a Run,
    pub steps: Option<u64>,
    pub context: &'a Context,
    /// The bootstraps that it takes on ciphertexts; `None` on the simulator. On ciphertexts, samples are encrypted once and kept
    /// for further epochs. The simulator makes them again in every epoch, with the same values, to save memory.
    pub bootstraps: Option<u64>,
    /// Gets the model after each epoch, and after the last step.
    pub look: &'a mut (dyn FnMut(&Mlp) + Send),
}

/// The result of a training.
pub struct Trained {
    /// The decrypted model.
    pub model: Mlp,
    /// The step of the weights of each layer. Those of the approximate engine are rounded to multiples of it.
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "only `fit` returns it"))]
    pub weight_steps: Vec<f32>,
    /// The average of the run's snapshots, if it has any.
    pub averaged: Option<Mlp>,
    /// The number of steps done; fewer than all if the work was cancelled.
    pub steps: u64,
    /// Samples in these steps.
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "costs are those of ciphertexts"))]
    pub samples: usize,
    /// The time that the client spent on encrypting samples.
    #[cfg_attr(not(feature = "client"), expect(dead_code, reason = "costs are those of ciphertexts"))]
    pub encryption: Duration,
    /// The time that the server spent on training.
    pub training: Duration,
}

impl LocalWork for Training<'_> {
    type Output = Result<Trained, Error>;

    fn run<E, C>(self, engine: &E, client: &C, watch: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let Self { run, steps, context, bootstraps, look } = self;
        let schedule = run.schedule(steps);
        match bootstraps {
            Some(total) => {
                let samples = Samples { run, engine, client, kept: Some(HashMap::new()) };
                let done = || watch.bootstraps();
                context.watch(Stage::Bootstraps, total, done, || {
                    train(samples, &schedule, context, look, |_| ())
                })
            }
            None => {
                let samples = Samples { run, engine, client, kept: None };
                let tell = |done: Progress| context.progress(Stage::Simulation, done.steps_done, done.steps);
                context.progress(Stage::Simulation, 0, schedule.steps());
                train(samples, &schedule, context, look, tell)
            }
        }
    }
}

fn train<E, C>(
    mut samples: Samples<'_, E, C>,
    schedule: &Schedule,
    context: &Context,
    look: &mut dyn FnMut(&Mlp),
    after_step: impl Fn(Progress),
) -> Result<Trained, Error>
where
    E: Engine,
    C: EngineClient<Upload = E::Upload, Weights = E::Weights>,
{
    let Samples { run, engine, client, .. } = samples;
    let snapshots = run.snapshots.map(|policy| Snapshots::new(policy, schedule));
    let mut kept = VecDeque::new();
    let mut weights = initial_weights(run, engine)?;
    let mut model = None;
    let (mut steps_done, mut samples_done) = (0, 0);
    let (mut encryption, mut decryption) = (Duration::ZERO, Duration::ZERO);
    let start = Instant::now();
    trainer::train(
        engine,
        &SingleProcess,
        &mut weights,
        schedule,
        |numbers| timed(&mut encryption, || samples.fetch(numbers)),
        |progress, weights| {
            steps_done = progress.steps_done;
            samples_done += progress.samples;
            let shown = progress.completed_epoch.is_some() || progress.steps_done == progress.steps;
            let snapshot = snapshots.filter(|snapshots| snapshots.is_due(progress.steps_done));
            model = None;
            if shown || snapshot.is_some() {
                let decrypted = timed(&mut decryption, || decrypt(run, client, weights))?;
                if shown {
                    timed(&mut decryption, || look(&decrypted));
                }
                if let Some(snapshots) = snapshot {
                    kept.push_back(decrypted.clone());
                    if snapshots.expired(progress.steps_done).is_some() {
                        kept.pop_front();
                    }
                }
                model = Some(decrypted);
            }
            after_step(progress);
            let cancelled = context.cancel_token().is_cancelled();
            Ok::<_, Error>(if cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        },
    )?;
    let training = start.elapsed().saturating_sub(encryption + decryption);
    // The model of the last step is there already, but not that of a training that was cancelled or has no steps.
    let model = model.map_or_else(|| decrypt(run, client, &weights), Ok)?;
    Ok(Trained {
        model,
        weight_steps: weight_steps(run, client)?,
        averaged: Mlp::average(&kept),
        steps: steps_done,
        samples: samples_done,
        encryption,
        training,
    })
}

fn initial_weights<E: Engine>(run: &Run, engine: &E) -> Result<Vec<E::Weights>, EngineError> {
    let task = &run.plan.task;
    match &run.initial {
        Some(public) => trainer::pretrained_weights(engine, &public.weights),
        None => trainer::initial_weights(engine, Seed(task.training.seed), &task.widths),
    }
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *total += start.elapsed();
    result
}

/// The training samples on their way from the client to the server.
struct Samples<'a, E: Engine, C> {
    run: &'a Run,
    engine: &'a E,
    client: &'a C,
    /// The samples that were encrypted before, by their numbers; `None` if they are not kept.
    kept: Option<HashMap<usize, Arc<E::Sample>>>,
}

impl<E: Engine, C: EngineClient<Upload = E::Upload>> Samples<'_, E, C> {
    /// Returns samples by their numbers, and encrypts those that are not kept.
    fn fetch(&mut self, numbers: &[usize]) -> Result<Vec<Arc<E::Sample>>, Error> {
        let Self { run, engine, client, kept } = self;
        let encrypt = |number| Ok::<_, Error>(Arc::new(encrypt(run, *engine, *client, number)?));
        let sample = |&number: &usize| match kept {
            Some(kept) => match kept.entry(number) {
                Entry::Occupied(known) => Ok(Arc::clone(known.get())),
                Entry::Vacant(place) => Ok(Arc::clone(place.insert(encrypt(number)?))),
            },
            None => encrypt(number),
        };
        numbers.iter().map(sample).collect()
    }
}

fn encrypt<E: Engine, C: EngineClient<Upload = E::Upload>>(
    run: &Run,
    engine: &E,
    client: &C,
    number: usize,
) -> Result<E::Sample, EngineError> {
    let (inputs, target) = (run.train.inputs.row(number).to_vec(), run.train.target(number));
    engine.expand(&client.encrypt_sample(&inputs, target)?, Mode::Train)
}

/// The step of the weights of each layer.
fn weight_steps<C: EngineClient>(run: &Run, client: &C) -> Result<Vec<f32>, EngineError> {
    (0..run.plan.task.widths.len() - 1).map(|layer| client.weight_step(layer)).collect()
}

/// Decrypts the weights of a model, and rounds them as a client does by default. Exact weights have no noise to round off.
fn decrypt<C: EngineClient>(run: &Run, client: &C, weights: &[C::Weights]) -> Result<Mlp, EngineError> {
    let decrypted = weights.iter().enumerate().map(|(layer, w)| client.decrypt_weights(layer, w));
    let weights = decrypted.collect::<Result<_, _>>()?;
    let mut model = Mlp { weights, activation_limits: client.activation_limits() };
    if !run.network.is_exact() {
        model.round(&weight_steps(run, client)?);
    }
    Ok(model)
}

/// The work of one step with a full batch, or with all samples if there are fewer.
#[cfg(feature = "client")]
pub struct OneStep<'a>(pub &'a Run);

#[cfg(feature = "client")]
impl LocalWork for OneStep<'_> {
    type Output = Result<(), EngineError>;

    fn run<E, C>(self, engine: &E, client: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let Self(run) = self;
        let mut weights = initial_weights(run, engine)?;
        let samples = (0..run.full_batch()).map(|number| encrypt(run, engine, client, number));
        let samples = samples.collect::<Result<Vec<_>, _>>()?;
        trainer::train_step(engine, &mut weights, &samples.iter().collect::<Vec<_>>(), 0, 1.0)
    }
}

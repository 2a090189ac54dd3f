//! The training loop: written once, over any engine.

use crate::batches::epoch_order;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineError, Position};
use std::borrow::Borrow;
use std::ops::ControlFlow;

/// What a training consists of: epochs of batches, and possibly an early end.
#[derive(Clone, Debug)]
pub struct Schedule {
    training: TrainingPlan,
    batch: usize,
    samples: usize,
    last_step: u64,
}

/// How far a training has come, after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Steps done.
    pub steps_done: u64,
    /// Steps in the whole training.
    pub steps: u64,
    /// Samples in the step that was just done.
    pub samples: usize,
    /// The number, from 1, of the epoch that this step completed.
    pub completed_epoch: Option<usize>,
}

impl Schedule {
    /// The schedule of a plan for a training set of `samples`.
    pub fn new(training: &TrainingPlan, samples: usize) -> Self {
        let batch = training.batch.max(1);
        let mut schedule = Self { training: training.clone(), batch, samples, last_step: 0 };
        schedule.last_step = schedule.planned_steps();
        schedule
    }

    /// Steps in all epochs of the plan.
    fn planned_steps(&self) -> u64 {
        self.training.epochs as u64 * self.steps_per_epoch()
    }

    /// The learning rate at a step, as a part of the plan's.
    pub fn rate_at(&self, step: u64) -> f64 {
        self.training.rate_at(step, self.planned_steps())
    }

    /// The same schedule, ended after at most `steps` steps.
    #[must_use]
    pub fn at_most(mut self, steps: u64) -> Self {
        self.last_step = self.last_step.min(steps);
        self
    }

    /// Steps in an epoch; the last one may have fewer samples.
    pub fn steps_per_epoch(&self) -> u64 {
        self.samples.div_ceil(self.batch) as u64
    }

    /// Steps in the whole training.
    pub const fn steps(&self) -> u64 {
        self.last_step
    }

    /// Samples in the whole training.
    pub fn samples(&self) -> usize {
        self.batches().map(|(batch, _)| batch.len()).sum()
    }

    /// The batches from the first step on: which samples each consists of, and the epoch it completes.
    fn batches(&self) -> impl Iterator<Item = (Vec<usize>, Option<usize>)> + '_ {
        let of_epoch = move |epoch| {
            let order = epoch_order(Seed(self.training.seed), epoch, self.samples);
            let batches: Vec<Vec<usize>> = order.chunks(self.batch).map(<[usize]>::to_vec).collect();
            let last = batches.len() - 1;
            batches.into_iter().enumerate().map(move |(i, batch)| (batch, (i == last).then_some(epoch + 1)))
        };
        (0..self.training.epochs)
            .filter(|_| self.samples > 0)
            .flat_map(of_epoch)
            .take(self.last_step as usize)
    }
}

/// Trains `weights`, one entry per layer, along a schedule.
///
/// `fetch` gives the encrypted samples of a batch by their numbers, owned or shared. `observe` sees the weights
/// after each step and may end the training. Each sample is fetched only for the step that needs it.
///
/// # Errors
/// The first error of the engine or of `fetch`.
pub fn train<E: Engine, S: Borrow<E::Sample>, Failure: From<EngineError>>(
    engine: &E,
    weights: &mut [E::Weights],
    schedule: &Schedule,
    mut fetch: impl FnMut(&[usize]) -> Result<Vec<S>, Failure>,
    mut observe: impl FnMut(Progress, &[E::Weights]) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    for (step, (numbers, completed_epoch)) in (0..).zip(schedule.batches()) {
        let samples = fetch(&numbers)?;
        let batch: Vec<&E::Sample> = samples.iter().map(Borrow::borrow).collect();
        train_step(engine, weights, &batch, step, schedule.rate_at(step))?;
        let progress = Progress {
            steps_done: step + 1,
            steps: schedule.steps(),
            samples: samples.len(),
            completed_epoch,
        };
        if observe(progress, weights)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// One step of stochastic gradient descent: forward, loss, backward, update. `rate` is the learning rate as a part of
/// the plan's.
///
/// # Errors
/// As the engine's operations.
pub fn train_step<E: Engine>(
    engine: &E,
    weights: &mut [E::Weights],
    batch: &[&E::Sample],
    step: u64,
    rate: f64,
) -> Result<(), EngineError> {
    let at = |layer| Position { step, layer, rate };
    let prepared: Vec<E::Prepared> =
        weights.iter().enumerate().map(|(layer, w)| engine.prepare(layer, w)).collect::<Result<_, _>>()?;
    let Some(last) = prepared.len().checked_sub(1) else { return Ok(()) };

    let mut activations = vec![engine.inputs(batch)?];
    for layer in 0..last {
        let pre = engine.linear(at(layer), &activations[layer], &prepared[layer])?;
        activations.push(engine.relu(at(layer), pre)?);
    }
    let logits = engine.linear(at(last), &activations[last], &prepared[last])?;
    let mut errors = engine.loss_gradient(at(last), logits, batch)?;
    for layer in (0..=last).rev() {
        let gradient = engine.gradient(at(layer), &activations[layer], &errors)?;
        if layer > 0 {
            errors = engine.propagate(at(layer), &errors, &prepared[layer], &activations[layer])?;
        }
        engine.update(at(layer), &mut weights[layer], gradient)?;
    }
    Ok(())
}

/// The initial weights of a network with these widths, as an engine's master weights.
///
/// # Errors
/// As [`Engine::initial_weights`].
pub fn initial_weights<E: Engine>(
    engine: &E,
    seed: Seed,
    widths: &[usize],
) -> Result<Vec<E::Weights>, EngineError> {
    let public = crate::init::initial_network(seed, widths);
    public.iter().enumerate().map(|(layer, weights)| engine.initial_weights(layer, weights.view())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_visits_all_samples_and_ends_where_told() {
        let plan = TrainingPlan { epochs: 2, batch: 4, ..TrainingPlan::default() };
        let schedule = Schedule::new(&plan, 10);
        assert_eq!((schedule.steps_per_epoch(), schedule.steps()), (3, 6));
        let batches: Vec<_> = schedule.batches().collect();
        assert_eq!(batches.iter().map(|(batch, _)| batch.len()).collect::<Vec<_>>(), [4, 4, 2, 4, 4, 2]);
        assert_eq!(
            batches.iter().map(|(_, epoch)| *epoch).collect::<Vec<_>>(),
            [None, None, Some(1), None, None, Some(2)]
        );
        let mut visited: Vec<usize> = batches[..3].iter().flat_map(|(batch, _)| batch.clone()).collect();
        visited.sort_unstable();
        assert_eq!(visited, (0..10).collect::<Vec<_>>());
        assert_eq!(schedule.at_most(4).batches().count(), 4);
        assert_eq!(Schedule::new(&plan, 0).batches().count(), 0);
    }
}

//! The training loop, which works with any engine.

use crate::batches::epoch_order;
use crate::strategy::{SingleProcess, Strategy};
use ndarray::Array2;
use silenzio_core::plan::TrainingPlan;
use silenzio_core::random::Seed;
use silenzio_core::{Engine, EngineError, Mode, StepContext, shapes};
use std::borrow::Borrow;
use std::ops::{ControlFlow, Range};

/// The schedule of a training: its epochs, batches and learning rates, possibly with an early end.
#[derive(Clone, Debug)]
pub struct Schedule {
    training: TrainingPlan,
    batch: usize,
    samples: usize,
    steps: Range<u64>,
    /// The number of steps of the trainings that this one continues. Randomness is drawn for the number of a step over
    /// all of them, so that none is used twice.
    earlier: u64,
}

/// The progress of a training after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The number of steps done.
    pub steps_done: u64,
    /// The number of steps of the whole training.
    pub steps: u64,
    /// The number of samples in the step that was just done.
    pub samples: usize,
    /// The number, from 1, of the epoch that this step completed.
    pub completed_epoch: Option<usize>,
}

impl Schedule {
    /// The schedule of a plan for a training set of `samples` samples.
    pub fn new(training: &TrainingPlan, samples: usize) -> Self {
        let batch = training.batch.max(1);
        let steps = 0..(training.epochs * samples.div_ceil(batch)) as u64;
        Self { training: training.clone(), batch, samples, steps, earlier: 0 }
    }

    /// The schedule of a training that continues others with the same seed, which took `steps` steps in all. Its own
    /// steps are counted from 0 again.
    #[must_use]
    pub fn following(mut self, steps: u64) -> Self {
        self.earlier = steps;
        self
    }

    /// The learning rate at a step, as a fraction of the plan's.
    pub fn rate_at(&self, step: u64) -> f64 {
        self.training.rate_at(step, self.training.epochs as u64 * self.steps_per_epoch())
    }

    /// The same schedule, ended after at most `steps` steps.
    #[must_use]
    pub fn at_most(mut self, steps: u64) -> Self {
        self.steps.end = self.steps.end.min(steps);
        self
    }

    /// The rest of the schedule after `steps_done` steps.
    #[must_use]
    pub fn after(mut self, steps_done: u64) -> Self {
        self.steps.start = steps_done;
        self
    }

    /// The number of steps in an epoch. The last of them may have fewer samples.
    pub fn steps_per_epoch(&self) -> u64 {
        self.samples.div_ceil(self.batch) as u64
    }

    /// The number of steps of the whole training, including those already done.
    pub const fn steps(&self) -> u64 {
        self.steps.end
    }

    /// The number of samples in the remaining steps, where a sample counts in every epoch.
    pub fn samples(&self) -> usize {
        let Range { start, end } = self.steps;
        self.samples_until(end) - self.samples_until(start.min(end))
    }

    /// The number of samples in the first `step` steps.
    fn samples_until(&self, step: u64) -> usize {
        let steps_per_epoch = self.steps_per_epoch().max(1);
        let in_epoch = (step % steps_per_epoch) as usize * self.batch;
        (step / steps_per_epoch) as usize * self.samples + in_epoch.min(self.samples)
    }

    /// The remaining steps: the number of each, the samples of its batch, and the number (from 1) of the epoch that it
    /// completes.
    fn batches(&self) -> impl Iterator<Item = (u64, Vec<usize>, Option<usize>)> + '_ {
        let steps_per_epoch = self.steps_per_epoch().max(1);
        let of_epoch = move |epoch: usize| {
            // Earlier trainings had at most as many epochs as steps, so no order is used twice.
            let number = epoch.saturating_add(self.earlier as usize);
            let order = epoch_order(Seed(self.training.seed), number, self.samples);
            let batches: Vec<Vec<usize>> = order.chunks(self.batch).map(<[usize]>::to_vec).collect();
            let last = batches.len().saturating_sub(1);
            batches.into_iter().enumerate().map(move |(i, batch)| (batch, (i == last).then_some(epoch + 1)))
        };
        let epochs = (self.steps.start / steps_per_epoch) as usize..;
        let batches = epochs.flat_map(of_epoch).skip((self.steps.start % steps_per_epoch) as usize);
        self.steps.clone().zip(batches).map(|(step, (batch, completed))| (step, batch, completed))
    }
}

/// Trains `weights`, one entry per layer, along a schedule.
///
/// `strategy` decides which samples of a batch, and which weights, this process works on. `fetch` returns encrypted
/// samples, owned or borrowed, by their numbers; each sample is fetched only for the step that needs it. `observe` gets
/// the weights after each step, and may end the training.
///
/// # Errors
/// The first error of the engine, of `strategy`, of `fetch` or of `observe`.
pub fn train<E, St, S, Failure>(
    engine: &E,
    strategy: &St,
    weights: &mut [E::Weights],
    schedule: &Schedule,
    mut fetch: impl FnMut(&[usize]) -> Result<Vec<S>, Failure>,
    mut observe: impl FnMut(Progress, &[E::Weights]) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure>
where
    E: Engine,
    St: Strategy<E>,
    S: Borrow<E::Sample>,
    Failure: From<EngineError> + From<St::Error>,
{
    let mut prepared: Option<Vec<E::Prepared>> = None;
    for (step, numbers, completed_epoch) in schedule.batches() {
        let drawn = schedule.earlier.saturating_add(step);
        let at = StepContext::whole(drawn, schedule.rate_at(step), numbers.len());
        let share = strategy.share(engine, numbers.len())?;
        let own = {
            let samples = match numbers.get(share.clone()) {
                Some(numbers) if !numbers.is_empty() => fetch(numbers)?,
                _ => vec![],
            };
            let samples: Vec<&E::Sample> = samples.iter().map(Borrow::borrow).collect();
            let ready = match &mut prepared {
                None => prepared.insert(prepare(engine, strategy, weights, Mode::Train)?),
                Some(ready) => {
                    prepare_trained(engine, strategy, weights, ready)?;
                    ready
                }
            };
            let own = || gradients(engine, ready, &samples, at.from(share.start));
            (!samples.is_empty()).then(own).transpose()?
        };
        apply(engine, strategy, weights, strategy.all_reduce(engine, own)?, at)?;
        let progress = Progress {
            steps_done: step + 1,
            steps: schedule.steps(),
            samples: numbers.len(),
            completed_epoch,
        };
        if strategy.agree(observe(progress, weights)?)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// One step of stochastic gradient descent, in this process alone. `rate` is the learning rate as a fraction of the
/// plan's.
///
/// # Errors
/// If an operation of the engine fails.
pub fn train_step<E: Engine>(
    engine: &E,
    weights: &mut [E::Weights],
    batch: &[&E::Sample],
    step: u64,
    rate: f64,
) -> Result<(), EngineError> {
    let at = StepContext::whole(step, rate, batch.len());
    let prepared = prepare(engine, &SingleProcess, weights, Mode::Train)?;
    let gradients = gradients(engine, &prepared, batch, at)?;
    apply(engine, &SingleProcess, weights, gradients, at)
}

/// The gradients of the trained layers, in ascending order, over a share of a batch: the forward pass, the loss, and
/// the backward pass down to the lowest trained layer. `at` gives the step and the share's position in the batch; its
/// layer is ignored.
///
/// # Errors
/// If the number of prepared layers is not that of the network, or an operation of the engine fails.
pub fn gradients<E: Engine>(
    engine: &E,
    prepared: &[E::Prepared],
    share: &[&E::Sample],
    at: StepContext,
) -> Result<Vec<E::Gradient>, EngineError> {
    let mut activations = Vec::with_capacity(prepared.len());
    let logits = forward(engine, prepared, share, at, Mode::Train, |layer| activations.push(layer))?;
    let last = at.at_layer(prepared.len().saturating_sub(1));
    let mut deltas = engine.loss_gradient(last, logits, share)?;
    let trained = engine.trained_layers();
    let lowest = lowest_trained(engine);
    let mut gradients = Vec::with_capacity(trained.len());
    for (layer, (weights, activations)) in prepared.iter().zip(&activations).enumerate().skip(lowest).rev() {
        let at = at.at_layer(layer);
        if trained.contains(&layer) {
            gradients.push(engine.gradient(at, activations, &deltas)?);
        }
        if layer > lowest {
            deltas = engine.propagate(at, &deltas, weights, activations)?;
        }
    }
    gradients.reverse();
    Ok(gradients)
}

/// The lowest trained layer. Below it, only the operations of inference are needed.
fn lowest_trained<E: Engine>(engine: &E) -> usize {
    engine.trained_layers().first().copied().unwrap_or(0)
}

/// `sums += others` for each trained layer, for gradients over different shares of one batch. The order of additions
/// does not matter.
///
/// # Errors
/// The errors of [`Engine::add_gradient`]; also if there is not one gradient for each trained layer.
pub fn add_gradients<E: Engine>(
    engine: &E,
    sums: &mut [E::Gradient],
    others: &[E::Gradient],
) -> Result<(), EngineError> {
    let trained = engine.trained_layers();
    shapes::check_count("layers of gradients", trained.len(), sums.len())?;
    shapes::check_count("layers of gradients", trained.len(), others.len())?;
    let layers = trained.iter().zip(sums.iter_mut().zip(others));
    layers.into_iter().try_for_each(|(&layer, (sum, other))| engine.add_gradient(layer, sum, other))
}

/// Updates the weights of all trained layers by one step along the gradients of a whole batch. The layer of `at` is
/// ignored.
///
/// # Errors
/// The errors of [`Strategy::apply`]; also if there are not weights for each layer and a gradient for each trained
/// layer.
pub fn apply<E: Engine, St: Strategy<E>>(
    engine: &E,
    strategy: &St,
    weights: &mut [E::Weights],
    gradients: Vec<E::Gradient>,
    at: StepContext,
) -> Result<(), St::Error> {
    let trained = engine.trained_layers();
    shapes::check_count("layers of weights", engine.layers(), weights.len())?;
    shapes::check_count("layers of gradients", trained.len(), gradients.len())?;
    let layers = weights.iter_mut().enumerate().filter(|(layer, _)| trained.contains(layer));
    let mut layers = layers.zip(gradients);
    layers.try_for_each(|((layer, weights), gradient)| {
        strategy.apply(engine, at.at_layer(layer), weights, gradient)
    })
}

/// The logits of a share of a batch that begins with sample `first`, from weights that are [prepared](prepare) once for
/// all batches. The samples need no labels. The dither is that of the first training step.
///
/// # Errors
/// If the number of prepared layers is not that of the network, or an operation of the engine fails.
pub fn logits<E: Engine>(
    engine: &E,
    prepared: &[E::Prepared],
    share: &[&E::Sample],
    first: usize,
) -> Result<E::PreActivations, EngineError> {
    let at = StepContext::whole(0, 1.0, first + share.len()).from(first);
    forward(engine, prepared, share, at, Mode::Infer, drop)
}

/// Prepares the weights of all layers for the products of one step, or of any number of inferences. Those of frozen
/// layers can be used in all steps.
///
/// # Errors
/// The errors of [`Strategy::prepare`]; also if there are not weights for each layer, or the network has no layers.
pub fn prepare<E: Engine, St: Strategy<E>>(
    engine: &E,
    strategy: &St,
    weights: &[E::Weights],
    mode: Mode,
) -> Result<Vec<E::Prepared>, St::Error> {
    shapes::check_count("layers of weights", engine.layers().max(1), weights.len())?;
    let lowest = lowest_trained(engine);
    let mode_of = |layer: usize| if layer < lowest { Mode::Infer } else { mode };
    let prepare = |(layer, weights)| strategy.prepare(engine, layer, weights, mode_of(layer));
    weights.iter().enumerate().map(prepare).collect()
}

/// Prepares the weights of the trained layers for the next step. Those of the frozen layers in `prepared` stay valid.
fn prepare_trained<E: Engine, St: Strategy<E>>(
    engine: &E,
    strategy: &St,
    weights: &[E::Weights],
    prepared: &mut [E::Prepared],
) -> Result<(), St::Error> {
    for &layer in engine.trained_layers() {
        let ready = strategy.prepare(engine, layer, shapes::layer(weights, layer)?, Mode::Train)?;
        if let Some(prepared) = prepared.get_mut(layer) {
            *prepared = ready;
        }
    }
    Ok(())
}

/// The logits of a share of a batch. `keep` gets the inputs of each layer, from the first layer on.
fn forward<E: Engine>(
    engine: &E,
    prepared: &[E::Prepared],
    share: &[&E::Sample],
    at: StepContext,
    mode: Mode,
    mut keep: impl FnMut(E::Activations),
) -> Result<E::PreActivations, EngineError> {
    shapes::check_count("prepared layers", engine.layers().max(1), prepared.len())?;
    let mut inputs = engine.inputs(share)?;
    let last = prepared.len() - 1;
    let lowest = lowest_trained(engine);
    for (layer, weights) in prepared[..last].iter().enumerate() {
        let at = at.at_layer(layer);
        let pre = engine.linear(at, &inputs, weights)?;
        let mode = if layer + 1 < lowest { Mode::Infer } else { mode };
        keep(std::mem::replace(&mut inputs, engine.relu(at, pre, mode)?));
    }
    let logits = engine.linear(at.at_layer(last), &inputs, &prepared[last])?;
    keep(inputs);
    Ok(logits)
}

/// The initial weights of a network with these widths, as an engine's master weights.
///
/// # Errors
/// The errors of [`Engine::initial_weights`].
pub fn initial_weights<E: Engine>(
    engine: &E,
    seed: Seed,
    widths: &[usize],
) -> Result<Vec<E::Weights>, EngineError> {
    master_weights(engine, &crate::init::initial_network(seed, widths))
}

/// Public weights of all layers as an engine's master weights.
///
/// # Errors
/// The errors of [`Engine::initial_weights`]; also if there are not weights for each layer, or a weight exceeds
/// [`Engine::largest_weight`].
pub fn pretrained_weights<E: Engine>(
    engine: &E,
    public: &[Array2<f32>],
) -> Result<Vec<E::Weights>, EngineError> {
    shapes::check_count("layers of weights", engine.layers(), public.len())?;
    for (layer, weights) in public.iter().enumerate() {
        let largest = engine.largest_weight(layer)?;
        if let Some(weight) =
            weights.iter().find(|weight| f64::from(weight.abs()) > largest || weight.is_nan())
        {
            return Err(EngineError::Plan {
                field: "engine.range".into(),
                problem: format!(
                    "an initial weight of layer {layer} (from 0) is {weight}, but this plan allows at most \
                     {largest:.3}: train the public model with weight decay, or plan wider ranges of weights or \
                     activations"
                ),
            });
        }
    }
    master_weights(engine, public)
}

fn master_weights<E: Engine>(engine: &E, public: &[Array2<f32>]) -> Result<Vec<E::Weights>, EngineError> {
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
        assert_eq!(batches.iter().map(|(_, batch, _)| batch.len()).collect::<Vec<_>>(), [4, 4, 2, 4, 4, 2]);
        assert_eq!(
            batches.iter().map(|(_, _, epoch)| *epoch).collect::<Vec<_>>(),
            [None, None, Some(1), None, None, Some(2)]
        );
        let mut visited: Vec<usize> = batches[..3].iter().flat_map(|(_, batch, _)| batch.clone()).collect();
        visited.sort_unstable();
        assert_eq!(visited, (0..10).collect::<Vec<_>>());
        assert_eq!(schedule.at_most(4).batches().count(), 4);
        assert_eq!(Schedule::new(&plan, 0).batches().count(), 0);
    }

    #[test]
    fn a_resumed_schedule_is_the_rest_of_the_whole_one() {
        let plan = TrainingPlan { epochs: 3, batch: 4, ..TrainingPlan::default() };
        let whole: Vec<_> = Schedule::new(&plan, 10).batches().collect();
        for end in 0..=9 {
            for start in 0..=10 {
                let rest = Schedule::new(&plan, 10).after(start).at_most(end);
                let expected = &whole[(start as usize).min(end as usize)..end as usize];
                assert_eq!(rest.batches().collect::<Vec<_>>(), expected);
                assert_eq!(rest.samples(), expected.iter().map(|(_, batch, _)| batch.len()).sum::<usize>());
                assert_eq!(rest.steps(), end);
            }
        }
        assert_eq!(Schedule::new(&plan, 0).after(5).batches().count(), 0);
        let over = Schedule::new(&plan, 10).after(u64::MAX);
        assert_eq!((over.batches().count(), over.samples()), (0, 0));
    }

    /// A training that continues another has none of its orders.
    #[test]
    fn a_schedule_that_goes_on_draws_new_orders() {
        let plan = TrainingPlan { epochs: 2, batch: 4, ..TrainingPlan::default() };
        let orders = |schedule: Schedule| {
            let batches: Vec<_> = schedule.batches().map(|(_, batch, _)| batch).collect();
            batches.chunks(3).map(<[_]>::concat).collect::<Vec<_>>()
        };
        let first = Schedule::new(&plan, 10);
        let second = Schedule::new(&plan, 10).following(first.steps());
        assert_eq!((first.steps(), second.steps(), second.rate_at(0)), (6, 6, 1.0));
        let (first, second) = (orders(first), orders(second));
        assert!(second.iter().all(|order| !first.contains(order)), "{first:?} {second:?}");
        assert_eq!(orders(Schedule::new(&plan, 10).following(0)), first);
    }
}

//! The search for a plan for a new table, by simulated trainings that are evaluated on validation samples.
//!
//! Candidates are some usual plans, and others that are drawn by the seed. They are reduced by successive halving (Jamieson and
//! Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS 2016): all are tried on a few
//! splits of the data, the best quarter on more, and the best quarter of those on even more. Test samples are never used.
//! Candidates whose values leave their ranges rank below all others.

mod candidates;
mod document;
mod score;

use crate::training::Training;
use crate::{Context, Course, Error, Experiment, Measure, Override, Run, Stage};
use candidates::{Candidate, Space};
use rayon::prelude::*;
use score::Score;
use serde::{Deserialize, Serialize};
use silenzio_core::plan::Plan;
use silenzio_core::random::Seed;
use silenzio_data::Data;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use toml::Table;

/// The number of splits on which each candidate is tried, round by round.
const SPLITS: [u64; 3] = [2, 4, 8];

/// One of this many candidates advances to the next round.
const KEPT: usize = 4;

/// The number of trainings on all training samples in which a plan must keep every range before it is chosen.
const CHECKS: u64 = 3;

/// The fraction of the training samples on which candidates are evaluated, unless the plan sets it.
const VALIDATION_FRACTION: f64 = 0.25;

/// The largest number of training samples on which a candidate is tried.
const LIMIT: usize = 5_000;

/// The target of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The best accuracy, or R² of a regression; of two that are equal, the one with fewer bootstraps.
    #[default]
    Accuracy,
    /// The fewest bootstraps within one point of the best accuracy, or within 0.01 of the best R².
    Cost,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accuracy => "accuracy",
            Self::Cost => "cost",
        })
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Accuracy, Self::Cost]
            .into_iter()
            .find(|target| target.to_string() == text)
            .ok_or_else(|| "expected accuracy or cost".into())
    }
}

/// A search for a plan.
#[derive(Clone, Debug)]
pub struct Search {
    base: Experiment,
    fields: Table,
    fixed: Vec<Override>,
    target: Target,
    candidates: usize,
}

/// The result of a search.
#[derive(Clone, Debug, Serialize)]
pub struct FoundPlan {
    /// The plan, which [`to_toml`](Self::to_toml) writes with comments.
    pub plan: Plan,
    /// The widths of the layers, such as "4-8-3".
    pub network: String,
    /// The target of the search.
    pub target: Target,
    /// What the scores are: accuracies, 0 to 1, or R² of a regression.
    pub measure: Measure,
    /// The score on validation samples, mean over the splits.
    pub validation_score: f64,
    /// The score of the same training in 32-bit floating point.
    pub float_score: f64,
    /// The number of splits over which these are means.
    pub splits: usize,
    /// The bootstraps of a training on all training samples.
    pub bootstraps: u64,
    /// Whether a value left its range in some training.
    pub wrapped: bool,
    /// The candidates that were tried.
    pub candidates: usize,
    /// The trainings that were simulated.
    pub simulations: u64,
    /// Whether the search finished. If not, it was cancelled, and this is the best candidate so far, which was not trained on
    /// all training samples.
    pub finished: bool,
}

impl Search {
    /// A search for a plan for a table, in which the fields of `fixed` have the values given there. Those of `data` say how the
    /// table is read; `engine.kind` selects the engine, which is the approximate one by default. Relative paths start at the
    /// current folder.
    ///
    /// # Errors
    /// If a fixed field does not exist, or its value is impossible.
    pub fn new(
        table: &Path,
        fixed: Vec<Override>,
        target: Target,
        candidates: NonZeroUsize,
    ) -> Result<Self, Error> {
        let mut data = Table::new();
        data.insert("file".into(), table.to_string_lossy().into_owned().into());
        let mut engine = Table::new();
        engine.insert("kind".into(), "approximate".into());
        let mut fields = Table::new();
        fields.insert("data".into(), data.into());
        fields.insert("engine".into(), engine.into());
        let base = Experiment::of_fields(fields.clone(), &fixed, "")?;
        Ok(Self { base, fields, fixed, target, candidates: candidates.get() })
    }

    /// Searches. The same search on the same data finds the same plan, with any number of threads. A search that is cancelled
    /// returns the best plan so far.
    ///
    /// # Errors
    /// If the data cannot be used, no candidate can be carried out on them, a training fails, or the work is cancelled before
    /// the first training is done.
    pub fn run(&self, context: &Context) -> Result<FoundPlan, Error> {
        let data = Data::read(&self.base.plan.data, Path::new(""))?;
        let mut tried = self.draw(&data)?;
        let total = self.total(tried.len());
        let done = AtomicU64::new(0);
        let finished_one =
            || context.progress(Stage::Planning, 1 + done.fetch_add(1, Ordering::Relaxed), total);
        context.progress(Stage::Planning, 0, total);
        let candidates = tried.len();
        let (mut left, mut before) = (candidates, 0);
        for (round, splits) in SPLITS.into_iter().enumerate() {
            if round > 0 {
                left = left.div_ceil(KEPT);
            }
            // The others stay behind these, in case none of these keeps its ranges.
            let Some(on_trial) = tried.get_mut(..left) else { break };
            let trials: Vec<(usize, u64)> = (0..left)
                .flat_map(|candidate| (before..before + splits).map(move |split| (candidate, split)))
                .collect();
            let scores: Vec<Option<Score>> = context.install(|| {
                let trial = |&(candidate, split): &(usize, u64)| {
                    let Some(candidate) = on_trial.get(candidate) else { return Ok(None) };
                    let score = uncancelled(self.score(&data, &candidate.plan, split, context))?;
                    score.iter().for_each(|_| finished_one());
                    Ok(score)
                };
                trials.par_iter().map(trial).collect::<Result<_, Error>>()
            })?;
            for ((candidate, _), score) in trials.into_iter().zip(scores) {
                if let Some(candidate) = on_trial.get_mut(candidate) {
                    candidate.scores.extend(score);
                }
            }
            score::rank(on_trial, self.target);
            before += splits;
            if context.cancel_token().is_cancelled() {
                break;
            }
        }
        let (number, checked) = self.first_that_keeps_ranges(&data, &tried, context, &finished_one)?;
        let best = tried.get(number).filter(|best| !best.scores.is_empty()).ok_or(Error::Cancelled)?;
        Ok(FoundPlan {
            plan: self.for_all(&best.plan),
            network: best.network.clone(),
            target: self.target,
            measure: self.measure(),
            validation_score: best.simulated(),
            float_score: best.float(),
            splits: best.scores.len(),
            bootstraps: checked.bootstraps.unwrap_or_else(|| best.bootstraps()),
            wrapped: checked.wrapped || best.wrapped(),
            candidates,
            simulations: done.load(Ordering::Relaxed),
            finished: checked.finished,
        })
    }

    /// What candidates are compared by.
    fn measure(&self) -> Measure {
        Measure::of(self.base.plan.training.loss)
    }

    /// The number of trainings of a search with `candidates` candidates, if the first that is checked keeps its ranges.
    fn total(&self, candidates: usize) -> u64 {
        let mut left = candidates as u64;
        let mut trainings = CHECKS;
        for (round, splits) in SPLITS.into_iter().enumerate() {
            if round > 0 {
                left = left.div_ceil(KEPT as u64);
            }
            trainings += left * splits;
        }
        trainings
    }

    /// Draws candidates that can be carried out, both on all training samples and on those that are left without the validation
    /// samples.
    fn draw(&self, data: &Data) -> Result<Vec<Candidate>, Error> {
        let seed = Seed(self.base.plan.training.seed);
        let all = data.split(&self.base.plan.data, seed)?.train;
        let few = data.split(&self.trial_data(&self.base.plan).data, seed)?.train;
        let space = Space::new(&self.base.plan, &all);
        let mut found: Vec<Candidate> = Vec::new();
        let mut refused = None;
        for number in 0..20 * self.candidates {
            if found.len() == self.candidates {
                break;
            }
            let fields = space.draw(number, seed, &self.fields);
            let plan = Experiment::of_fields(fields, &self.fixed, "")?.plan;
            if found.iter().any(|candidate| candidate.plan == plan) {
                continue;
            }
            let possible = [&all, &few].into_iter().try_fold(String::new(), |_, train| {
                let Plan { model, training, engine, .. } = &plan;
                let run = Run::new(model, training, engine, train.clone(), train.select(&[]))?;
                Ok(run.shape())
            });
            match possible {
                Ok(network) => found.push(Candidate { plan, network, scores: Vec::new() }),
                Err(error) => refused = Some(error),
            }
        }
        match (found.is_empty(), refused) {
            (true, Some(error)) => Err(error),
            _ => Ok(found),
        }
    }

    /// The plan with which a candidate is tried: with validation samples held back, and a limited number of training samples.
    fn trial_data(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        if plan.data.validation_fraction == 0.0 {
            plan.data.validation_fraction = VALIDATION_FRACTION;
        }
        plan.data.limit = Some(plan.data.limit.map_or(LIMIT, |limit| limit.min(LIMIT)));
        plan
    }

    /// The plan that trains on all training samples, without validation samples.
    fn for_all(&self, plan: &Plan) -> Plan {
        let mut plan = plan.clone();
        plan.data.validation_fraction = 0.0;
        plan
    }

    /// Trains a candidate on one split.
    fn score(&self, data: &Data, plan: &Plan, split: u64, context: &Context) -> Result<Score, Error> {
        let (run, context) = self.trial(data, &self.trial_data(plan), split, context)?;
        let simulated = run.simulate(run.simulator(), None, &context)?;
        let last =
            |course: &Course| self.measure().in_course(course).last().copied().unwrap_or(f64::NEG_INFINITY);
        Ok(Score {
            simulated: last(&simulated.course()),
            float: last(&run.float_course(&Context::new())),
            bootstraps: simulated.observed.operations.total_bootstraps(),
            wrapped: score::leaves_range(&simulated.observed),
        })
    }

    fn trial(
        &self,
        data: &Data,
        plan: &Plan,
        split: u64,
        context: &Context,
    ) -> Result<(Run, Context), Error> {
        context.check()?;
        let mut training = plan.training.clone();
        training.seed = training.seed.wrapping_add(split);
        let samples = data.split(&plan.data, Seed(training.seed))?;
        let run = Run::new(&plan.model, &training, &plan.engine, samples.train, samples.test)?;
        Ok((run, Context::new().cancelled_by(context.cancel_token().clone())))
    }

    /// The first candidate, in order, that keeps its ranges in all trials and in trainings on all training samples; the very
    /// first one if none does.
    fn first_that_keeps_ranges(
        &self,
        data: &Data,
        ranked: &[Candidate],
        context: &Context,
        finished_one: &(impl Fn() + Sync),
    ) -> Result<(usize, Checked), Error> {
        let mut first = None;
        for (number, candidate) in ranked.iter().enumerate() {
            if number > 0 && candidate.wrapped() {
                continue;
            }
            let plan = self.for_all(&candidate.plan);
            let checks = context.install(|| {
                let check = |split| {
                    let (run, context) = self.trial(data, &plan, split, context)?;
                    let (network, simulator) = (&run.network, run.simulator());
                    // No test sample is used here.
                    let look = &mut |_: &_| ();
                    let training =
                        Training { run: &run, steps: None, context: &context, bootstraps: None, look };
                    let (trained, observed) = simulator.run(network, training)?;
                    trained?;
                    context.check()?;
                    finished_one();
                    Ok(observed)
                };
                (0..CHECKS).into_par_iter().map(check).collect::<Result<Vec<_>, Error>>()
            });
            let Some(checks) = uncancelled(checks)? else { break };
            let checked = Checked {
                bootstraps: checks.first().map(|observed| observed.operations.total_bootstraps()),
                wrapped: candidate.wrapped() || checks.iter().any(score::leaves_range),
                finished: true,
            };
            if !checked.wrapped {
                return Ok((number, checked));
            }
            first.get_or_insert(checked);
        }
        Ok((0, first.unwrap_or_default()))
    }
}

/// The result of the trainings on all training samples.
#[derive(Default)]
struct Checked {
    bootstraps: Option<u64>,
    wrapped: bool,
    finished: bool,
}

/// Turns [`Error::Cancelled`] into `None`.
fn uncancelled<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.root(), Error::Cancelled) => Ok(None),
        Err(error) => Err(error),
    }
}

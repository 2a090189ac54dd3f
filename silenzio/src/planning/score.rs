//! The scores of trials, and the order of candidates.

use super::Target;
use super::candidates::Candidate;
use crate::Observed;

/// The largest input of a bootstrap in a plan that keeps its ranges, so that other seeds, too, stay below a quarter of the
/// torus.
const LARGEST_INPUT: f64 = 0.23;

/// What may be given up of the accuracy, or of R², for fewer bootstraps.
const TOLERANCE: f64 = 0.01;

/// The result of a training on one split.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// The accuracy or R² on validation samples.
    pub simulated: f64,
    /// That of the float training, on the same samples.
    pub float: f64,
    /// The bootstraps of the training.
    pub bootstraps: u64,
    /// Whether a value left its range, or nearly did.
    pub wrapped: bool,
}

impl Candidate {
    /// The mean accuracy or R² over the splits.
    pub fn simulated(&self) -> f64 {
        self.mean_of(|score| score.simulated)
    }

    /// The same in floating point.
    pub fn float(&self) -> f64 {
        self.mean_of(|score| score.float)
    }

    fn mean_of(&self, number: impl Fn(&Score) -> f64) -> f64 {
        self.scores.iter().map(number).sum::<f64>() / self.scores.len().max(1) as f64
    }

    /// Whether a value left its range in some training.
    pub fn wrapped(&self) -> bool {
        self.scores.iter().any(|score| score.wrapped)
    }

    /// The bootstraps of a training.
    pub fn bootstraps(&self) -> u64 {
        self.scores.iter().map(|score| score.bootstraps).max().unwrap_or(u64::MAX)
    }
}

/// Sorts the best candidate first.
pub fn rank(candidates: &mut [Candidate], target: Target) {
    let whole = candidates.iter().filter(|candidate| !candidate.wrapped());
    let best = whole.map(Candidate::simulated).fold(f64::NEG_INFINITY, f64::max);
    let close = |candidate: &Candidate| candidate.simulated() >= best - TOLERANCE;
    let quality = |a: &Candidate, b: &Candidate| b.simulated().total_cmp(&a.simulated());
    let cost = |a: &Candidate, b: &Candidate| a.bootstraps().cmp(&b.bootstraps());
    candidates.sort_by(|a, b| {
        let untried = |candidate: &Candidate| candidate.scores.is_empty();
        untried(a).cmp(&untried(b)).then(a.wrapped().cmp(&b.wrapped())).then_with(|| match target {
            Target::Cost if close(a) && close(b) => cost(a, b).then_with(|| quality(a, b)),
            Target::Accuracy | Target::Cost => quality(a, b).then_with(|| cost(a, b)),
        })
    });
}

/// Whether a value left its range, or came so close that another seed might.
pub fn leaves_range(observed: &Observed) -> bool {
    !observed.wrapped.is_empty() || observed.largest_input.is_some_and(|input| input > LARGEST_INPUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use silenzio_core::plan::{DataPlan, EnginePlan, ModelPlan, Plan, TrainingPlan};

    fn candidate(simulated: f64, bootstraps: u64, wrapped: bool) -> Candidate {
        let plan = Plan {
            data: DataPlan::of_file("data.csv"),
            model: ModelPlan::default(),
            training: TrainingPlan::default(),
            engine: EnginePlan::default(),
        };
        let score = Score { simulated, float: simulated, bootstraps, wrapped };
        Candidate { plan, network: String::new(), scores: vec![score] }
    }

    proptest! {
        /// For every target, candidates that keep their ranges come first, and the first one is as good as the target demands.
        #[test]
        fn the_first_is_what_the_target_says(
            scores in prop::collection::vec((-1.0..=1.0, 1..1000u64, any::<bool>()), 1..20)
        ) {
            let all: Vec<Candidate> =
                scores.iter().map(|&(simulated, cost, wrapped)| candidate(simulated, cost, wrapped)).collect();
            for target in [Target::Accuracy, Target::Cost] {
                let mut ranked = all.clone();
                rank(&mut ranked, target);
                let wrapped: Vec<bool> = ranked.iter().map(Candidate::wrapped).collect();
                prop_assert!(wrapped.is_sorted());
                let whole: Vec<&Candidate> = ranked.iter().filter(|candidate| !candidate.wrapped()).collect();
                if let Some(first) = whole.first() {
                    let best = whole.iter().map(|candidate| candidate.simulated()).fold(f64::NEG_INFINITY, f64::max);
                    match target {
                        Target::Accuracy => prop_assert_eq!(first.simulated(), best),
                        Target::Cost => {
                            prop_assert!(first.simulated() >= best - TOLERANCE);
                            let close = whole.iter().filter(|candidate| candidate.simulated() >= best - TOLERANCE);
                            prop_assert_eq!(Some(first.bootstraps()), close.map(|candidate| candidate.bootstraps()).min());
                        }
                    }
                }
            }
        }
    }
}

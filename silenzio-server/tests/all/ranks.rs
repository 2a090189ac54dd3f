//! A training on several ranks, here threads, ends in the same bytes as one in one process.

use crate::common::{Setting, plan, simulate, task};
use silenzio_core::plan::{ApproximatePlan, EngineKind, EnginePlan, LayerName, TrainedLayers, TrainingPlan};
use silenzio_core::{EngineClient, StoredClient, StoredEngine, Task};
use silenzio_nn::communicator::Communicator;
use silenzio_nn::threads::ThreadCommunicator;
use silenzio_server::{FollowerJob, Outcome, Report, ServerError, Traffic, TrainJob, TrainRequest};
use silenzio_suite::{LocalWork, PublicPlan, Watch};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const ENGINES: [EngineKind; 2] = [EngineKind::Exact, EngineKind::Approximate];

/// What a rank does with an engine.
enum Work {
    Lead(Box<TrainJob>, Option<u64>),
    Follow(Box<FollowerJob>),
}

/// What rank 0 has in the end, and the others have not.
type Led = (Outcome, Traffic, Vec<Report>);

struct OnRank(Work, ThreadCommunicator);

impl LocalWork for OnRank {
    type Output = Result<Option<Led>, ServerError>;

    fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> Self::Output
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        let Self(work, communicator) = self;
        match work {
            Work::Follow(job) => job.run(engine, &communicator).map(|()| None),
            Work::Lead(job, steps) => {
                let stop = AtomicBool::new(false);
                let (mut reports, mut done) = (vec![], 0);
                let mut report = |report| {
                    done += u64::from(matches!(report, Report::Step { .. }));
                    stop.store(steps.is_some_and(|steps| done >= steps), Ordering::Relaxed);
                    reports.push(report);
                };
                let (outcome, traffic) = job.lead(engine, &communicator, &mut report, &stop)?;
                Ok(Some((outcome, traffic, reports)))
            }
        }
    }
}

/// Trains on so many ranks, of which each has its own request. After `steps` steps rank 0 is told to stop.
fn train(
    setting: &Setting,
    requests: &[TrainRequest],
    steps: Option<u64>,
) -> Vec<Result<Option<Led>, ServerError>> {
    let ranks = ThreadCommunicator::ranks(requests.len(), Duration::from_secs(60));
    std::thread::scope(|scope| {
        let start = |(communicator, request): (ThreadCommunicator, _)| {
            scope.spawn(move || {
                let (work, network) = if communicator.rank() == 0 {
                    let (job, network) = TrainJob::open(request, &setting.key)?;
                    (Work::Lead(Box::new(job), steps), network)
                } else {
                    let (job, network) = FollowerJob::open(request, &setting.key)?;
                    (Work::Follow(Box::new(job)), network)
                };
                simulate(&network, OnRank(work, communicator))
            })
        };
        let started: Vec<_> = ranks.into_iter().zip(requests).map(start).collect();
        started.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

/// The outcome and the reports of rank 0, and no error of any.
fn led(ranks: Vec<Result<Option<Led>, ServerError>>) -> Led {
    let mut ranks = ranks.into_iter().map(Result::unwrap);
    let leader = ranks.next().flatten().unwrap();
    assert!(ranks.all(|follower| follower.is_none()));
    leader
}

/// Whether weights are bootstrapped for products.
struct Refreshes;

impl LocalWork for Refreshes {
    type Output = bool;

    fn run<E, C>(self, engine: &E, _: &C, _: Watch<'_>) -> bool
    where
        E: StoredEngine,
        C: StoredClient + EngineClient<Upload = E::Upload, Weights = E::Weights, Logits = E::PreActivations>,
    {
        (0..engine.layers()).any(|layer| engine.weight_blocks(layer).unwrap().refreshed > 0)
    }
}

/// A plan of the approximate engine that allows so little noise that a layer is refreshed.
fn refreshed_plan() -> PublicPlan {
    let allowed = (1..40).map(|i| 0.8_f64.powi(i));
    let mut plans = allowed.filter_map(|weight_noise| {
        let engine = EnginePlan::Approximate(ApproximatePlan { weight_noise, ..ApproximatePlan::default() });
        PublicPlan::new(Task { engine, ..task(EngineKind::Approximate) }).ok()
    });
    plans.find(|plan| simulate(&plan.network().unwrap(), Refreshes)).unwrap()
}

/// A plan that trains the last layer alone.
fn frozen_plan(kind: EngineKind) -> PublicPlan {
    let train = TrainedLayers::These(vec![LayerName::Number(1)]);
    let training = TrainingPlan { train, ..task(kind).training };
    PublicPlan::new(Task { training, ..task(kind) }).unwrap()
}

#[test]
fn any_number_of_ranks_gives_the_same_model() {
    let plans = ENGINES.into_iter().flat_map(|kind| [plan(kind), frozen_plan(kind)]);
    for plan in plans.chain([refreshed_plan()]) {
        let kind = plan.task.engine.kind();
        let setting = Setting::new(plan);
        setting.train(&setting.request(), None).unwrap();
        let alone = setting.read("model");
        for size in 1..=5 {
            let request = TrainRequest { force: true, ..setting.request() };
            let (outcome, traffic, reports) = led(train(&setting, &vec![request; size], None));
            assert!(matches!(outcome, Outcome::Finished { steps: 6, .. }), "{outcome:?}");
            assert_eq!(traffic.sent > 0, size > 1);
            assert!(setting.read("model") == alone, "{kind}, {size} ranks");
            let idle = reports.contains(&Report::Idle { ranks: size.saturating_sub(3), most: 3 });
            assert_eq!(idle, size > 3, "a batch has three samples");
        }
    }
}

/// Only the first step sends what frozen layers need.
#[test]
fn ranks_make_frozen_layers_ready_once() {
    for (plan, frozen) in [(plan(EngineKind::Exact), false), (frozen_plan(EngineKind::Exact), true)] {
        let sent = |steps| {
            let setting = Setting::new(plan.clone());
            let (_, traffic, _) = led(train(&setting, &vec![setting.request(); 3], Some(steps)));
            traffic.sent
        };
        let (one, two) = (sent(1), sent(2));
        assert_eq!(one > two - one, frozen, "{one} bytes in one step, {two} in two");
    }
}

#[test]
fn a_stopped_training_goes_on_with_another_number_of_ranks() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.train(&setting.request(), None).unwrap();
        let alone = setting.read("model");
        std::fs::remove_file(setting.path("model")).unwrap();
        let mut before = 0;
        for (size, steps) in [(3, Some(2)), (1, Some(1)), (2, Some(1)), (4, None)] {
            let (outcome, ..) = led(train(&setting, &vec![setting.resumed(); size], steps));
            match outcome {
                Outcome::Stopped { steps_before, steps_done, .. } => {
                    assert_eq!((steps_before, steps_done), (before, before + steps.unwrap()));
                    before = steps_done;
                }
                Outcome::Finished { steps_before, .. } => assert_eq!((steps_before, steps), (4, None)),
            }
        }
        assert!(setting.read("model") == alone, "{kind}");
        let (outcome, ..) = led(train(&setting, &vec![setting.resumed(); 2], None));
        assert!(matches!(outcome, Outcome::Finished { steps_before: 6, .. }), "nothing left: {outcome:?}");
    }
}

#[test]
fn a_rank_that_fails_ends_the_training() {
    let setting = Setting::new(plan(EngineKind::Approximate));
    let missing = TrainRequest::new(setting.path("missing"), setting.path("model"));
    let ranks = train(&setting, &[setting.request(), missing, setting.request()], None);
    let errors: Vec<_> = ranks.into_iter().map(|rank| rank.map(drop).unwrap_err().to_string()).collect();
    assert!(errors[0].contains("rank 1 is gone"), "{errors:?}");
    assert!(errors[1].contains("missing"), "{errors:?}");
    assert_eq!(setting.names(), ["data"]);
}

#[test]
fn ranks_go_on_from_an_encrypted_model_on_several_data_sets() {
    for kind in ENGINES {
        let setting = Setting::new(plan(kind));
        setting.write_other_data("other");
        setting.train(&TrainRequest { model: setting.path("first"), ..setting.request() }, None).unwrap();
        let request = TrainRequest {
            data: vec![setting.path("data"), setting.path("other")],
            initial: Some(setting.path("first")),
            force: true,
            ..setting.request()
        };
        setting.train(&request, None).unwrap();
        let alone = setting.read("model");
        let (outcome, ..) = led(train(&setting, &vec![request; 2], None));
        assert!(matches!(outcome, Outcome::Finished { steps: 12, .. }), "{outcome:?}");
        assert!(setting.read("model") == alone, "{kind}");
    }
}

//! An inference on several ranks, here threads, ends in the same bytes as one in one process.

use crate::common::{Setting, plan, simulate};
use silenzio_core::plan::EngineKind;
use silenzio_core::{EngineClient, StoredClient, StoredEngine};
use silenzio_nn::communicator::Communicator;
use silenzio_nn::threads::ThreadCommunicator;
use silenzio_server::{InferFollower, InferJob, InferRequest, Inferred, ServerError};
use silenzio_suite::{LocalWork, Watch};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a rank does with an engine. Rank 0 is stopped when it has reported so many inputs.
enum Work {
    Lead(Box<InferJob>, Option<u64>),
    Follow(Box<InferFollower>),
}

/// What rank 0 has in the end, and the others have not: the inputs done after each report, too.
type Led = (Inferred, Vec<u64>);

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
            Work::Lead(job, limit) => {
                let stop = AtomicBool::new(false);
                let mut reports = vec![];
                let mut report = |done, _| {
                    reports.push(done);
                    stop.store(limit.is_some_and(|limit| done >= limit), Ordering::Relaxed);
                };
                let inferred = job.lead(engine, &communicator, &mut report, &stop)?;
                Ok(Some((inferred, reports)))
            }
        }
    }
}

/// From "model" and `inputs` to "ranks", by one rank for each of these names.
fn infer(
    setting: &Setting,
    inputs: &[&'static str],
    limit: Option<u64>,
) -> Vec<Result<Option<Led>, ServerError>> {
    let ranks = ThreadCommunicator::ranks(inputs.len(), Duration::from_secs(60));
    std::thread::scope(|scope| {
        let start = |(communicator, &inputs): (ThreadCommunicator, &&'static str)| {
            let request = InferRequest {
                model: setting.path("model"),
                inputs: setting.path(inputs),
                logits: setting.path("ranks"),
                force: true,
            };
            scope.spawn(move || {
                let (work, network) = if communicator.rank() == 0 {
                    let (job, network) = InferJob::open(&request, &setting.key)?;
                    (Work::Lead(Box::new(job), limit), network)
                } else {
                    let (job, network) = InferFollower::open(&request, &setting.key)?;
                    (Work::Follow(Box::new(job)), network)
                };
                simulate(&network, OnRank(work, communicator))
            })
        };
        let started: Vec<_> = ranks.into_iter().zip(inputs).map(start).collect();
        started.into_iter().map(|rank| rank.join().unwrap()).collect()
    })
}

/// What rank 0 has, and no error of any.
fn led(ranks: Vec<Result<Option<Led>, ServerError>>) -> Led {
    let mut ranks = ranks.into_iter().map(Result::unwrap);
    let leader = ranks.next().flatten().unwrap();
    assert!(ranks.all(|follower| follower.is_none()));
    leader
}

fn trained(kind: EngineKind) -> Setting {
    let setting = Setting::new(plan(kind));
    setting.train(&setting.request(), None).unwrap();
    setting
}

#[test]
fn any_number_of_ranks_gives_the_same_logits() {
    for kind in [EngineKind::Exact, EngineKind::Approximate] {
        let setting = trained(kind);
        // A batch has three inputs: windows are full, end within a batch, or have fewer inputs than ranks.
        for samples in [0, 1, 7, 12] {
            setting.write_data("inputs", samples, false);
            setting.infer("inputs", true).unwrap();
            let alone = setting.read("logits");
            for size in 1..=5 {
                let (inferred, reports) = led(infer(&setting, &vec!["inputs"; size], None));
                assert!(
                    matches!(inferred, Inferred::Finished { samples: found, .. } if found == samples as u64)
                );
                assert!(setting.read("ranks") == alone, "{kind}, {samples} inputs on {size} ranks");
                assert_eq!(reports.len(), samples.div_ceil(3 * size));
                assert_eq!(reports.last().copied().unwrap_or(0), samples as u64);
            }
        }
    }
}

#[test]
fn all_ranks_end_when_rank_0_is_stopped() {
    let setting = trained(EngineKind::Approximate);
    setting.write_data("inputs", 20, false);
    let before = setting.names();
    let (inferred, reports) = led(infer(&setting, &["inputs"; 2], Some(12)));
    assert_eq!((inferred, reports), (Inferred::Stopped, vec![6, 12]));
    assert_eq!(setting.names(), before);
}

#[test]
fn a_rank_that_fails_ends_the_inference() {
    let setting = trained(EngineKind::Approximate);
    setting.write_data("inputs", 7, false);
    let mut damaged = setting.read("inputs");
    // In a chunk of the second half, which rank 1 computes; rank 0 has checked its own file.
    let place = damaged.len() * 3 / 4;
    damaged[place] ^= 1;
    std::fs::write(setting.path("damaged"), damaged).unwrap();
    let before = setting.names();
    for (other, problem) in [("missing", "missing"), ("damaged", "damaged")] {
        let ranks = infer(&setting, &["inputs", other], None);
        let errors: Vec<_> = ranks.into_iter().map(|rank| rank.map(drop).unwrap_err().to_string()).collect();
        assert!(errors[0].contains("rank 1 is gone"), "{errors:?}");
        assert!(errors[1].contains(problem), "{errors:?}");
        assert_eq!(setting.names(), before);
    }
}

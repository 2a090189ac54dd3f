//! A training on many processes: rank 0 leads and writes files, the others follow.

use crate::data_sets::TrainingSets;
use crate::train::{Checked, LockedTraining};
use crate::{Outcome, Report, ServerError, TrainJob, TrainRequest};
use serde::{Deserialize, Serialize};
use silenzio_core::StoredEngine;
use silenzio_core::wire::write_u64s;
use silenzio_files::{Digest, FileReader, Kind};
use silenzio_nn::communicator::{CommunicationError, Communicator};
use silenzio_nn::data_parallel::{DataParallel, ParallelError};
use silenzio_nn::trainer::{self, Schedule};
use silenzio_suite::payload::write_layers;
use silenzio_suite::{KeyName, Network, ServerKey, ServerWork, Trained, open_key};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use tracing::info;

/// Trains as one of many processes, all of which have to be given the same files, as [`train`](crate::train()). `program`
/// is the digest of the program that runs.
///
/// Rank 0 locks and writes the outputs, and is the only one that reports, can be stopped, reads a checkpoint, and has an
/// outcome. It checks the data set as a whole; the others check the samples that they read. Before the first step all
/// ranks make sure that they have the same program, plan, data set and keys, and compute the same bits.
///
/// # Errors
/// As [`train`](crate::train()); if a rank has something else than rank 0, which is named; and if a rank is gone or gives
/// no sign for too long.
pub fn train_on_ranks<C: Communicator + Sync>(
    server_key: &Path,
    request: &TrainRequest,
    communicator: &C,
    program: Digest,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Option<Outcome>, ServerError> {
    let (mut file, key) = open_key(server_key, Kind::ServerKey)?;
    if communicator.rank() == 0 {
        request.require_distinct(Some(server_key))?;
        let LockedTraining { job, network, _locks } = LockedTraining::open(request, &key)?;
        let server_key = ServerKey::read(&mut file)?;
        Fingerprint::new(program, job.trained(), &file, &server_key)?.agree(communicator)?;
        let leading = Leading { job, communicator, report, stop };
        return server_key.run(&network, leading)?.map(Some);
    }
    let (job, network) = FollowerJob::open(request, &key)?;
    let server_key = ServerKey::read(&mut file)?;
    Fingerprint::new(program, &job.trained, &file, &server_key)?.agree(communicator)?;
    server_key.run(&network, Following { job, communicator })??;
    Ok(None)
}

struct Leading<'a, C> {
    job: TrainJob,
    communicator: &'a C,
    report: &'a mut dyn FnMut(Report),
    stop: &'a AtomicBool,
}

impl<C: Communicator> ServerWork for Leading<'_, C> {
    type Output = Result<Outcome, ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.lead(engine, self.communicator, self.report, self.stop)
    }
}

struct Following<'a, C> {
    job: FollowerJob,
    communicator: &'a C,
}

impl<C: Communicator> ServerWork for Following<'_, C> {
    type Output = Result<(), ServerError>;

    fn run<E: StoredEngine>(self, engine: &E) -> Self::Output {
        self.job.run(engine, self.communicator)
    }
}

/// What must be the same on all ranks.
#[derive(PartialEq, Serialize, Deserialize)]
struct Fingerprint(Vec<(String, Digest)>);

impl Fingerprint {
    fn new(
        program: Digest,
        trained: &Trained,
        key_file: &FileReader,
        server_key: &ServerKey,
    ) -> Result<Self, ServerError> {
        let plan = format!("{:?}", trained.plan);
        let parts = [
            ("build of the program", program),
            ("plan", Digest::of(plan.as_bytes())),
            ("data set", Digest::of(trained.data.to_string().as_bytes())),
            ("model to begin with", trained.initial.unwrap_or(Digest::of(&[]))),
            ("server key", key_file.digest()),
            ("result of the same bootstrap (another kind of processor?)", Digest::of(&server_key.probe()?)),
        ];
        Ok(Self(parts.map(|(name, digest)| (name.to_owned(), digest)).to_vec()))
    }

    /// The first part that another rank has different.
    fn difference(&self, other: &Self) -> Option<&str> {
        let pairs = self.0.iter().zip(&other.0);
        let found = pairs.into_iter().find_map(|(mine, theirs)| (mine != theirs).then_some(mine.0.as_str()));
        found.or_else(|| (self != other).then_some("build of the program"))
    }

    /// Compares all ranks with rank 0, and tells all of them the first one that differs.
    fn agree<C: Communicator>(&self, communicator: &C) -> Result<(), ServerError> {
        let gathered = communicator.gather(encoded(self)?)?;
        let mut found: Option<(usize, String)> = None;
        for (rank, fingerprint) in gathered.iter().enumerate() {
            let fingerprint: Self = decoded(rank, fingerprint)?;
            if let (None, Some(difference)) = (&found, self.difference(&fingerprint)) {
                found = Some((rank, difference.to_owned()));
            }
        }
        let found: Option<(usize, String)> = decoded(0, &communicator.broadcast(encoded(&found)?)?)?;
        match found {
            Some((rank, difference)) => Err(ServerError::OtherRank { rank, difference }),
            None => Ok(()),
        }
    }
}

fn encoded(value: &impl Serialize) -> Result<Vec<u8>, ServerError> {
    Ok(serde_json::to_vec(value).map_err(|error| ParallelError::Encode(error.into()))?)
}

fn decoded<T: for<'de> Deserialize<'de>>(rank: usize, message: &[u8]) -> Result<T, CommunicationError> {
    serde_json::from_slice(message)
        .map_err(|error| CommunicationError::Message { rank, problem: error.to_string() })
}

/// Where a training starts.
pub(crate) struct Started<'a, E: StoredEngine> {
    pub(crate) steps_done: u64,
    pub(crate) weights: &'a [E::Weights],
}

/// Tells the followers where the training starts, or that there is nothing to do.
pub(crate) fn announce<E: StoredEngine, C: Communicator + ?Sized>(
    engine: &E,
    communicator: &C,
    start: Option<Started<'_, E>>,
) -> Result<(), ServerError> {
    let mut message = Vec::new();
    if let Some(Started { steps_done, weights }) = start {
        let written = write_u64s(&mut message, &[steps_done])
            .and_then(|()| write_layers(engine, &mut message, weights));
        written.map_err(ParallelError::Encode)?;
    }
    communicator.broadcast(message)?;
    Ok(())
}

/// The steps done and the weights that [`announce`] told.
fn announced<E: StoredEngine>(
    engine: &E,
    mut message: &[u8],
) -> Result<(u64, Vec<E::Weights>), CommunicationError> {
    let mut read = || -> io::Result<_> {
        let mut steps_done = [0; size_of::<u64>()];
        message.read_exact(&mut steps_done)?;
        let weights = (0..engine.layers()).map(|layer| engine.read_weights(&mut message, layer));
        Ok((u64::from_le_bytes(steps_done), weights.collect::<io::Result<Vec<_>>>()?))
    };
    read().map_err(|error| CommunicationError::Message { rank: 0, problem: error.to_string() })
}

/// A training that another process [leads](TrainJob::lead).
pub struct FollowerJob {
    samples: TrainingSets,
    schedule: Schedule,
    trained: Trained,
}

impl FollowerJob {
    /// Checks the data set against the key. The job is for an engine of this key on the network.
    ///
    /// # Errors
    /// If a file is missing, of the wrong kind or key, or does not fit the others.
    pub fn open(request: &TrainRequest, key: &KeyName) -> Result<(Self, Network), ServerError> {
        let Checked { samples, identity, schedule, network, .. } = Checked::agreed(request, key)?;
        Ok((Self { samples, schedule, trained: identity.trained }, network))
    }

    /// Computes this rank's shares until rank 0 ends the training.
    ///
    /// # Errors
    /// If the data set is damaged, an operation of the engine fails, or a rank is gone or gives no sign.
    pub fn run<E: StoredEngine, C: Communicator + ?Sized>(
        mut self,
        engine: &E,
        communicator: &C,
    ) -> Result<(), ServerError> {
        let start = communicator.broadcast(vec![])?;
        if start.is_empty() {
            return Ok(());
        }
        let (steps_done, mut weights) = announced(engine, &start)?;
        info!(rank = communicator.rank(), steps_done, "follows");
        trainer::train(
            engine,
            &DataParallel(communicator),
            &mut weights,
            &self.schedule.after(steps_done),
            |numbers| self.samples.fetch(engine, numbers),
            |_, _| Ok(ControlFlow::Continue(())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use silenzio_nn::threads::ThreadCommunicator;
    use std::time::Duration;

    #[test]
    fn the_first_rank_that_differs_is_named() {
        let of = |texts: [&str; 2]| {
            let part = |text: &str| (text[..1].to_owned(), Digest::of(text.as_bytes()));
            Fingerprint(texts.map(part).to_vec())
        };
        for (prints, expected) in [
            (["p1", "k1", "p1", "k1", "p1", "k1"], None),
            (["p1", "k1", "p1", "k1", "p1", "k2"], Some("rank 2 has another k than")),
            (["p1", "k1", "p2", "k2", "p1", "k2"], Some("rank 1 has another p than")),
            (["p1", "k1", "x", "k1", "p1", "k1"], Some("rank 1 has another p than")),
        ] {
            let ranks = ThreadCommunicator::ranks(3, Duration::from_secs(10));
            let prints: Vec<_> = prints.chunks(2).map(|pair| of([pair[0], pair[1]])).collect();
            let found: Vec<_> = std::thread::scope(|scope| {
                let ranks = ranks.into_iter().zip(prints);
                let started: Vec<_> =
                    ranks.map(|(rank, print)| scope.spawn(move || print.agree(&rank))).collect();
                started.into_iter().map(|rank| rank.join().unwrap()).collect()
            });
            for found in found {
                let found = found.err().map(|error| error.to_string());
                assert_eq!(found.is_some(), expected.is_some());
                assert!(expected.is_none_or(|text| found.is_some_and(|found| found.starts_with(text))));
            }
        }
    }
}

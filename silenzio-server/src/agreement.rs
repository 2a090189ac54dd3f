//! The check, before a job begins, that all of its ranks have the same program, plan, files and keys.

use crate::ServerError;
use serde::{Deserialize, Serialize};
use silenzio_files::{Digest, FileReader};
use silenzio_nn::communicator::{CommunicationError, Communicator};
use silenzio_nn::data_parallel::ParallelError;
use silenzio_suite::{PublicPlan, ServerKey};

/// Digests of everything that must be the same on all ranks, with their names.
#[derive(PartialEq, Serialize, Deserialize)]
pub(crate) struct Fingerprint(Vec<(String, Digest)>);

impl Fingerprint {
    /// Makes the fingerprint of this rank. `files` are the digests of the files that all ranks read, besides the server
    /// key.
    pub(crate) fn new(
        program: Digest,
        (key_file, server_key): (&FileReader, &ServerKey),
        plan: &PublicPlan,
        files: &[(&str, Digest)],
    ) -> Result<Self, ServerError> {
        let plan = format!("{plan:?}");
        let parts = [("build of the program", program), ("plan", Digest::of(plan.as_bytes()))];
        let computing = [
            ("server key", key_file.digest()),
            ("result of the same bootstrap (another kind of processor?)", Digest::of(&server_key.probe()?)),
        ];
        let parts = parts.iter().chain(files).chain(&computing);
        Ok(Self(parts.map(|&(name, digest)| (name.to_owned(), digest)).collect()))
    }

    /// The name of the first part that differs on another rank.
    fn difference(&self, other: &Self) -> Option<&str> {
        let pairs = self.0.iter().zip(&other.0);
        let found = pairs.into_iter().find_map(|(mine, theirs)| (mine != theirs).then_some(mine.0.as_str()));
        found.or_else(|| (self != other).then_some("build of the program"))
    }

    /// Compares all ranks with rank 0.
    ///
    /// # Errors
    /// [`ServerError::OtherRank`] on all ranks, with the first rank that differs and what differs there.
    pub(crate) fn agree<C: Communicator>(&self, communicator: &C) -> Result<(), ServerError> {
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
            (["p1", "k1", "p1", "k1", "p1", "k2"], Some("rank 2 has a different k than")),
            (["p1", "k1", "p2", "k2", "p1", "k2"], Some("rank 1 has a different p than")),
            (["p1", "k1", "x", "k1", "p1", "k1"], Some("rank 1 has a different p than")),
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

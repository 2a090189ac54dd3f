//! Messages between the processes of a training.

use std::thread;
use std::time::Duration;

/// What a rank adds to its patience for each rank that a message has passed: those who are nearer to a silent rank name
/// it first.
const HEAD_START: Duration = Duration::from_millis(100);

/// The processes that work together, by their ranks from 0, and messages between two of them.
///
/// Messages from one rank to another arrive in the order of sending. A rank that waits for another one has to give up
/// if that one does not respond in time.
pub trait Communicator {
    /// The number of this process.
    fn rank(&self) -> usize;

    /// The number of processes.
    fn size(&self) -> usize;

    /// Sends a message.
    ///
    /// # Errors
    /// If the other rank is gone, or does not take the message in time.
    fn send(&self, to: usize, message: &[u8]) -> Result<(), CommunicationError>;

    /// Waits for the next message of a rank.
    ///
    /// # Errors
    /// If the other rank is gone, or sends nothing in time.
    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError>;

    /// Sends a message to one rank while it waits for the next one of another, so that all ranks can do so at once.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    fn exchange(&self, to: usize, message: &[u8], from: usize) -> Result<Vec<u8>, CommunicationError>;

    /// The message of rank 0, on all ranks. What the others give is not used.
    ///
    /// It goes along a binomial tree: every rank receives it once, and rank 0 sends it log2(size) times.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, CommunicationError> {
        let (rank, size) = (self.rank(), self.size());
        // A rank passes on to those that differ from it in a bit below its lowest one.
        let reach = if rank == 0 { size.next_power_of_two() } else { rank & rank.wrapping_neg() };
        let message = if rank == 0 { message } else { self.receive(rank - reach)? };
        let mut distance = reach / 2;
        while distance > 0 {
            if rank + distance < size {
                self.send(rank + distance, &message)?;
            }
            distance /= 2;
        }
        Ok(message)
    }

    /// The messages of all ranks by their number, on all ranks.
    ///
    /// They go around a ring: every rank sends all of them but that of the rank that it sends to.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    fn all_gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, CommunicationError> {
        let (rank, size) = (self.rank(), self.size());
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
        // The latest message first, then those of the ranks before.
        let mut gathered = vec![message];
        for passed in 0..size.saturating_sub(1) {
            let latest = gathered.last().map_or(&[][..], Vec::as_slice);
            let received = self.exchange(next, latest, previous).inspect_err(|error| {
                if matches!(error, CommunicationError::Silent { .. }) {
                    // The rank before may wait for another one, too, which it names if it is heard first.
                    thread::sleep(HEAD_START * passed as u32);
                }
            });
            gathered.push(received?);
        }
        // From this rank downwards: turned around, and rotated so that rank 0 is the first.
        gathered.reverse();
        gathered.rotate_right(rank + 1);
        Ok(gathered)
    }

    /// The messages of all ranks by their number, at rank 0; nothing at the others.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`receive`](Self::receive).
    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, CommunicationError> {
        if self.rank() > 0 {
            self.send(0, &message)?;
            return Ok(vec![]);
        }
        let others = (1..self.size()).map(|rank| self.receive(rank));
        std::iter::once(Ok(message)).chain(others).collect()
    }
}

/// Why a message did not get through.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommunicationError {
    /// A rank did not respond in time.
    #[error(
        "rank {rank} has not responded for {} s: it has stopped, is unreachable, or is that much slower than the \
         others",
        waited.as_secs_f64()
    )]
    Silent {
        /// The rank.
        rank: usize,
        /// How long this rank has waited for it.
        waited: Duration,
    },
    /// A rank is gone.
    #[error("rank {rank} is gone: see what it said")]
    Gone {
        /// The rank.
        rank: usize,
    },
    /// What a rank sent is not what was expected.
    #[error("rank {rank} sent what cannot be used: {problem}")]
    Message {
        /// The rank.
        rank: usize,
        /// Why.
        problem: String,
    },
    /// The system that carries messages failed.
    #[error("messages cannot be exchanged: {0}")]
    Transport(String),
}

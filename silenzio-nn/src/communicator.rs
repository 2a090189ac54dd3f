//! Messages between the processes of a training.

use std::thread;
use std::time::Duration;

/// The additional time that a rank waits for each rank that a message has passed, so that the ranks next to a silent
/// one report it first.
const HEAD_START: Duration = Duration::from_millis(100);

/// Messages between the processes of a job, which are numbered by ranks from 0.
///
/// Messages from one rank to another arrive in the order in which they were sent. A rank that waits for another must
/// give up after a timeout.
pub trait Communicator {
    /// The rank of this process.
    fn rank(&self) -> usize;

    /// The number of processes.
    fn size(&self) -> usize;

    /// Sends a message.
    ///
    /// # Errors
    /// [`CommunicationError::Gone`] if the other rank is gone, [`CommunicationError::Silent`] if it does not take the
    /// message in time.
    fn send(&self, to: usize, message: &[u8]) -> Result<(), CommunicationError>;

    /// Waits for the next message of a rank.
    ///
    /// # Errors
    /// [`CommunicationError::Gone`] if the other rank is gone, [`CommunicationError::Silent`] if it sends nothing in
    /// time.
    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError>;

    /// Sends a message to one rank and receives the next one of another at the same time, so that all ranks can do so
    /// at once.
    ///
    /// # Errors
    /// The errors of [`send`](Self::send) and [`receive`](Self::receive).
    fn exchange(&self, to: usize, message: &[u8], from: usize) -> Result<Vec<u8>, CommunicationError>;

    /// Sends the message of rank 0 to all ranks, and returns it on all of them. The messages of other ranks are
    /// ignored.
    ///
    /// It travels along a binomial tree: every rank receives it once, and rank 0 sends it log2(size) times, rounded up.
    ///
    /// # Errors
    /// The errors of [`send`](Self::send) and [`receive`](Self::receive).
    fn broadcast(&self, message: Vec<u8>) -> Result<Vec<u8>, CommunicationError> {
        let (rank, size) = (self.rank(), self.size());
        // A rank passes the message on to the ranks that differ from it in one bit below its lowest 1 bit.
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

    /// Sends the messages of all ranks to all ranks, and returns them in the order of the ranks.
    ///
    /// They travel around a ring: every rank sends all of them except that of the next rank.
    ///
    /// # Errors
    /// The errors of [`send`](Self::send) and [`receive`](Self::receive).
    fn all_gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, CommunicationError> {
        let (rank, size) = (self.rank(), self.size());
        let (next, previous) = ((rank + 1) % size, (rank + size - 1) % size);
        // The message of this rank, then those of the ranks before it.
        let mut gathered = vec![message];
        for passed in 0..size.saturating_sub(1) {
            let latest = gathered.last().map_or(&[][..], Vec::as_slice);
            let received = self.exchange(next, latest, previous).inspect_err(|error| {
                if matches!(error, CommunicationError::Silent { .. }) {
                    // The previous rank may be waiting as well, and should report its error first.
                    thread::sleep(HEAD_START * passed as u32);
                }
            });
            gathered.push(received?);
        }
        // The messages are in the order from this rank downwards: reverse them, and rotate rank 0 to the front.
        gathered.reverse();
        gathered.rotate_right(rank + 1);
        Ok(gathered)
    }

    /// Sends the messages of all ranks to rank 0, which returns them in the order of the ranks. Other ranks return
    /// nothing.
    ///
    /// # Errors
    /// The errors of [`send`](Self::send) and [`receive`](Self::receive).
    fn gather(&self, message: Vec<u8>) -> Result<Vec<Vec<u8>>, CommunicationError> {
        if self.rank() > 0 {
            self.send(0, &message)?;
            return Ok(vec![]);
        }
        let others = (1..self.size()).map(|rank| self.receive(rank));
        std::iter::once(Ok(message)).chain(others).collect()
    }
}

/// An error of exchanging messages.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommunicationError {
    /// A rank did not respond before the timeout.
    #[error(
        "rank {rank} has not responded for {} s: it has stopped, is unreachable, or is that much slower than the \
         others",
        waited.as_secs_f64()
    )]
    Silent {
        /// The rank.
        rank: usize,
        /// The timeout.
        waited: Duration,
    },
    /// A rank is gone.
    #[error("rank {rank} is gone: its own messages say why")]
    Gone {
        /// The rank.
        rank: usize,
    },
    /// A rank sent a message that is not what was expected.
    #[error("rank {rank} sent an invalid message: {problem}")]
    Message {
        /// The rank.
        rank: usize,
        /// What is wrong with the message.
        problem: String,
    },
    /// The transport of messages failed.
    #[error("messages cannot be exchanged: {0}")]
    Transport(String),
}

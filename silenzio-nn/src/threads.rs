//! Ranks that are threads of one process, with messages in memory.

use crate::communicator::{CommunicationError, Communicator};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// The communicator of a rank that is a thread.
pub struct ThreadCommunicator {
    rank: usize,
    timeout: Duration,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl ThreadCommunicator {
    /// Communicators for `size` threads, which wait for each other until `timeout`.
    pub fn ranks(size: usize, timeout: Duration) -> Vec<Self> {
        let mut ranks: Vec<_> =
            (0..size).map(|rank| Self { rank, timeout, to: vec![], from: vec![] }).collect();
        for to in 0..size {
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..size).map(|_| channel()).unzip();
            for (rank, sender) in ranks.iter_mut().zip(senders) {
                rank.to.push(sender);
            }
            if let Some(rank) = ranks.get_mut(to) {
                rank.from = receivers;
            }
        }
        ranks
    }
}

impl Communicator for ThreadCommunicator {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), CommunicationError> {
        let gone = CommunicationError::Gone { rank: to };
        self.to.get(to).and_then(|rank| rank.send(message.to_vec()).ok()).ok_or(gone)
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError> {
        let gone = CommunicationError::Gone { rank: from };
        let Some(channel) = self.from.get(from) else { return Err(gone) };
        channel.recv_timeout(self.timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => CommunicationError::Silent { rank: from, waited: self.timeout },
            RecvTimeoutError::Disconnected => gone,
        })
    }

    /// Sends first, which never blocks, and then receives.
    fn exchange(&self, to: usize, message: &[u8], from: usize) -> Result<Vec<u8>, CommunicationError> {
        self.send(to, message)?;
        self.receive(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counted::{Counted, Traffic};

    /// Runs `work` on every rank, and returns the results.
    fn on_all<T: Send>(size: usize, work: impl Fn(&ThreadCommunicator) -> T + Sync) -> Vec<T> {
        let ranks = ThreadCommunicator::ranks(size, Duration::from_secs(10));
        std::thread::scope(|scope| {
            let started: Vec<_> = ranks.into_iter().map(|rank| scope.spawn(|| work(&{ rank }))).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    #[test]
    fn all_ranks_have_the_message_of_rank_0() {
        for size in 1..10 {
            let heard = on_all(size, |rank| rank.broadcast(vec![rank.rank() as u8 + 7]));
            assert_eq!(heard, vec![Ok(vec![7]); size], "{size} ranks");
        }
    }

    #[test]
    fn rank_0_has_the_messages_of_all() {
        let heard = on_all(5, |rank| rank.gather(vec![rank.rank() as u8; 2]).unwrap());
        assert_eq!(heard[0], [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]]);
        assert!(heard[1..].iter().all(Vec::is_empty));
    }

    #[test]
    fn all_ranks_have_the_messages_of_all() {
        for size in 1..8 {
            let expected: Vec<_> = (0..size).map(|rank| vec![rank as u8; rank]).collect();
            let heard = on_all(size, |rank| rank.all_gather(vec![rank.rank() as u8; rank.rank()]).unwrap());
            assert_eq!(heard, vec![expected; size], "{size} ranks");
        }
    }

    #[test]
    fn bytes_are_counted_by_those_who_send_and_receive_them() {
        let traffic = on_all(3, |rank| {
            let counted = Counted::new(rank);
            counted.broadcast(vec![0; 10]).unwrap();
            counted.all_gather(vec![0; 1 + rank.rank()]).unwrap();
            counted.traffic()
        });
        // Around the ring, each rank sends all messages except that of the next rank, and receives all except its own.
        let expected = [(20 + 1 + 3, 2 + 3), (1 + 2, 10 + 1 + 3), (2 + 3, 10 + 1 + 2)];
        assert_eq!(traffic, expected.map(|(sent, received)| Traffic { sent, received }));
    }

    #[test]
    fn a_rank_that_is_gone_or_silent_is_named() {
        let mut ranks = ThreadCommunicator::ranks(3, Duration::from_millis(20));
        let waited = Duration::from_millis(20);
        assert_eq!(ranks[0].receive(2), Err(CommunicationError::Silent { rank: 2, waited }));
        drop(ranks.pop());
        assert_eq!(ranks[0].receive(2), Err(CommunicationError::Gone { rank: 2 }));
        assert_eq!(ranks[0].send(2, &[1]), Err(CommunicationError::Gone { rank: 2 }));
    }
}

//! Counts of the bytes that a rank sends and receives.

use crate::communicator::{CommunicationError, Communicator};
use std::sync::atomic::{AtomicU64, Ordering};

/// A communicator that counts the bytes of its messages.
#[derive(Debug)]
pub struct Counted<'a, C: ?Sized> {
    communicator: &'a C,
    sent: AtomicU64,
    received: AtomicU64,
}

/// The bytes of a rank's messages, without the overhead of their transport.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Traffic {
    /// The bytes that the rank sent.
    pub sent: u64,
    /// The bytes that it received.
    pub received: u64,
}

impl<'a, C: Communicator + ?Sized> Counted<'a, C> {
    /// Counts the messages of `communicator` from now on.
    pub const fn new(communicator: &'a C) -> Self {
        Self { communicator, sent: AtomicU64::new(0), received: AtomicU64::new(0) }
    }

    /// The bytes counted so far.
    pub fn traffic(&self) -> Traffic {
        Traffic { sent: self.sent.load(Ordering::Relaxed), received: self.received.load(Ordering::Relaxed) }
    }

    fn came(&self, message: Vec<u8>) -> Vec<u8> {
        self.received.fetch_add(message.len() as u64, Ordering::Relaxed);
        message
    }

    fn went(&self, message: &[u8]) {
        self.sent.fetch_add(message.len() as u64, Ordering::Relaxed);
    }
}

impl<C: Communicator + ?Sized> Communicator for Counted<'_, C> {
    fn rank(&self) -> usize {
        self.communicator.rank()
    }

    fn size(&self) -> usize {
        self.communicator.size()
    }

    fn send(&self, to: usize, message: &[u8]) -> Result<(), CommunicationError> {
        self.communicator.send(to, message)?;
        self.went(message);
        Ok(())
    }

    fn receive(&self, from: usize) -> Result<Vec<u8>, CommunicationError> {
        Ok(self.came(self.communicator.receive(from)?))
    }

    fn exchange(&self, to: usize, message: &[u8], from: usize) -> Result<Vec<u8>, CommunicationError> {
        let received = self.communicator.exchange(to, message, from)?;
        self.went(message);
        Ok(self.came(received))
    }
}

//! Progress of the generation of keys.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The progress of the generation of a server's keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The bytes of keys generated so far.
    pub done: usize,
    /// The bytes of all keys.
    pub total: usize,
}

/// Reports progress to a callback.
pub(crate) struct Meter<'a> {
    done: AtomicUsize,
    total: usize,
    report: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Meter<'a> {
    /// A meter of `total` bytes. Several threads may call `report`.
    pub(crate) fn new(total: usize, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { done: AtomicUsize::new(0), total, report }
    }

    pub(crate) fn add(&self, bytes: usize) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.report)(Progress { done, total: self.total });
    }
}

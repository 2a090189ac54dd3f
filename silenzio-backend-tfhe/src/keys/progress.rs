//! How far the generation of keys has come.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How far the generation of a server's keys has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes of keys that are made.
    pub done: usize,
    /// Bytes of keys in all.
    pub total: usize,
}

/// Reports progress to a callback.
pub(crate) struct Meter<'a> {
    done: AtomicUsize,
    total: usize,
    report: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Meter<'a> {
    /// A meter of `total` bytes, for calls to `report` from several threads.
    pub(crate) fn new(total: usize, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        Self { done: AtomicUsize::new(0), total, report }
    }

    pub(crate) fn add(&self, bytes: usize) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        (self.report)(Progress { done, total: self.total });
    }
}

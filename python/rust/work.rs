//! Long work: other threads do it without the GIL; the calling thread shows progress and handles interruptions.

use crate::errors::{SilenzioWarning, exception};
use pyo3::prelude::*;
use silenzio::{CancelToken, Context, Error, Event, Stage};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// The interval at which progress is shown and signals are checked.
const POLL: Duration = Duration::from_millis(100);

/// The result of work, and what interrupted it: a signal, or an exception of the callback.
pub struct Done<T> {
    /// The output, which cancelled work may have, too.
    pub output: Result<T, Error>,
    /// The exception to raise.
    pub interruption: Option<PyErr>,
}

impl<T> Done<T> {
    /// The output, if the work neither failed nor was interrupted.
    pub fn complete(self) -> PyResult<T> {
        match self.interruption {
            Some(interruption) => Err(interruption),
            None => self.output.map_err(|error| exception(&error)),
        }
    }
}

/// Does work on its own pool of threads; 0 stands for all processors. The pool is not shared, since its threads would be
/// lost in a forked process.
///
/// `progress(what, done, total, before)` is called by the calling thread, ten times a second at most.
pub fn run<T: Send>(
    py: Python<'_>,
    threads: usize,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Context) -> Result<T, Error> + Send,
) -> PyResult<Done<T>> {
    let threads = match NonZeroUsize::new(threads) {
        Some(threads) => threads,
        None => thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    let (token, events) = (CancelToken::new(), Arc::new(Events::default()));
    let noted = Arc::clone(&events);
    let context = Context::new()
        .cancelled_by(token.clone())
        .observed_by(move |event| noted.note(event))
        .on_threads(threads)
        .map_err(|error| exception(&error))?;
    let (mut interruption, finished) = (None, AtomicBool::new(false));
    let caller = thread::current();
    let output = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let _wakes = WakesOnDrop(&finished, caller);
            work(&context)
        });
        while !finished.load(Ordering::Acquire) {
            py.detach(|| thread::park_timeout(POLL));
            let shown = events.show(py, progress).and_then(|()| py.check_signals());
            if let Err(error) = shown {
                token.cancel();
                interruption.get_or_insert(error);
            }
        }
        py.detach(|| worker.join()).unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    if let Err(error) = events.show(py, progress) {
        interruption.get_or_insert(error);
    }
    Ok(Done { output, interruption })
}

/// Signals that work is over, even if it panics.
struct WakesOnDrop<'a>(&'a AtomicBool, Thread);

impl Drop for WakesOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
        self.1.unpark();
    }
}

/// The events since progress was last shown: the last event of each stage, in the order in which the stages began.
#[derive(Default)]
struct Events(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    order: Vec<Stage>,
    progress: BTreeMap<usize, [u64; 3]>,
    warnings: Vec<String>,
}

impl Events {
    fn note(&self, event: &Event) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Progress { what, done, total, before } => {
                let known = pending.order.iter().position(|stage| stage == what);
                let number = known.unwrap_or_else(|| {
                    pending.order.push(*what);
                    pending.order.len() - 1
                });
                pending.progress.insert(number, [*done, *total, *before]);
            }
            Event::Warning { text } => pending.warnings.push(text.clone()),
            _ => {}
        }
    }

    fn show(&self, py: Python<'_>, progress: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let (order, events, warnings) = {
            let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let events = std::mem::take(&mut pending.progress);
            (pending.order.clone(), events, std::mem::take(&mut pending.warnings))
        };
        for text in warnings {
            let text = CString::new(text.replace('\0', " "))?;
            PyErr::warn(py, &py.get_type::<SilenzioWarning>(), &text, 2)?;
        }
        let Some(progress) = progress else { return Ok(()) };
        for (number, [done, total, before]) in events {
            let what = order.get(number).map(Stage::to_string);
            progress.call1((what, done, total, before))?;
        }
        Ok(())
    }
}

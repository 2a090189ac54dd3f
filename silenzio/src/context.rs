//! The context of work: its threads, its observer, and its cancellation.

use crate::Error;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The interval at which the counters of running work are read.
const POLL: Duration = Duration::from_millis(200);

/// The context of work: its threads, who observes its progress, and who may cancel it.
///
/// A context is cheap to clone, and may be used for several pieces of work, one after the other or at the same time.
/// The default one has no observer, is never cancelled, and uses the thread pool of its caller.
#[derive(Clone, Default)]
pub struct Context {
    observer: Option<Arc<Observer>>,
    cancel: CancelToken,
    pool: Option<Arc<rayon::ThreadPool>>,
}

type Observer = dyn Fn(&Event) + Send + Sync;

/// A request to stop, which any thread can make.
#[derive(Clone, Default, Debug)]
pub struct CancelToken(Arc<AtomicBool>);

/// An event of which an observer is told.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A piece of work has come this far. The first event of a piece of work has `done` equal to `before`.
    Progress {
        /// The kind of work.
        what: Stage,
        /// The amount that is done.
        done: u64,
        /// The amount of the whole work.
        total: u64,
        /// The amount that was done before this piece of work began.
        before: u64,
    },
    /// A result is worse than it could be, and the text says what to change.
    Warning {
        /// What to change, and why.
        text: String,
    },
}

/// A kind of work, with the unit in which it is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stage {
    /// Training in floating point, in epochs.
    FloatTraining,
    /// Training on the simulator, in steps.
    Simulation,
    /// Training on ciphertexts, in bootstraps.
    Bootstraps,
    /// Training on ciphertexts, in steps.
    Training,
    /// Making keys, in bytes.
    Keys,
    /// Encrypting, in samples.
    Encryption,
    /// Checking a file, in bytes.
    Check,
    /// Inference, in inputs.
    Inference,
    /// A sweep, in rows.
    Sweep,
    /// A search for a plan, in simulated trainings.
    Planning,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FloatTraining => "float",
            Self::Simulation => "simulated",
            Self::Bootstraps => "bootstraps",
            Self::Training => "steps",
            Self::Keys => "bytes of keys",
            Self::Encryption => "encrypted",
            Self::Check => "bytes checked",
            Self::Inference => "inputs",
            Self::Sweep => "sweep",
            Self::Planning => "simulated trainings",
        })
    }
}

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks all work with this token to stop as soon as it can. Returns whether it was asked before.
    pub fn cancel(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Whether work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for work that reads one.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

impl Context {
    /// The default context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an observer, which is told the progress of work. Several threads call it.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Stops work when this token is cancelled.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// The largest number of threads, which is more than any machine has cores.
    pub const MAX_THREADS: usize = 1024;

    /// Runs work on a new pool of `threads` threads.
    ///
    /// # Errors
    /// [`Error::Threads`] if these are more than [`MAX_THREADS`](Self::MAX_THREADS), or the operating system cannot start them.
    pub fn on_threads(self, threads: NonZeroUsize) -> Result<Self, Error> {
        if threads.get() > Self::MAX_THREADS {
            return Err(Error::Threads(format!(
                "{threads} are more than the limit of {}",
                Self::MAX_THREADS
            )));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build();
        Ok(self.on_pool(Arc::new(pool.map_err(|error| Error::Threads(error.to_string()))?)))
    }

    /// Runs work on this pool.
    #[must_use]
    pub fn on_pool(mut self, pool: Arc<rayon::ThreadPool>) -> Self {
        self.pool = Some(pool);
        self
    }

    /// The number of threads of work.
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or_else(rayon::current_num_threads, |pool| pool.current_num_threads())
    }

    /// The token that cancels work.
    pub fn cancel_token(&self) -> &CancelToken {
        &self.cancel
    }

    /// Runs work on the threads of this context.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }

    /// Tells the observer.
    pub fn tell(&self, event: &Event) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    /// Tells the observer the progress of a piece of work that began at zero.
    pub fn progress(&self, what: Stage, done: u64, total: u64) {
        self.tell(&Event::Progress { what, done, total, before: 0 });
    }

    /// Warns the observer about a result.
    #[cfg(feature = "simulator")]
    pub(crate) fn warn(&self, text: impl Into<String>) {
        self.tell(&Event::Warning { text: text.into() });
    }

    /// Warns the observer that a value went beyond its range.
    #[cfg(feature = "simulator")]
    pub(crate) fn warn_wrapped(&self, name: &str) {
        self.warn(format!("{name} wrapped: raise engine.range, or engine.cover of the exact engine"));
    }

    /// Checks whether work is cancelled.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if it is.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Runs `work`, while `done` is called regularly for its progress.
    pub fn watch<T>(
        &self,
        what: Stage,
        total: u64,
        done: impl Fn() -> u64 + Sync,
        work: impl FnOnce() -> T,
    ) -> T {
        if self.observer.is_none() {
            return work();
        }
        let finished = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !finished.load(Ordering::Relaxed) {
                    self.progress(what, done(), total);
                    std::thread::sleep(POLL);
                }
            });
            let _ends_the_watch = SetOnDrop(&finished);
            work()
        })
    }
}

/// Ends the watch even if the work panics, since the scope would otherwise wait for it forever.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("observed", &self.observer.is_some())
            .field("cancelled", &self.cancel.is_cancelled())
            .field("threads", &self.threads())
            .finish()
    }
}

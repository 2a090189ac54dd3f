//! How work is done: on which threads, who is told, and who may stop it.

use crate::Error;
use serde::Serialize;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often counters of running work are looked at.
const POLL: Duration = Duration::from_millis(200);

/// Where work runs, who is told how far it is, and who may cancel it.
///
/// A context is cheap to clone, and may be used for several pieces of work, one after the other or at the same time.
/// The default one tells nobody, is never cancelled, and uses the thread pool of its caller.
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

/// What an observer is told.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A piece of work has come this far. The first event of a piece of work has `done` equal to `before`.
    Progress {
        /// What is being done.
        what: Stage,
        /// How much of it is done.
        done: u64,
        /// How much there is in all.
        total: u64,
        /// How much was done before this piece of work began.
        before: u64,
    },
    /// A result is less than it could be, and the text says what to change.
    Warning {
        /// What to change, and why.
        text: String,
    },
}

/// A kind of work, and what it is counted in.
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
    /// A token that nobody has used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks all work with this token to stop, as soon as it can. Whether it was asked before.
    pub fn cancel(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    /// Whether somebody has asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for work that looks at one.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

impl Context {
    /// The default context.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells `observer` how far work is. It is called from several threads.
    #[must_use]
    pub fn observed_by(mut self, observer: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Stops work when this token says so.
    #[must_use]
    pub fn cancelled_by(mut self, token: CancelToken) -> Self {
        self.cancel = token;
        self
    }

    /// More threads than any machine has cores for.
    pub const MAX_THREADS: usize = 1024;

    /// Runs work on a pool of so many threads of its own.
    ///
    /// # Errors
    /// If these are more than [`MAX_THREADS`](Self::MAX_THREADS), or the operating system does not give the threads.
    pub fn on_threads(self, threads: NonZeroUsize) -> Result<Self, Error> {
        if threads.get() > Self::MAX_THREADS {
            return Err(Error::Threads(format!("{threads} are more than {}", Self::MAX_THREADS)));
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

    /// How many threads work has.
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

    /// Tells the observer how far a piece of work is that began at nothing.
    pub fn progress(&self, what: Stage, done: u64, total: u64) {
        self.tell(&Event::Progress { what, done, total, before: 0 });
    }

    /// Says what a result lacks.
    #[cfg(feature = "simulator")]
    pub(crate) fn warn(&self, text: impl Into<String>) {
        self.tell(&Event::Warning { text: text.into() });
    }

    /// Says of what went beyond its range.
    #[cfg(feature = "simulator")]
    pub(crate) fn warn_wrapped(&self, name: &str) {
        self.warn(format!("{name} wrapped: raise engine.range, or engine.cover of the exact engine"));
    }

    /// Refuses to go on once work is cancelled.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if somebody has asked.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Runs `work` while `done` is asked now and then how far it is.
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

/// Ends the watch even if the work panics: the scope would wait for it for ever.
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

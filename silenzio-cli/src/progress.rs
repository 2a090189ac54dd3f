//! Progress on standard error: a bar with the time left on a terminal, a line now and then elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// How often watched work is looked at.
const POLL: Duration = Duration::from_millis(200);

/// The progress of one long piece of work.
pub struct Progress {
    what: &'static str,
    bar: Option<ProgressBar>,
    start: Instant,
    last_line: Instant,
    steps: u64,
}

impl Progress {
    /// Progress of `what`, in `steps` steps.
    pub fn new(what: &'static str, steps: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps).with_message(what);
            let template = "{msg} [{bar:40}] {pos}/{len}, {elapsed} passed, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self { what, bar, start: now, last_line: now, steps }
    }

    /// `done` steps are done.
    pub fn set(&mut self, done: u64) {
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None if self.last_line.elapsed() >= LINE_INTERVAL && done > 0 => {
                self.last_line = Instant::now();
                let passed = self.start.elapsed().as_secs_f64();
                let left = passed * self.steps.saturating_sub(done) as f64 / done as f64;
                eprintln!("{} {done}/{}, {passed:.0} s passed, {left:.0} s left", self.what, self.steps);
            }
            None => {}
        }
    }
}

/// Runs `work` beside a progress bar that asks `done` how far it is.
pub fn while_watched<T>(
    what: &'static str,
    steps: u64,
    done: impl Fn() -> u64 + Sync,
    work: impl FnOnce() -> T,
) -> T {
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut bar = Progress::new(what, steps);
            while !finished.load(Ordering::Relaxed) {
                bar.set(done());
                std::thread::sleep(POLL);
            }
        });
        let result = work();
        finished.store(true, Ordering::Relaxed);
        result
    })
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

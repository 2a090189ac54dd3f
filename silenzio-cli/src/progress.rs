//! Progress on standard error: a bar with rate and time left on a terminal, a line now and then elsewhere, and for
//! machines one JSON object a line.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a line is written where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// How often a line is written for machines.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// How often watched work is looked at.
const POLL: Duration = Duration::from_millis(200);

/// Whether standard error is for machines: it is for the whole program, as standard error is.
static JSON: AtomicBool = AtomicBool::new(false);

/// From now on, write for machines, or for people.
pub fn use_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// What is written for machines.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event<'a> {
    Progress { what: &'a str, done: u64, total: u64, seconds_left: f64 },
    Notice { text: &'a str },
}

impl Event<'_> {
    fn write(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            eprintln!("{line}");
        }
    }
}

/// Says something on the way.
pub fn notice(text: &str) {
    if JSON.load(Ordering::Relaxed) { Event::Notice { text }.write() } else { eprintln!("{text}") }
}

/// Where progress goes.
enum Display {
    Bar(ProgressBar),
    Lines,
    Json,
}

/// The progress of one long piece of work.
pub struct Progress {
    what: &'static str,
    display: Display,
    start: Instant,
    last_line: Option<Instant>,
    /// Steps done before the start.
    before: u64,
    steps: u64,
}

impl Progress {
    /// Progress of `what`, in `steps` steps.
    pub fn new(what: &'static str, steps: u64) -> Self {
        Self::resumed(what, steps, 0)
    }

    /// Progress of `what`, in `steps` steps, of which some have been done before.
    pub fn resumed(what: &'static str, steps: u64, before: u64) -> Self {
        let display = if JSON.load(Ordering::Relaxed) {
            Display::Json
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(steps).with_message(what).with_position(before);
            let template = "{msg} [{bar:40}] {pos}/{len}, {per_sec}, {elapsed} passed, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.reset_eta();
            Display::Bar(bar)
        } else {
            Display::Lines
        };
        Self { what, display, start: Instant::now(), last_line: None, before, steps }
    }

    /// `done` steps are done.
    pub fn set(&mut self, done: u64) {
        if let Display::Bar(bar) = &self.display {
            return bar.set_position(done);
        }
        let (interval, since) = match self.display {
            Display::Json => (EVENT_INTERVAL, self.last_line),
            _ => (LINE_INTERVAL, Some(self.last_line.unwrap_or(self.start))),
        };
        let json = matches!(self.display, Display::Json);
        let due = since.is_none_or(|since| since.elapsed() >= interval) || (json && done == self.steps);
        if !due || done <= self.before {
            return;
        }
        self.last_line = Some(Instant::now());
        let passed = self.start.elapsed().as_secs_f64();
        let rate = (done - self.before) as f64 / passed;
        let (what, total) = (self.what, self.steps);
        let seconds_left = total.saturating_sub(done) as f64 / rate;
        if json {
            Event::Progress { what, done, total, seconds_left }.write();
        } else {
            eprintln!(
                "{what} {done}/{total}, {rate:.2} a second, {passed:.0} s passed, {seconds_left:.0} s left"
            );
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
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

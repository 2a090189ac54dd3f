//! Progress on standard error: a bar with rate and remaining time on a terminal, otherwise a line at intervals, and for
//! machines one JSON object per line.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use silenzio::{Event, Stage};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The interval between lines without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The interval between lines for machines.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// Whether standard error is for machines. There is one setting for the whole program, as there is one standard error.
static JSON: AtomicBool = AtomicBool::new(false);

/// Selects whether standard error is for machines or for people.
pub fn use_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

/// A line for machines.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line<'a> {
    Progress { what: &'a str, done: u64, total: u64, seconds_left: f64 },
    Notice { text: &'a str },
    Error { text: &'a str },
}

impl Line<'_> {
    fn write(&self) {
        if let Ok(line) = serde_json::to_string(self) {
            errln!("{line}");
        }
    }
}

/// Prints a message.
pub fn notice(text: &str) {
    if JSON.load(Ordering::Relaxed) { Line::Notice { text }.write() } else { errln!("{text}") }
}

/// Prints the error that ends the program.
pub fn error(text: &str) {
    if JSON.load(Ordering::Relaxed) { Line::Error { text }.write() } else { errln!("error: {text}") }
}

/// Shows the events of the library: one bar for each piece of work, at most one at a time.
#[derive(Default)]
pub struct Bars(Mutex<Option<(Stage, Progress)>>);

impl Bars {
    /// Shows an event.
    pub fn show(&self, event: &Event) {
        let mut bar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Progress { what, done, total, before } => {
                let (name, unit) = match what {
                    Stage::Keys => ("kB of keys", 1000),
                    Stage::Check => ("kB checked", 1000),
                    Stage::FloatTraining => ("float", 1),
                    Stage::Simulation => ("simulated", 1),
                    Stage::Bootstraps => ("bootstraps", 1),
                    Stage::Training => ("steps", 1),
                    Stage::Encryption => ("encrypted", 1),
                    Stage::Inference => ("inputs", 1),
                    Stage::Sweep => ("sweep", 1),
                    Stage::Planning => ("simulated trainings", 1),
                    _ => ("done", 1),
                };
                if bar.as_ref().is_none_or(|(stage, _)| stage != what) || done == before {
                    *bar = None;
                    *bar = Some((*what, Progress::resumed(name, total / unit, before / unit)));
                }
                if let Some((_, progress)) = bar.as_mut() {
                    progress.set(done / unit);
                }
                if done >= total {
                    *bar = None;
                }
            }
            Event::Warning { text } => notice(&format!("warning: {text}")),
            _ => {}
        }
    }
}

/// The form of progress.
enum Display {
    Bar(ProgressBar),
    Lines,
    Json,
}

/// The progress of one long piece of work.
struct Progress {
    what: &'static str,
    display: Display,
    start: Instant,
    last_line: Option<Instant>,
    /// The steps done before the start.
    before: u64,
    steps: u64,
}

impl Progress {
    /// Starts the progress of `what` with `steps` steps, of which `before` have been done already.
    fn resumed(what: &'static str, steps: u64, before: u64) -> Self {
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

    /// Sets the number of steps done.
    fn set(&mut self, done: u64) {
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
            Line::Progress { what, done, total, seconds_left }.write();
        } else {
            errln!(
                "{what} {done}/{total}, {rate:.2} a second, {passed:.0} s passed, {seconds_left:.0} s left"
            );
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

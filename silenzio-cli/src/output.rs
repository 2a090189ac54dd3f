//! Standard output and standard error, which may be closed or full at any time.

use crate::error::CliError;
use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::{Mutex, PoisonError};

/// The first error of standard output, of which there is one for the whole program.
static FAILURE: Mutex<Option<io::Error>> = Mutex::new(None);

/// Prints a line to standard output. [`finish`] reports a failure at the end.
macro_rules! outln {
    ($($arguments:tt)*) => {
        $crate::output::write(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// Prints a line to standard error. If that fails, there is nowhere to report it.
macro_rules! errln {
    ($($arguments:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($arguments)*);
    }};
}

/// Writes to standard output, unless that has failed before.
pub fn write(text: fmt::Arguments<'_>) {
    record(|| io::stdout().write_fmt(text));
}

/// Writes bytes to standard output, unless that has failed before.
pub fn write_bytes(bytes: &[u8]) {
    record(|| io::stdout().write_all(bytes));
}

fn record(write: impl FnOnce() -> io::Result<()>) {
    let mut failure = FAILURE.lock().unwrap_or_else(PoisonError::into_inner);
    if failure.is_none() {
        *failure = write().err();
    }
}

/// Flushes standard output. A closed pipe is not a failure.
///
/// # Errors
/// [`CliError::Output`] if something could not be written.
pub fn finish() -> Result<(), CliError> {
    record(|| io::stdout().flush());
    match FAILURE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Output(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

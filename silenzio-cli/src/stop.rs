//! Stopping on request, with everything saved.

use crate::error::CliError;
use crate::progress::notice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a program that was interrupted.
pub const INTERRUPTED: u8 = 130;

/// A flag that the first SIGINT, SIGTERM or SIGHUP sets. The second one ends the program at once.
///
/// # Errors
/// If the operating system does not let us.
pub fn on_signal() -> Result<Arc<AtomicBool>, CliError> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        notice("will stop after this step; interrupt again to stop at once");
    })
    .map_err(|error| CliError::Signals(error.to_string()))?;
    Ok(stop)
}

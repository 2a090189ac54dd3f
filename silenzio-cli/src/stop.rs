//! Stopping on request, with everything saved.

use crate::error::CliError;
use crate::progress::notice;
use silenzio::CancelToken;

/// The exit status of a program that was interrupted.
pub const INTERRUPTED: u8 = 130;

/// A token that the first SIGINT, SIGTERM or SIGHUP cancels. The second one ends the program at once.
///
/// # Errors
/// [`CliError::Signals`] if the operating system does not allow handlers.
pub fn on_signal() -> Result<CancelToken, CliError> {
    let token = CancelToken::new();
    let signalled = token.clone();
    ctrlc::set_handler(move || {
        if signalled.cancel() {
            std::process::exit(INTERRUPTED.into());
        }
        notice("will stop after this step; interrupt again to stop at once");
    })
    .map_err(|error| CliError::Signals(error.to_string()))?;
    Ok(token)
}

//! `silenzio report`

use crate::arguments::{GlobalOptions, ReportOptions};
use crate::error::CliError;

pub fn run(_options: &ReportOptions, _global: &GlobalOptions) -> Result<(), CliError> {
    Ok(())
}

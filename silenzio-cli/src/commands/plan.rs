//! `silenzio plan`: finds a plan for a new table.

use super::{on_threads, print_json};
use crate::arguments::{GlobalOptions, SearchOptions};
use crate::error::CliError;
use crate::output;
use crate::progress::{Bars, notice};
use crate::stop::on_signal;
use silenzio::Context;
use silenzio::planning::Search;

/// Runs the command.
///
/// # Errors
/// If the table cannot be used, or no plan can be carried out on it. An interruption is an error, too, after the best plan
/// so far has been printed.
pub fn run(options: &SearchOptions, global: &GlobalOptions) -> Result<(), CliError> {
    let search = Search::new(&options.data, options.set.clone(), options.target, options.candidates)?;
    let bars = Bars::default();
    let context = Context::new().observed_by(move |event| bars.show(event)).cancelled_by(on_signal()?);
    let found = match search.run(&on_threads(context, global)?) {
        Err(silenzio::Error::Cancelled) => return Err(CliError::NothingWritten),
        found => found?,
    };
    if global.json {
        print_json(&found)?;
    } else {
        output::write(format_args!("{}", found.to_toml()?));
    }
    if !found.finished {
        return Err(CliError::SearchInterrupted { simulations: found.simulations });
    }
    if found.wrapped {
        notice("warning: with every candidate, some value comes close to the end of its range, or leaves it");
    }
    Ok(())
}

//! `silenzio parameters`: lists what is encrypted, and the problems on which its security rests.

use super::print_json;
use crate::arguments::GlobalOptions;
use crate::error::CliError;
use serde::Serialize;
use silenzio::core::SecretDistribution;
use silenzio::suite::security::{SentEncryption, encryptions};

/// The result for machines.
#[derive(Serialize)]
struct Outcome {
    /// The program's version.
    version: &'static str,
    encryptions: Vec<SentEncryption>,
}

/// Runs the command.
///
/// # Errors
/// If the result cannot be written.
pub fn run(global: &GlobalOptions) -> Result<(), CliError> {
    let encryptions = encryptions();
    if global.json {
        return print_json(&Outcome { version: env!("CARGO_PKG_VERSION"), encryptions });
    }
    outln!(
        "{:<12} {:<14} {:<24} {:>9} {:>8}  {:<22} noise",
        "engine",
        "set",
        "encryption",
        "dimension",
        "modulus",
        "secret"
    );
    for SentEncryption { engine, set, encryption } in encryptions {
        let problem = encryption.problem;
        let secret = match problem.secret {
            SecretDistribution::Binary => "binary".to_string(),
            SecretDistribution::BlockBinary { block } => format!("binary, blocks of {block}"),
        };
        outln!(
            "{:<12} {set:<14} {:<24} {:>9} {:>8}  {secret:<22} 2^{:.2}",
            engine.to_string(),
            encryption.name,
            problem.dimension,
            format!("2^{}", problem.log2_modulus),
            problem.log2_std
        );
    }
    Ok(())
}

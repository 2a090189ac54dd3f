//! The client: the only side that has the secret key, the samples and the model.

pub use silenzio_client::decryption::{Digits, decrypt_logits, decrypt_model};
pub use silenzio_client::encryption::{Samples, shuffled};
pub use silenzio_client::{
    ClientError, EvaluationKey, Model, Origin, OtherSet, Preprocessing, SecretKey, Sent, npz, predictions,
    safetensors,
};

use crate::{Context, Error, PublicPlan, Stage};
use silenzio_files::{Destination, Digest};
use silenzio_suite::KeyProgress;
use std::sync::atomic::{AtomicU64, Ordering};

/// Generates a secret key for a plan from the randomness of the operating system.
///
/// # Errors
/// [`Error::Task`] if the plan is not valid, or needs key parameters that this version does not have.
pub fn generate_key(plan: &PublicPlan) -> Result<SecretKey, Error> {
    Ok(SecretKey::generate(plan.parameters()?))
}

/// Generates the server's keys for a secret key. Observers are told the bytes done.
pub fn evaluation_key(key: &SecretKey, context: &Context) -> EvaluationKey {
    let done = AtomicU64::new(0);
    let report = |progress: KeyProgress| {
        done.fetch_max(progress.done as u64, Ordering::Relaxed);
    };
    let total = key.evaluation_key_bytes() as u64;
    context.install(|| {
        context.watch(Stage::Keys, total, || done.load(Ordering::Relaxed), || key.evaluation_key(&report))
    })
}

/// Encrypts samples for a plan. Observers are told the samples done.
///
/// # Errors
/// If the plan is not valid, the key is for other parameters, a sample does not fit the network, or the result cannot be
/// written.
pub fn encrypt(
    key: &SecretKey,
    plan: &PublicPlan,
    samples: Samples<'_>,
    to: &Destination,
    context: &Context,
) -> Result<Digest, Error> {
    let network = plan.network()?;
    let total = samples.inputs.nrows() as u64;
    let progress = |done| context.progress(Stage::Encryption, done, total);
    context.install(|| {
        let client = key.client_of(&network)?;
        progress(0);
        let encrypted = silenzio_client::encryption::encrypt;
        Ok(encrypted(client.as_ref(), key.name(), plan, samples, to, progress)?)
    })
}

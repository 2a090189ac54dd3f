//! Encryption of samples, block by block, directly to a file.

use crate::error::ClientError;
use ndarray::ArrayView2;
use rayon::prelude::*;
use silenzio_data::{Dataset, Rows, Targets};
use silenzio_files::{Contents, Destination, Digest, Layout};
use silenzio_suite::{KeyName, NetworkClient, PublicPlan};

/// The number of samples that are encrypted at once, for each thread.
const BLOCK_PER_THREAD: usize = 4;

/// Scaled samples to encrypt.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// The inputs in `[0, 1]`, samples x features.
    pub inputs: ArrayView2<'a, f32>,
    /// What the network is to say about each sample, for training: its class, or its numbers.
    pub targets: Option<Targets<'a>>,
}

impl<'a> From<&'a Dataset> for Samples<'a> {
    fn from(samples: &'a Dataset) -> Self {
        Self { inputs: samples.inputs.view(), targets: Some(samples.targets()) }
    }
}

/// Rows as inputs of a trained network. Their labels or targets are not encrypted.
impl<'a> From<&'a Rows> for Samples<'a> {
    fn from(rows: &'a Rows) -> Self {
        Self { inputs: rows.inputs.view(), targets: None }
    }
}

/// Encrypts samples to a file. The memory that it takes does not depend on the size of the file. `progress` gets the
/// number of samples that are done.
///
/// # Errors
/// If a sample does not fit the network, or the file cannot be written.
pub fn encrypt(
    client: &dyn NetworkClient,
    key: &KeyName,
    plan: &PublicPlan,
    samples: Samples<'_>,
    to: &Destination,
    mut progress: impl FnMut(u64),
) -> Result<Digest, ClientError> {
    let count = samples.inputs.nrows();
    let encrypted = |sample: usize| {
        let target = samples.targets.and_then(|targets| targets.get(sample));
        client.encrypt(&samples.inputs.row(sample).to_vec(), target)
    };
    let labelled = samples.targets.is_some();
    let contents = Contents::Data { samples: count as u64, labelled };
    let layout = Layout::items(count as u64, client.upload_len(labelled).map_err(ClientError::encode)?);
    let header = key.header(contents, layout).with_plan(plan).map_err(ClientError::encode)?;
    let mut file = to.create(&header)?;
    let block = BLOCK_PER_THREAD * rayon::current_num_threads();
    for start in (0..count).step_by(block) {
        let end = count.min(start + block);
        let uploads = (start..end).into_par_iter().map(encrypted).collect::<Result<Vec<_>, _>>()?;
        file.encode(|to| uploads.iter().try_for_each(|upload| to.write_all(upload)))?;
        progress(end as u64);
    }
    Ok(file.finish()?)
}

/// Shuffles the samples to a random order that nobody knows. A server sees the places of samples in the file, which would
/// reveal their classes if they were sorted by class.
///
/// # Errors
/// If the operating system has no randomness.
pub fn shuffled(samples: &Dataset) -> Result<Dataset, ClientError> {
    let key = |sample: usize| Ok((getrandom::u64()?, sample));
    let mut keys = (0..samples.len()).map(key).collect::<Result<Vec<_>, getrandom::Error>>()?;
    keys.sort_unstable();
    let order: Vec<usize> = keys.into_iter().map(|(_, sample)| sample).collect();
    Ok(samples.select(&order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn shuffled_samples_keep_their_labels() {
        let inputs = Array2::from_shape_fn((50, 1), |(sample, _)| sample as f32);
        let labels: Vec<usize> = (0..50).collect();
        let classes: Vec<String> = labels.iter().map(usize::to_string).collect();
        let sorted = Dataset::new(inputs, labels, classes, vec!["x".into()]).unwrap();
        let shuffled = shuffled(&sorted).unwrap();
        assert_ne!(shuffled.labels, sorted.labels);
        assert!(shuffled.inputs.iter().zip(&shuffled.labels).all(|(&input, &label)| input == label as f32));
        let mut labels = shuffled.labels;
        labels.sort_unstable();
        assert_eq!(labels, sorted.labels);
    }
}

//! The payload of each kind of file.
//!
//! | kind | `plan` of the header | chunks | payload |
//! | --- | --- | --- | --- |
//! | client key, server key | none | stream | the key, as its [`Wire`](silenzio_core::Wire) |
//! | data set, inputs | [`PublicPlan`](crate::PublicPlan) | one per sample | an upload in each chunk |
//! | model, checkpoint | [`Trained`](crate::Trained) | stream | the weights of all layers, from the inputs up: [`decode_layers`] |
//! | logits | [`Predicted`](crate::Predicted) | stream | the logits of all inputs, one after the other |
//!
//! "Stream" is [`Layout::stream`](silenzio_files::Layout::stream), "one per sample"
//! [`Layout::items`](silenzio_files::Layout::items).

use silenzio_core::StoredEngine;
use silenzio_files::{FileError, FileReader, KeyId};
use std::io::{self, Read, Seek, Write};

/// Decodes the key that is the payload of a file. `read` reads it, and returns its id, too.
///
/// # Errors
/// The errors of [`FileReader::decode`]; also if the header names another key.
pub(crate) fn decode_key<K, R: Read + Seek>(
    file: &mut FileReader<R>,
    read: impl FnOnce(&mut dyn Read) -> io::Result<(u128, K)>,
) -> Result<K, FileError> {
    let named = file.header().key_id;
    file.decode(|from| {
        let (id, key) = read(from)?;
        match KeyId(id) {
            found if found == named => Ok(key),
            found => {
                Err(silenzio_core::wire::invalid(format!("it is key {found}, but the header says {named}")))
            }
        }
    })
}

/// The length of the weights of all layers, in bytes.
///
/// # Errors
/// The errors of [`StoredEngine::weights_len`].
pub fn layers_len<E: StoredEngine>(engine: &E) -> io::Result<u64> {
    (0..engine.layers()).map(|layer| engine.weights_len(layer)).sum()
}

/// Writes the weights of all layers, from the inputs up.
///
/// # Errors
/// If the writer fails.
pub fn write_layers<E: StoredEngine>(
    engine: &E,
    to: &mut dyn Write,
    weights: &[E::Weights],
) -> io::Result<()> {
    weights.iter().try_for_each(|layer| engine.write_weights(to, layer))
}

/// Decodes the weights of all layers of a model or checkpoint. `read` reads those of one layer, numbered from 0; it is
/// `read_weights` of an engine, or `decrypt_weights` of its client.
///
/// # Errors
/// The errors of [`FileReader::decode`].
pub fn decode_layers<W, R: Read + Seek>(
    file: &mut FileReader<R>,
    layers: usize,
    mut read: impl FnMut(&mut dyn Read, usize) -> io::Result<W>,
) -> Result<Vec<W>, FileError> {
    file.decode(|from| (0..layers).map(|layer| read(from, layer)).collect())
}

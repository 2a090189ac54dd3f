//! The files that are sent between client and server, which share nothing else.
//!
//! A file is a typed, versioned [`Header`] and a payload in chunks, all covered by SHA-256 digests; `docs/formats.md`
//! describes it byte by byte. This crate knows neither cryptography nor engines: [`silenzio_core::Wire`] defines the
//! encoding of payloads.
//!
//! ```text
//! Destination -> FileWriter -> Encoder     writing: atomic, never over an existing file unless told to; or to memory
//! Outputs -> Destination                   the outputs of one command: all of them, or none
//! Source -> FileReader -> Payload          reading: no byte is returned before its digest is checked
//! ```
//!
//! The digests detect damage and mix-ups. They are not signatures: whoever can write a file can also write its digests.

#![deny(clippy::indexing_slicing)]

mod contents;
mod digest;
mod encoder;
mod error;
mod frame;
mod header;
mod info;
mod journal;
mod key_id;
mod layout;
mod lock;
mod outputs;
mod parameters;
mod payload;
mod plain;
mod reader;
mod source;
mod temporary;
mod writer;

pub use contents::{Contents, Kind};
pub use digest::Digest;
pub use encoder::Encoder;
pub use error::{FileError, Problem};
pub use frame::{CONTAINER_VERSION, MAGIC, MAX_HEADER_BYTES};
pub use header::Header;
pub use info::Info;
pub use key_id::KeyId;
pub use layout::{Layout, MAX_CHUNK_BYTES};
pub use lock::Lock;
pub use outputs::{Aside, Outputs, require_distinct};
pub use parameters::ParameterRecord;
pub use plain::{MAX_PLAIN_BYTES, MAX_PLAN_BYTES, read_plain, read_text};
pub use reader::FileReader;
pub use source::{Source, Stored};
pub use writer::{Destination, FileWriter, Overwrite, remove_if_there};

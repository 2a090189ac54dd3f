//! A readable description of a file.

use crate::{CONTAINER_VERSION, Contents, Digest, Header};
use std::fmt::{self, Display, Formatter};

/// A readable description of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct Info {
    /// The header of the file.
    pub header: Header,
    /// The length of the file, in bytes.
    pub file_bytes: u64,
    /// The digest that identifies the file.
    pub digest: Digest,
}

impl Display for Info {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Header { contents, kind_version, engine, parameters, key_id, plan, payload } = &self.header;
        writeln!(f, "holds       {}", contents.kind())?;
        match contents {
            Contents::ClientKey | Contents::ServerKey => (),
            Contents::Data { samples, labelled: true } => writeln!(f, "samples     {samples}, with labels")?,
            Contents::Data { samples, labelled: false } => {
                writeln!(f, "samples     {samples}, without labels")?
            }
            Contents::Model { steps } | Contents::Checkpoint { steps } => writeln!(f, "steps       {steps}")?,
            Contents::Logits { samples } => writeln!(f, "samples     {samples}")?,
        }
        writeln!(f, "version     {kind_version}, container {CONTAINER_VERSION}")?;
        writeln!(f, "engine      {engine}")?;
        writeln!(f, "parameters  {parameters}")?;
        writeln!(f, "key         {key_id}")?;
        writeln!(f, "plan        {}", if plan.is_some() { "included" } else { "none" })?;
        writeln!(
            f,
            "size        {} bytes, payload {} in {} chunks",
            self.file_bytes,
            payload.bytes,
            payload.chunks()
        )?;
        write!(f, "SHA-256     {}", self.digest)
    }
}

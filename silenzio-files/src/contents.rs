//! What a file holds.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// What a file holds, with the counts that belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Contents {
    /// The secret key.
    ClientKey,
    /// The evaluation keys.
    ServerKey,
    /// Encrypted samples, one in each chunk.
    Data {
        /// The number of samples.
        samples: u64,
        /// Whether each sample has a label.
        labelled: bool,
    },
    /// Encrypted weights.
    Model {
        /// The training steps after which they were written.
        steps: u64,
    },
    /// An interrupted training.
    Checkpoint {
        /// The training steps done.
        steps: u64,
    },
    /// Encrypted logits.
    Logits {
        /// The number of samples.
        samples: u64,
    },
}

impl Contents {
    /// The kind of the file, without the counts.
    pub fn kind(self) -> Kind {
        match self {
            Self::ClientKey => Kind::ClientKey,
            Self::ServerKey => Kind::ServerKey,
            Self::Data { .. } => Kind::Data,
            Self::Model { .. } => Kind::Model,
            Self::Checkpoint { .. } => Kind::Checkpoint,
            Self::Logits { .. } => Kind::Logits,
        }
    }
}

/// The kind of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The secret key.
    ClientKey,
    /// The evaluation keys.
    ServerKey,
    /// Encrypted samples.
    Data,
    /// Encrypted weights.
    Model,
    /// An interrupted training.
    Checkpoint,
    /// Encrypted logits.
    Logits,
}

impl Kind {
    /// The version of the payload's encoding that this program writes, and the only one that it reads.
    pub fn version(self) -> u32 {
        match self {
            Self::ClientKey
            | Self::ServerKey
            | Self::Data
            | Self::Model
            | Self::Checkpoint
            | Self::Logits => 1,
        }
    }

    /// Whether only the owner may read the file.
    pub fn is_secret(self) -> bool {
        self == Self::ClientKey
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientKey => "a client key",
            Self::ServerKey => "a server key",
            Self::Data => "an encrypted data set",
            Self::Model => "an encrypted model",
            Self::Checkpoint => "a checkpoint",
            Self::Logits => "encrypted logits",
        })
    }
}

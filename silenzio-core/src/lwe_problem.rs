//! What the security of a ciphertext rests on, in numbers that an estimate takes.

use crate::noise::{minimal_block_std, minimal_std};
use serde::Serialize;

/// How the elements of a secret key are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(tag = "distribution", rename_all = "kebab-case")]
pub enum SecretDistribution {
    /// Independent uniform bits.
    Binary,
    /// Independent blocks of bits, of which at most one is set: each with the same probability, or none.
    BlockBinary {
        /// The bits of a block.
        block: usize,
    },
}

/// A problem of learning with errors, whose hardness keeps a key secret.
///
/// A GLWE key of dimension k and polynomial size N is taken as an LWE key of dimension k N: no attack is known that
/// uses its structure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LweProblem {
    /// The number of elements of the secret key.
    pub dimension: usize,
    /// log2 of the ciphertexts' modulus.
    pub log2_modulus: u32,
    /// How the secret key is drawn.
    pub secret: SecretDistribution,
    /// log2 of the standard deviation of the normal noise, relative to the torus.
    pub log2_std: f64,
}

impl LweProblem {
    /// Ciphertexts under a binary key, with the [least noise](minimal_std) that its dimension allows.
    pub fn binary(dimension: usize, log2_modulus: u32) -> Self {
        let log2_std = minimal_std(dimension).log2();
        Self { dimension, log2_modulus, secret: SecretDistribution::Binary, log2_std }
    }

    /// Ciphertexts under a block-binary key, with the [least noise](crate::noise::minimal_block_std) for which there
    /// are estimates; none for other block lengths. Blocks of one bit make a binary key.
    pub fn block_binary(dimension: usize, block: usize, log2_modulus: u32) -> Option<Self> {
        let log2_std = minimal_block_std(dimension, block)?.log2();
        let secret = match block {
            1 => SecretDistribution::Binary,
            _ => SecretDistribution::BlockBinary { block },
        };
        Some(Self { dimension, log2_modulus, secret, log2_std })
    }
}

/// One kind of ciphertexts that a server gets, and the problem that they rest on.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Encryption {
    /// What is encrypted, in the field's terms: "keyswitching key".
    #[serde(rename = "encryption")]
    pub name: &'static str,
    /// The problem.
    #[serde(flatten)]
    pub problem: LweProblem,
}

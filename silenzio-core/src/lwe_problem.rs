//! The LWE problems on which the security of ciphertexts rests, as inputs of security estimates.

use crate::noise::{minimal_block_std, minimal_std};
use serde::Serialize;

/// The distribution of the elements of a secret key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(tag = "distribution", rename_all = "kebab-case")]
pub enum SecretDistribution {
    /// Independent uniform bits.
    Binary,
    /// Independent blocks of bits, of which at most one is 1. Each bit, and none, has the same probability.
    BlockBinary {
        /// The number of bits of a block.
        block: usize,
    },
}

/// A problem of learning with errors, whose hardness keeps a key secret.
///
/// A GLWE key of dimension k and polynomial size N counts as an LWE key of dimension k N, since no attack is known that
/// uses its structure.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct LweProblem {
    /// The number of elements of the secret key.
    pub dimension: usize,
    /// log2 of the ciphertexts' modulus.
    pub log2_modulus: u32,
    /// The distribution of the secret key.
    pub secret: SecretDistribution,
    /// log2 of the standard deviation of the normal noise, relative to the torus.
    pub log2_std: f64,
}

impl LweProblem {
    /// The problem of ciphertexts under a binary key, with the [least noise](minimal_std) that its dimension allows.
    pub fn binary(dimension: usize, log2_modulus: u32) -> Self {
        let log2_std = minimal_std(dimension).log2();
        Self { dimension, log2_modulus, secret: SecretDistribution::Binary, log2_std }
    }

    /// The problem of ciphertexts under a block-binary key, with the [least noise](crate::noise::minimal_block_std)
    /// that its dimension allows; `None` for block lengths without estimates. Blocks of one bit make a binary key.
    pub fn block_binary(dimension: usize, block: usize, log2_modulus: u32) -> Option<Self> {
        let log2_std = minimal_block_std(dimension, block)?.log2();
        let secret = match block {
            1 => SecretDistribution::Binary,
            _ => SecretDistribution::BlockBinary { block },
        };
        Some(Self { dimension, log2_modulus, secret, log2_std })
    }
}

/// One kind of ciphertext that a server gets, and the problem on which its security rests.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Encryption {
    /// The name of the kind of ciphertext, such as "keyswitching key".
    #[serde(rename = "encryption")]
    pub name: &'static str,
    /// The LWE problem.
    #[serde(flatten)]
    pub problem: LweProblem,
}

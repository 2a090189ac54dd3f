//! The id of the key to which a file belongs.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::io;

/// A public random number, which is drawn with a key and written to every file that is made with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "Text", into = "Text")]
pub struct KeyId(pub u128);

impl KeyId {
    /// Draws a new id.
    ///
    /// # Errors
    /// If the operating system has no randomness.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(u128::from_le_bytes(bytes)))
    }
}

impl Display for KeyId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The text form of a [`KeyId`]: its bytes in hexadecimal digits, the most significant one first.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Text(#[serde(with = "hex")] [u8; 16]);

impl From<Text> for KeyId {
    fn from(Text(bytes): Text) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl From<KeyId> for Text {
    fn from(KeyId(id): KeyId) -> Self {
        Self(id.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        let id = KeyId(0x0123_4567_89ab_cdef);
        assert_eq!(id.to_string(), "00000000000000000123456789abcdef");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<KeyId>(&json).unwrap(), id);
        for wrong in ["", "0", "+0000000000000000123456789abcdef", "0000000000000000012345678 9abcdef"] {
            let json = serde_json::to_string(wrong).unwrap();
            assert!(serde_json::from_str::<KeyId>(&json).is_err(), "{wrong}");
        }
    }

    #[test]
    fn random_ones_differ() {
        assert_ne!(KeyId::random().unwrap(), KeyId::random().unwrap());
    }
}

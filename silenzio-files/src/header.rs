//! The header of a file.

use crate::{Contents, KeyId, Layout, MAX_HEADER_BYTES, ParameterRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use silenzio_core::plan::EngineKind;

/// The header of a file, which says what the file is. All of it is public.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What the file holds.
    pub contents: Contents,
    /// The version of the payload's encoding.
    pub kind_version: u32,
    /// The engine for which the file was made.
    pub engine: EngineKind,
    /// The parameters of the file's key.
    pub parameters: ParameterRecord,
    /// The key that the file is, or with which it was made.
    pub key_id: KeyId,
    /// The public plan, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Value>,
    /// The lengths of the payload.
    pub payload: Layout,
}

impl Header {
    /// A header without a plan.
    pub fn new(
        contents: Contents,
        engine: EngineKind,
        parameters: ParameterRecord,
        key_id: KeyId,
        payload: Layout,
    ) -> Self {
        let kind_version = contents.kind().version();
        Self { contents, kind_version, engine, parameters, key_id, plan: None, payload }
    }

    /// Adds a public plan.
    ///
    /// # Errors
    /// If the plan cannot be written as JSON.
    pub fn with_plan(mut self, plan: &impl Serialize) -> Result<Self, serde_json::Error> {
        self.plan = Some(serde_json::to_value(plan)?);
        Ok(self)
    }

    /// Returns the JSON form, or says what is wrong with the header.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, String> {
        self.check()?;
        let json = serde_json::to_vec(self).map_err(|error| error.to_string())?;
        if json.len() > MAX_HEADER_BYTES as usize {
            return Err(format!("it has {} bytes, but at most {MAX_HEADER_BYTES} are allowed", json.len()));
        }
        Ok(json)
    }

    /// Reads the JSON form, or says what is wrong with it.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, String> {
        let header: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), String> {
        self.payload.check()?;
        match self.contents {
            Contents::Data { samples, .. }
                if Layout::items(samples, self.payload.chunk_bytes) != self.payload =>
            {
                Err(format!("the payload does not have one chunk for each of {samples} samples"))
            }
            _ => Ok(()),
        }
    }
}

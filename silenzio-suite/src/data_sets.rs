//! The data sets from which a file was made.

use serde::{Deserialize, Serialize};
use silenzio_files::Digest;
use std::fmt;

/// The encrypted data sets that a training read, in the order in which their samples are numbered. The JSON form is the
/// digest of a single data set, or a list of digests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct DataSets(Vec<Digest>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    One(Digest),
    Several(Vec<Digest>),
}

impl DataSets {
    /// Data sets in the order of their samples.
    ///
    /// # Errors
    /// `None` if there is no data set, or the digest of a data set that is given twice.
    pub fn new(digests: Vec<Digest>) -> Result<Self, Option<Digest>> {
        if digests.is_empty() {
            return Err(None);
        }
        let twice = digests
            .iter()
            .enumerate()
            .find(|(number, digest)| digests.iter().take(*number).any(|d| d == *digest));
        match twice {
            Some((_, digest)) => Err(Some(*digest)),
            None => Ok(Self(digests)),
        }
    }

    /// The digests of the data sets.
    pub fn digests(&self) -> &[Digest] {
        &self.0
    }
}

impl From<Digest> for DataSets {
    fn from(digest: Digest) -> Self {
        Self(vec![digest])
    }
}

impl From<DataSets> for Form {
    fn from(sets: DataSets) -> Self {
        match <[Digest; 1]>::try_from(sets.0) {
            Ok([digest]) => Self::One(digest),
            Err(digests) => Self::Several(digests),
        }
    }
}

impl TryFrom<Form> for DataSets {
    type Error = String;

    fn try_from(form: Form) -> Result<Self, String> {
        let digests = match form {
            Form::One(digest) => return Ok(digest.into()),
            Form::Several(digests) => digests,
        };
        Self::new(digests).map_err(|twice| match twice {
            Some(digest) => format!("data set {digest} is listed twice"),
            None => "no data set is listed".into(),
        })
    }
}

impl fmt::Display for DataSets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digests: Vec<String> = self.0.iter().map(Digest::to_string).collect();
        f.write_str(&digests.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_data_set_is_a_digest_and_several_are_a_list() {
        let digest = |byte| Digest([byte; 32]);
        let one = DataSets::from(digest(1));
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(json, serde_json::to_string(&digest(1)).unwrap());
        assert_eq!(serde_json::from_str::<DataSets>(&json).unwrap(), one);
        let two = DataSets::new(vec![digest(1), digest(2)]).unwrap();
        let json = serde_json::to_string(&two).unwrap();
        assert_eq!(serde_json::from_str::<DataSets>(&json).unwrap(), two);
        assert_ne!(two, DataSets::new(vec![digest(2), digest(1)]).unwrap());
        assert_eq!(DataSets::new(vec![digest(1), digest(1)]), Err(Some(digest(1))));
        for wrong in ["[]".to_owned(), json.replace("02", "01"), "7".into()] {
            assert!(serde_json::from_str::<DataSets>(&wrong).is_err(), "{wrong}");
        }
    }
}

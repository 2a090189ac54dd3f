//! The client's record of a data set that it sent.

use crate::Preprocessing;
use crate::error::{ClientError, read};
use serde::{Deserialize, Serialize};
use silenzio_core::plan::Loss;
use silenzio_files::{Digest, KeyId};
use silenzio_suite::{DataSets, KeyName, PlanProblem, PublicPlan};
use std::path::Path;

/// The client's record of a data set that it sent: the public plan that was agreed on, the digest and key of the data set,
/// and the preprocessing of its samples. It says something about the data, and stays with the client.
///
/// Results are decrypted by this plan, not by what a server writes into them. A result of another data set, key or plan is
/// refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The key that the data set is encrypted with.
    pub key_id: KeyId,
    /// The SHA-256 of the encrypted data set.
    pub data: Digest,
    /// The plan on which client and server agreed.
    pub plan: PublicPlan,
    /// How samples became inputs.
    pub preprocessing: Preprocessing,
    /// The earlier data sets like which this one was encrypted. Their results can be decrypted, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherSet>,
}

/// Another data set with the same key, preprocessing and plan, except for its number of samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherSet {
    /// The SHA-256 of the encrypted data set.
    pub data: Digest,
    /// The number of its samples.
    pub samples: usize,
}

impl Sent {
    /// The record of a further data set of `samples` samples that is encrypted like this one. Its plan is this one's
    /// [for that number of samples](PublicPlan::for_samples).
    #[must_use]
    pub fn followed_by(&self, data: Digest, samples: usize) -> Self {
        let mut others = self.others.clone();
        others.push(OtherSet { data: self.data, samples: self.plan.task.samples });
        Self { data, plan: self.plan.for_samples(samples), others, ..self.clone() }
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`ClientError::File`] if the file cannot be read, [`ClientError::Invalid`] if it is not a valid record, or its parts do
    /// not fit each other.
    pub fn read(path: &Path) -> Result<Self, ClientError> {
        Self::parse(&read(path)?, path)
    }

    /// Reads the JSON form in memory, which errors call by this name.
    ///
    /// # Errors
    /// [`ClientError::Invalid`] if it is not a valid record, or its parts do not fit each other.
    pub fn parse(json: &[u8], name: &Path) -> Result<Self, ClientError> {
        Self::from_json(json).map_err(|problem| ClientError::invalid(name, problem))
    }

    /// Encodes it as indented JSON.
    ///
    /// # Errors
    /// [`ClientError::Encode`] if it cannot be written as JSON, which does not happen.
    pub fn to_json(&self) -> Result<Vec<u8>, ClientError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(ClientError::encode)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Refuses a key other than the one with which the data set was encrypted.
    ///
    /// # Errors
    /// [`ClientError::OtherKey`] if it is another key.
    pub fn require_key(&self, key: &KeyName) -> Result<(), ClientError> {
        if key.id == self.key_id {
            return Ok(());
        }
        Err(ClientError::OtherKey { found: key.id, expected: self.key_id })
    }

    /// Refuses a file that was made from other data sets or by another plan.
    pub(crate) fn require(&self, path: &Path, data: &DataSets, plan: &PublicPlan) -> Result<(), ClientError> {
        let refuse_other = |expected: &PublicPlan| match plan.difference(expected) {
            Some(difference) => Err(ClientError::OtherPlan { path: path.into(), difference }),
            None => Ok(()),
        };
        refuse_other(&self.plan.for_samples(plan.task.samples))?;
        let samples_of = |digest: &Digest| {
            let other = self.others.iter().find(|other| other.data == *digest).map(|other| other.samples);
            let this = (*digest == self.data).then_some(self.plan.task.samples);
            this.or(other).ok_or(ClientError::OtherData {
                path: path.into(),
                found: *digest,
                expected: self.data,
            })
        };
        let samples = data.digests().iter().map(samples_of).collect::<Result<Vec<_>, _>>()?;
        refuse_other(&self.plan.for_samples(samples.into_iter().fold(0, usize::saturating_add)))
    }

    fn from_json(json: &[u8]) -> Result<Self, String> {
        let sent: Self = serde_json::from_slice(json)
            .map_err(|error| format!("is not the preprocessing of an encrypted data set: {error}"))?;
        sent.preprocessing.check()?;
        sent.plan.network().map_err(|problem: PlanProblem| problem.to_string())?;
        let found = [sent.preprocessing.encoding.width(), sent.preprocessing.outputs()];
        let widths = &sent.plan.task.widths;
        if (widths.first(), widths.last()) != (Some(&found[0]), Some(&found[1])) {
            return Err(format!(
                "has a plan for a network of widths {widths:?}, but {} features and {} classes or targets",
                found[0], found[1]
            ));
        }
        let (loss, regression) = (sent.plan.task.training.loss, !sent.preprocessing.targets.is_empty());
        if (loss == Loss::Squared) != regression {
            let found = if regression { "targets" } else { "classes" };
            return Err(format!("has a plan with the loss {:?}, but {found}", loss.name()));
        }
        Ok(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::tests::example as preprocessing;
    use proptest::prelude::*;
    use silenzio_core::Task;
    use silenzio_core::plan::{EnginePlan, TrainingPlan};

    fn example() -> Sent {
        let task = Task {
            widths: vec![2, 3, 2],
            samples: 10,
            training: TrainingPlan::default(),
            engine: EnginePlan::default(),
        };
        Sent {
            key_id: KeyId(7),
            data: Digest([3; 32]),
            plan: PublicPlan::new(task).unwrap(),
            preprocessing: preprocessing(),
            others: vec![],
        }
    }

    #[test]
    fn json_round_trips() {
        let json = example().to_json().unwrap();
        assert_eq!(Sent::from_json(&json), Ok(example()));
    }

    #[test]
    fn parts_that_disagree_are_refused() {
        let mut sent = example();
        sent.preprocessing.classes.push("third".into());
        let error = Sent::from_json(&sent.to_json().unwrap()).unwrap_err();
        assert!(error.contains("3 classes"), "{error}");
        let error = Sent::read(Path::new("/no/such/file.json")).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/file.json: cannot be read"), "{error}");
    }

    #[test]
    fn what_belongs_to_other_data_or_another_plan_is_refused() {
        let sent = example();
        let path = Path::new("model");
        let (own, other) = (DataSets::from(sent.data), DataSets::from(Digest([4; 32])));
        assert!(sent.require(path, &own, &sent.plan).is_ok());
        let error = sent.require(path, &other, &sent.plan).unwrap_err().to_string();
        assert!(error.starts_with("model: ") && error.contains("another data set"), "{error}");
        let other = PublicPlan::new(Task { samples: 11, ..sent.plan.task.clone() }).unwrap();
        let error = sent.require(path, &own, &other).unwrap_err().to_string();
        assert!(error.starts_with("model: ") && error.contains("number of training samples"), "{error}");
    }

    #[test]
    fn results_of_sets_that_belong_together_are_accepted() {
        let first = example();
        let json = first.followed_by(Digest([4; 32]), 5).to_json().unwrap();
        let second = Sent::from_json(&json).unwrap();
        let (a, b) = (first.data, second.data);
        let refused = |sent: &Sent, data: Vec<Digest>, samples| {
            let data = DataSets::new(data).unwrap();
            let found = sent.require(Path::new("model"), &data, &first.plan.for_samples(samples));
            found.err().map(|error| error.to_string())
        };
        for (data, samples) in [(vec![a, b], 15), (vec![b, a], 15), (vec![b], 5), (vec![a], 10)] {
            assert_eq!(refused(&second, data, samples), None);
        }
        assert!(refused(&second, vec![a, b], 10).unwrap().contains("number of training samples"));
        assert!(refused(&first, vec![a, b], 15).unwrap().contains("another data set"));
        assert!(refused(&second, vec![a, Digest([5; 32])], 15).unwrap().contains("another data set"));
    }

    proptest! {
        #[test]
        fn damage_is_never_a_panic(place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut json = example().to_json().unwrap();
            let place = place.index(json.len());
            json[place] = byte;
            let _ = Sent::from_json(&json);
            let _ = Sent::from_json(&json[..cut.index(json.len())]);
        }
    }
}

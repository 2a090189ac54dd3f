//! The encrypted data sets of a training, whose samples are trained on together.

use crate::ServerError;
use crate::samples::{Samples, expand};
use crate::train::check_same;
use silenzio_core::{Mode, StoredEngine};
use silenzio_files::{Kind, Source};
use silenzio_nn::trainer::Schedule;
use silenzio_suite::{DataSets, KeyName, Opened, PublicPlan, open};
use std::path::PathBuf;

/// The samples of one or more data sets with the same key and plan. They are numbered consecutively: those of the first
/// data set, then those of the second, and so on.
pub(crate) struct TrainingSets {
    sets: Vec<Samples>,
}

/// Data sets that match a key and each other.
pub(crate) struct OpenedSets {
    pub(crate) sets: TrainingSets,
    pub(crate) digests: DataSets,
    /// The plan of the first data set. The others differ at most in their number of samples.
    pub(crate) first: PublicPlan,
    /// The same plan for the samples of all data sets together.
    pub(crate) plan: PublicPlan,
    pub(crate) key: KeyName,
}

impl TrainingSets {
    /// Checks the headers of the files against the key and each other.
    pub(crate) fn open(sources: &[Source], key: &KeyName) -> Result<OpenedSets, ServerError> {
        let mut sets: Vec<Samples> = Vec::with_capacity(sources.len());
        let mut opened: Option<(PublicPlan, KeyName)> = None;
        for source in sources {
            let Opened { file, key: data_key, origin: plan, .. } = open::<PublicPlan>(source, Kind::Data)?;
            key.require(&file)?;
            let samples = Samples::new(file);
            check_samples(&samples, &plan)?;
            if let Some((first, _)) = &opened {
                check_same(source.path(), &plan.for_samples(first.task.samples), first)?;
            } else {
                opened = Some((plan, data_key));
            }
            sets.push(samples);
        }
        let (first, key) = opened.ok_or(ServerError::NoData)?;
        let digests = DataSets::new(sets.iter().map(|set| set.file().digest()).collect());
        let digests = digests.map_err(|twice| {
            let named = sets.iter().rev().find(|set| Some(set.file().digest()) == twice);
            named.map_or(ServerError::NoData, |set| ServerError::DataTwice { path: set.file().path().into() })
        })?;
        let all = sets.iter().map(|set| usize::try_from(set.count()).unwrap_or(usize::MAX));
        let plan = first.for_samples(all.fold(0, usize::saturating_add));
        Ok(OpenedSets { sets: Self { sets }, digests, first, plan, key })
    }

    /// Checks every byte before hours of work depend on it.
    pub(crate) fn verify(&mut self, mut progress: impl FnMut(u64, u64)) -> Result<(), ServerError> {
        let bytes = |samples: &Samples| samples.file().header().payload.bytes;
        let total = self.sets.iter().map(bytes).sum();
        let mut before = 0;
        for set in &mut self.sets {
            set.verify(|done, _| progress(before + done, total))?;
            before += bytes(set);
        }
        Ok(())
    }

    /// Reads the samples with these numbers, and expands them for training.
    pub(crate) fn fetch<E: StoredEngine>(
        &mut self,
        engine: &E,
        numbers: &[usize],
    ) -> Result<Vec<E::Sample>, ServerError> {
        let upload = |&number: &usize| {
            let mut number = number as u64;
            for set in &mut self.sets {
                if number < set.count() {
                    return set.upload(engine, number);
                }
                number -= set.count();
            }
            Err(ServerError::NoData)
        };
        let uploads = numbers.iter().map(upload).collect::<Result<Vec<_>, _>>()?;
        Ok(expand(engine, &uploads, Mode::Train)?)
    }
}

/// The number of samples that the first `steps` steps of a plan visit. A sample counts once for each visit.
pub(crate) fn visited(plan: &PublicPlan, steps: u64) -> u64 {
    Schedule::new(&plan.task.training, plan.task.samples).at_most(steps).samples() as u64
}

fn check_samples(samples: &Samples, plan: &PublicPlan) -> Result<(), ServerError> {
    let path = || -> PathBuf { samples.file().path().into() };
    if !samples.labelled() {
        return Err(ServerError::Unlabelled { path: path() });
    }
    let planned = plan.task.samples;
    if samples.count() != planned as u64 {
        return Err(ServerError::Samples { path: path(), found: samples.count(), planned });
    }
    Ok(())
}

//! A plan with its data.

use crate::overrides::overridden;
use crate::run::task;
use crate::{Error, Override, PublicPlan, Run};
use silenzio_core::plan::Plan;
use silenzio_core::random::Seed;
use silenzio_data::{Split, load};
use silenzio_files::{MAX_PLAN_BYTES, read_text};
use std::path::{Path, PathBuf};
use toml::Table;

const STANDARD_INPUT: &str = "-";

/// A valid plan, with the file from which it was read.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// The plan.
    pub plan: Plan,
    path: PathBuf,
}

impl Experiment {
    /// Reads a plan from a TOML file, changes some fields, and checks it.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a valid plan with these changes.
    pub fn open(path: impl AsRef<Path>, changes: &[Override]) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = read_text(path, MAX_PLAN_BYTES)?;
        let plan = parse(&text, changes).map_err(|error| error.at(path))?;
        Ok(Self { plan, path: path.into() })
    }

    /// Makes a plan of fields that are not from a file, with some of them changed. Relative paths start at `folder`.
    ///
    /// # Errors
    /// If the fields are not those of a valid plan.
    pub fn of_fields(fields: Table, changes: &[Override], folder: impl AsRef<Path>) -> Result<Self, Error> {
        let plan: Result<Plan, _> = overridden(fields, changes).try_into();
        let plan =
            plan.map_err(|error| Error::Toml { changed: false, backslash: false, error: Box::new(error) })?;
        plan.validate()?;
        Ok(Self { plan, path: folder.as_ref().join("plan") })
    }

    /// Loads the data of the plan with `offset` added to its seed, and splits them. Returns both.
    ///
    /// # Errors
    /// [`Error::Data`] if the data cannot be used.
    pub fn split(&self, offset: u64) -> Result<(Plan, Split), Error> {
        let mut plan = self.plan.clone();
        plan.training.seed = plan.training.seed.wrapping_add(offset);
        let split = load(&plan.data, self.folder(), Seed(plan.training.seed))?;
        Ok((plan, split))
    }

    /// Makes the public plan: what a server learns of the plan and of these data.
    ///
    /// # Errors
    /// [`Error::At`] the plan's file with [`Error::Task`], if the plan cannot be carried out on them.
    pub fn public_plan(&self, split: &Split) -> Result<PublicPlan, Error> {
        let Plan { model, training, engine, .. } = &self.plan;
        let planned = PublicPlan::new(task(model, training, engine, &split.train));
        planned.map_err(|problem| Error::from(problem).at(&self.path))
    }

    /// Loads and splits the data for the plan's seed plus `offset`, and chooses the number formats.
    ///
    /// # Errors
    /// If the data cannot be used, or the plan cannot be carried out on them.
    pub fn run(&self, offset: u64) -> Result<Run, Error> {
        let (plan, split) = self.split(offset)?;
        let Split { train, test, reading, .. } = split;
        let run = Run::new(&plan.model, &plan.training, &plan.engine, train, test);
        let run = run.map_err(|error| error.at(&self.path))?;
        Ok(Run { measured_on: plan.data.measured_on(), reading: Some(reading), ..run })
    }

    /// The plan's own file, and the files that it names.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = self.data_files();
        files.push(self.path.clone());
        files
    }

    /// The data files that the plan names, without standard input.
    pub fn data_files(&self) -> Vec<PathBuf> {
        let mut files = self.named_files();
        files.retain(|path| path != Path::new(STANDARD_INPUT));
        files
    }

    /// Whether data are read from standard input, which cannot be read again.
    pub fn reads_standard_input(&self) -> bool {
        self.named_files().iter().any(|path| path == Path::new(STANDARD_INPUT))
    }

    fn named_files(&self) -> Vec<PathBuf> {
        let data = &self.plan.data;
        let named =
            [Some(&data.file), data.labels.as_ref(), data.test_file.as_ref(), data.test_labels.as_ref()];
        named.into_iter().flatten().flat_map(|files| files.within(self.folder())).collect()
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

fn parse(text: &str, changes: &[Override]) -> Result<Plan, Error> {
    // The errors of an unchanged file show its lines.
    let plan: Result<Plan, _> = if changes.is_empty() {
        toml::from_str(text)
    } else {
        toml::from_str(text).and_then(|fields| overridden(fields, changes).try_into())
    };
    let plan = plan.map_err(|error| Error::Toml {
        changed: !changes.is_empty(),
        backslash: error.span().is_some_and(|place| has_backslash(text, place.start)),
        error: Box::new(error),
    })?;
    plan.validate()?;
    Ok(plan)
}

/// Whether there is a backslash in the line of this byte, as in a path of Windows.
fn has_backslash(text: &str, place: usize) -> bool {
    let begin = text.get(..place).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    text.get(begin..).and_then(|rest| rest.lines().next()).is_some_and(|line| line.contains('\\'))
}

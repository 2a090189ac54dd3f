//! The file that describes a sweep.

use super::distribution::Distribution;
use super::error::GridError;
use super::point::Point;
use crate::{Error, Measure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use silenzio_core::random::{Purpose, Seed};
use silenzio_files::{MAX_PLAN_BYTES, read_text};
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::Read;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The largest number of points: more are likely a mistake.
const MOST_POINTS: usize = 100_000;

/// All points of a sweep.
#[derive(Debug)]
pub struct Grid {
    /// The swept fields.
    pub fields: Vec<String>,
    /// The points: every combination of the grid's values, each with every random sample.
    pub points: Vec<Point>,
    /// What the points are compared by, which is the same for all.
    pub measure: Measure,
    /// The number of seeds per point, counted up from the plan's.
    pub seeds: u64,
    /// The file that it was read from.
    file: Option<PathBuf>,
}

/// The fields of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GridFile {
    /// The path of the plan, relative to the grid's own folder.
    plan: PathBuf,
    /// The number of seeds per point.
    #[serde(default = "one")]
    seeds: NonZeroU64,
    /// Fields with their values.
    #[serde(default)]
    grid: Table,
    random: Option<Random>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Random {
    samples: NonZeroUsize,
    #[serde(default)]
    seed: u64,
    /// Fields with their distributions.
    fields: Table,
}

fn one() -> NonZeroU64 {
    NonZeroU64::MIN
}

impl Grid {
    /// Reads a grid and the plans of all of its points.
    ///
    /// # Errors
    /// If the file cannot be read or is not a valid grid, or a point is not a valid plan.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let read = || -> Result<Self, Error> {
            let text = read_text(path, MAX_PLAN_BYTES)?;
            let grid = Self::parse(&text, path.parent().unwrap_or(Path::new("")))?;
            Ok(Self { file: Some(path.into()), ..grid })
        };
        read().map_err(|error| error.at(path))
    }

    /// Parses the text of a grid, whose path to the plan is relative to `folder`.
    ///
    /// # Errors
    /// If the text is not a valid grid, its plan cannot be read, or a point is not a valid plan.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Error> {
        let file: GridFile =
            toml::from_str(text).map_err(|error| GridError::new("not a valid grid", format!("\n{error}")))?;
        let values = grid_values(&file.grid)?;
        let samples = file.random.as_ref().map_or(Ok(vec![]), Random::samples)?;

        let mut fields: Vec<String> = values.iter().map(|(field, _)| field.clone()).collect();
        let mut combinations = product(&values)?;
        if let Some(first) = samples.first() {
            fields.extend(first.iter().map(|(field, _)| field.clone()));
            if combinations.len().saturating_mul(samples.len()) > MOST_POINTS {
                return Err(too_many().into());
            }
            let with_sample = |combination: Vec<Value>| {
                samples.iter().map(move |sample| {
                    let drawn = sample.iter().map(|(_, value)| value.clone());
                    combination.iter().cloned().chain(drawn).collect()
                })
            };
            combinations = combinations.into_iter().flat_map(with_sample).collect();
        }
        check_fields(&fields)?;

        let plan = folder.join(&file.plan);
        let point = |(number, values)| {
            Point::new(&plan, &fields, values).map_err(|error| match error {
                of_grid @ Error::Grid(_) => of_grid,
                of_plan => Error::Point { number, error: Box::new(of_plan) },
            })
        };
        let points: Vec<Point> = (1..).zip(combinations).map(point).collect::<Result<_, _>>()?;
        let measure = points.first().map_or(Measure::default(), Point::measure);
        if points.iter().any(|point| point.measure() != measure) {
            let problem = "some points are of a classification, others of a regression, whose scores cannot be compared: \
                           make a sweep of each";
            return Err(GridError::new("training.loss", problem).into());
        }
        Ok(Self { fields, points, measure, seeds: file.seeds.get(), file: None })
    }

    /// All files that the sweep reads.
    pub fn files(&self) -> BTreeSet<PathBuf> {
        let plans = self.points.iter().flat_map(|point| point.experiment.files());
        plans.chain(self.file.clone()).collect()
    }

    /// A short digest, which differs between sweeps that differ in any point, seed or byte of their data.
    ///
    /// # Errors
    /// If a plan cannot be written as JSON.
    pub fn digest(&self) -> Result<String, Error> {
        let plans: Vec<_> =
            self.points.iter().map(|point| (&point.experiment.plan, point.switches)).collect();
        let files: BTreeSet<PathBuf> =
            self.points.iter().flat_map(|point| point.experiment.data_files()).collect();
        let files: Vec<_> = files.iter().map(|path| file_digest(path)).collect();
        let text = serde_json::to_vec(&(plans, &self.fields, self.seeds, files))
            .map_err(|error| Error::Encode(error.to_string()))?;
        Ok(Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The SHA-256 of a regular file; `None` if it cannot be read, which the rows of its points report.
fn file_digest(path: &Path) -> Option<[u8; 32]> {
    path.metadata().ok().filter(Metadata::is_file)?;
    let mut file = File::open(path).ok()?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block).ok()? {
            0 => return Some(digest.finalize().into()),
            bytes => digest.update(&block[..bytes]),
        }
    }
}

impl Random {
    /// Draws the random samples: fields with their values. A field draws from its own stream, so that more samples do not change
    /// the first ones.
    fn samples(&self) -> Result<Vec<Vec<(String, Value)>>, GridError> {
        let is_leaf = |value: &Value| {
            value
                .as_table()
                .is_none_or(|table| Distribution::NAMES.iter().any(|name| table.contains_key(*name)))
        };
        let mut fields = Vec::new();
        flatten("", &self.fields, &is_leaf, &mut fields);
        if fields.is_empty() {
            return Err(GridError::new("random.fields", "names no field"));
        }
        if self.samples.get() > MOST_POINTS {
            return Err(too_many());
        }
        let distribution = |(field, value): (String, Value)| {
            let problem = |problem: &str| GridError::new(&field, problem);
            let distribution: Distribution = value.try_into().map_err(|_| {
                problem("needs one of uniform = [from, to], log_uniform = [from, to] and choices = […]")
            })?;
            distribution.validate().map_err(problem)?;
            Ok((field, distribution))
        };
        let fields: Vec<(String, Distribution)> =
            fields.into_iter().map(distribution).collect::<Result<_, _>>()?;
        let sample = |number: usize| {
            let draw = |(place, (field, distribution)): (usize, &(String, Distribution))| {
                let mut stream = Seed(self.seed).stream(Purpose::Sweep, number as u64, place);
                (field.clone(), distribution.draw(&mut stream))
            };
            fields.iter().enumerate().map(draw).collect()
        };
        Ok((0..self.samples.get()).map(sample).collect())
    }
}

/// The fields of a grid, each with its values.
fn grid_values(grid: &Table) -> Result<Vec<(String, Vec<Value>)>, GridError> {
    let mut fields = Vec::new();
    flatten("", grid, &|value| !value.is_table(), &mut fields);
    let values = |(field, value): (String, Value)| match value {
        Value::Array(values) if !values.is_empty() => Ok((field, values)),
        _ => Err(GridError::new(&field, "needs a list of values, as in [3, 4, 5]")),
    };
    fields.into_iter().map(values).collect()
}

/// Collects the leaves of nested tables, with their dotted names.
fn flatten(
    prefix: &str,
    table: &Table,
    is_leaf: &impl Fn(&Value) -> bool,
    leaves: &mut Vec<(String, Value)>,
) {
    for (name, value) in table {
        let name = format!("{prefix}{name}");
        match value {
            Value::Table(inner) if !is_leaf(value) => flatten(&format!("{name}."), inner, is_leaf, leaves),
            _ => leaves.push((name, value.clone())),
        }
    }
}

/// Every combination of the fields' values; the last field changes fastest.
fn product(fields: &[(String, Vec<Value>)]) -> Result<Vec<Vec<Value>>, GridError> {
    let mut combinations = vec![vec![]];
    for (_, values) in fields {
        if combinations.len().saturating_mul(values.len()) > MOST_POINTS {
            return Err(too_many());
        }
        let with_values = |combination: &Vec<Value>| {
            let combination = combination.clone();
            values.iter().map(move |value| [combination.as_slice(), std::slice::from_ref(value)].concat())
        };
        combinations = combinations.iter().flat_map(with_values).collect();
    }
    Ok(combinations)
}

fn too_many() -> GridError {
    GridError::new("grid", format!("more than {MOST_POINTS} points"))
}

fn check_fields(fields: &[String]) -> Result<(), GridError> {
    if fields.is_empty() {
        return Err(GridError::new("grid", "names no field, and neither does random.fields"));
    }
    for (place, field) in fields.iter().enumerate() {
        if fields[..place].contains(field) {
            return Err(GridError::new(field, "is named twice"));
        }
        if field == "training.seed" {
            return Err(GridError::new(field, "is not swept: `seeds = N` repeats every point with N seeds"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grids_that_come_along_are_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plans/sweeps");
        let points = |name: &str| Grid::read(folder.join(name)).unwrap().points.len();
        let grids = [
            ("digits.toml", 200),
            ("iris_approximate.toml", 24),
            ("iris_cheaper.toml", 48),
            ("breast_cancer_cheaper.toml", 48),
            ("digits_cheaper.toml", 48),
            ("digits_deep_approximate.toml", 36),
            ("digits_learning_rate.toml", 48),
            ("mnist_bits.toml", 4),
            ("breast_cancer_approximate.toml", 16),
        ];
        for (name, expected) in grids {
            assert_eq!(points(name), expected, "{name}");
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), grids.len(), "every grid is looked at");
    }
}

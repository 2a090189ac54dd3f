//! The public plan, on which client and server agree.

use crate::Network;
use crate::Parameters;
use crate::approximate::Approximate;
use crate::exact::Exact;
use crate::suite::{Each, Suite};
use serde::{Deserialize, Serialize};
use silenzio_approximate::format::ApproximateFormat;
use silenzio_core::plan::{EngineKind, PlanError};
use silenzio_core::{EngineError, Task};
use silenzio_files::ParameterRecord;
use silenzio_rns::ExactFormat;

/// The version of public plans that this program writes, and the only one that it reads.
pub const PLAN_VERSION: u32 = 1;

/// What client and server agree on: the task, the parameters of the keys, and the number formats. A client makes it once.
/// Every file that is made by it contains all of it, so that nobody has to plan again to read a file.
///
/// A plan may come from a file that a stranger wrote: [`network`](Self::network) checks it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicPlan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// What is to be trained.
    pub task: Task,
    /// The parameters of the keys.
    pub parameters: ParameterRecord,
    /// The number formats of the engine.
    format: Format,
}

/// The number formats of an engine.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// The formats of the exact engine.
    Exact(Box<ExactFormat>),
    /// The formats of the approximate engine.
    Approximate(Box<ApproximateFormat>),
}

impl PublicPlan {
    /// Plans a task: chooses parameters and number formats.
    ///
    /// # Errors
    /// If the task is invalid or cannot be carried out.
    pub fn new(task: Task) -> Result<Self, PlanProblem> {
        let network = Network::plan(&task)?;
        let format = match &network.0 {
            Each::Exact(network) => Format::Exact(Box::new(Exact::format(network).clone())),
            Each::Approximate(network) => Format::Approximate(Box::new(Approximate::format(network).clone())),
        };
        Ok(Self { version: PLAN_VERSION, task, parameters: network.parameters()?.record(), format })
    }

    /// The parameters of the keys that the plan needs.
    ///
    /// # Errors
    /// If it is of another version, or this program has no parameters with these numbers.
    pub fn parameters(&self) -> Result<Parameters, PlanProblem> {
        if self.version != PLAN_VERSION {
            return Err(PlanProblem::Version { found: self.version });
        }
        Parameters::recorded(self.task.engine.kind(), &self.parameters)
            .ok_or_else(|| PlanProblem::Parameters { name: self.parameters.name.clone() })
    }

    /// Checks the plan, and returns its network. Nothing is planned, and nothing large is allocated.
    ///
    /// # Errors
    /// If the plan is of another version, is invalid, or has parts that contradict each other.
    pub fn network(&self) -> Result<Network, PlanProblem> {
        let parameters = self.parameters()?;
        self.task.validate()?;
        let task = &self.task;
        Ok(Network(match (&self.format, &parameters.0) {
            (Format::Exact(format), Each::Exact(parameters)) => {
                Each::Exact(Box::new(Exact::network(task, parameters, (**format).clone())?))
            }
            (Format::Approximate(format), Each::Approximate(parameters)) => {
                Each::Approximate(Box::new(Approximate::network(task, parameters, (**format).clone())?))
            }
            (Format::Exact(_), _) => return Err(self.other_engine(EngineKind::Exact)),
            (Format::Approximate(_), _) => return Err(self.other_engine(EngineKind::Approximate)),
        }))
    }

    /// The same plan for another number of training samples, with the same number formats. It is used for a training on several
    /// data sets, or on a data set that was encrypted like another.
    #[must_use]
    pub fn for_samples(&self, samples: usize) -> Self {
        Self { task: Task { samples, ..self.task.clone() }, ..self.clone() }
    }

    /// Why weights that were trained by another plan cannot be used with this one; `None` if they can.
    pub fn other_weights(&self, other: &Self) -> Option<String> {
        let (a, b) = (&self.task.widths, &other.task.widths);
        if a != b {
            return Some(format!("is of a network of widths {b:?}, but the plan of the data has {a:?}"));
        }
        let layer = match (&self.format, &other.format) {
            (Format::Exact(a), Format::Exact(b)) => a.other_weights(b)?,
            (Format::Approximate(a), Format::Approximate(b)) => a.other_weights(b)?,
            _ => return Some("is of another engine than the data".into()),
        };
        Some(format!(
            "has weights in other units than the plan of the data in layer {layer} (from 0): encrypt the data like those \
             that the model was trained on"
        ))
    }

    /// The first part in which two plans differ; `None` if they are the same.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let (a, b) = (&self.task, &other.task);
        let parts = [
            (a.widths != b.widths, "widths"),
            (a.samples != b.samples, "number of training samples"),
            (a.training != b.training, "section [task.training]"),
            (a.engine != b.engine, "section [task.engine]"),
            (self.parameters != other.parameters, "parameters of keys"),
            (self.format != other.format, "number formats"),
            (self.version != other.version, "version"),
        ];
        parts.into_iter().find_map(|(differs, part)| differs.then_some(part))
    }

    fn other_engine(&self, format: EngineKind) -> PlanProblem {
        crate::network::other_engine(format, &self.task).into()
    }
}

/// Why a plan cannot be used.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum PlanProblem {
    /// It is of another version.
    #[error(
        "the plan has version {found}, this program reads version {PLAN_VERSION}: make the files again, or use the \
         version of Silenzio that made them"
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// There are no parameters with its numbers.
    #[error(
        "this version of Silenzio has no key parameters {name:?} with the numbers of the plan: use the version of Silenzio \
         that made it"
    )]
    Parameters {
        /// The name of the parameters.
        name: String,
    },
    /// A field has an impossible value.
    #[error(transparent)]
    Field(#[from] PlanError),
    /// The plan cannot be carried out, or its parts contradict each other.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

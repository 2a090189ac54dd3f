//! The loss that a training minimises.

use super::{DataPlan, EnginePlan, PlanError, TrainingPlan, check};
use serde::{Deserialize, Serialize};

/// The loss of a sample. A training step lowers its mean over a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The cross entropy of the softmax over all classes: classification.
    #[default]
    CrossEntropy,
    /// Half the squared difference of output and target, summed over the outputs: regression.
    Squared,
}

impl Loss {
    /// Whether this is the cross entropy, the default, which is left out when plans are written.
    pub fn is_cross_entropy(&self) -> bool {
        *self == Self::CrossEntropy
    }

    /// The name in a plan.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::Squared => "squared",
        }
    }

    /// Checks that the data have targets for this loss.
    pub(super) fn check_data(self, data: &DataPlan) -> Result<(), PlanError> {
        let problem = match self {
            Self::CrossEntropy => {
                "is for classes, but data.targets names columns of numbers: set training.loss = \"squared\", or name the \
                 column of the classes in data.label_column instead"
            }
            Self::Squared => {
                "needs columns of numbers as targets: name them in data.targets, for example [\"price\"]"
            }
        };
        check("training.loss", self.name(), data.targets.is_empty() == self.is_cross_entropy(), problem)
    }

    /// Refuses fields of the training that this loss does not use.
    pub(super) fn check_training(self, training: &TrainingPlan) -> Result<(), PlanError> {
        let default = TrainingPlan::default();
        for (field, value, default) in [
            ("training.label_smoothing", training.label_smoothing, default.label_smoothing),
            ("training.logit_penalty", training.logit_penalty, default.logit_penalty),
        ] {
            let unused = self.is_cross_entropy() || value == 0.0 || value == default;
            check(
                field,
                value,
                unused,
                "is for classes, and is not used with training.loss = \"squared\"; remove it",
            )?;
        }
        Ok(())
    }

    /// Checks that the engine supports this loss.
    pub(crate) fn check_engine(self, engine: &EnginePlan) -> Result<(), PlanError> {
        match (self, engine) {
            (Self::CrossEntropy, _) => Ok(()),
            (Self::Squared, EnginePlan::Exact(_)) => check(
                "training.loss",
                self.name(),
                false,
                "is not supported by the exact engine: set engine.kind = \"approximate\"",
            ),
            (Self::Squared, EnginePlan::Approximate(plan)) => check(
                "engine.range.logits",
                plan.range.logits,
                plan.range.logits >= 1.0,
                "must be at least 1 with training.loss = \"squared\": targets are scaled from -1 to 1",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ApproximatePlan, ColumnName, EngineKind, ExactPlan, Plan};

    fn regression() -> Plan {
        let data = DataPlan { targets: vec![ColumnName::Number(-1)], ..DataPlan::of_file("d.csv") };
        Plan {
            data,
            model: super::super::ModelPlan::default(),
            training: TrainingPlan { loss: Loss::Squared, ..TrainingPlan::default() },
            engine: EnginePlan::of(EngineKind::Approximate),
        }
    }

    #[test]
    fn what_does_not_go_with_the_squared_loss_is_named() {
        assert_eq!(regression().validate(), Ok(()));
        let refused = |change: &dyn Fn(&mut Plan)| {
            let mut plan = regression();
            change(&mut plan);
            plan.validate().unwrap_err()
        };
        let error = refused(&|p| p.engine = EnginePlan::Exact(ExactPlan::default()));
        assert_eq!(error.field, "training.loss");
        assert!(error.to_string().contains("engine.kind = \"approximate\""), "{error}");
        assert_eq!(refused(&|p| p.data.targets.clear()).field, "training.loss");
        assert_eq!(refused(&|p| p.training.loss = Loss::CrossEntropy).field, "training.loss");
        assert_eq!(refused(&|p| p.data.balance = true).field, "data.targets");
        assert_eq!(refused(&|p| p.data.label_column = Some(ColumnName::Number(0))).field, "data.targets");
        assert_eq!(refused(&|p| p.training.label_smoothing = 0.3).field, "training.label_smoothing");
        assert_eq!(refused(&|p| p.training.logit_penalty = 0.5).field, "training.logit_penalty");
        let narrow = |p: &mut Plan| {
            let mut approximate = ApproximatePlan::default();
            approximate.range.logits = 0.5;
            p.engine = EnginePlan::Approximate(approximate);
        };
        assert_eq!(refused(&narrow).field, "engine.range.logits");
    }
}

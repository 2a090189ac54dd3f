//! A found plan as a TOML file with comments.

use super::{FoundPlan, Target};
use crate::{Error, Measure};
use serde::Serialize;
use silenzio_core::plan::{DataPlan, Loss};
use std::fmt::Write as _;
use toml::{Table, Value};

impl FoundPlan {
    /// Writes the plan as a TOML file, with comments that say how it was found.
    ///
    /// # Errors
    /// [`Error::Encode`] if it cannot be written as TOML, for instance because a path is not Unicode.
    pub fn to_toml(&self) -> Result<String, Error> {
        let Self { plan, network, target, splits, candidates, simulations, .. } = self;
        let mut text = String::new();
        let mut comment = |line: String| {
            let _ = writeln!(text, "# {line}");
        };
        let target = match target {
            Target::Accuracy => self.measure.name(),
            Target::Cost => "cost",
        };
        comment(format!(
            "Network {network}, found by `silenzio plan` for {target} with seed {}: the best of {candidates} candidates in \
             {simulations}",
            plan.training.seed
        ));
        comment(format!(
            "simulated trainings. On validation samples, mean of {splits} splits: {} {} simulated, {} in floating point.",
            self.measure.name(),
            score(self.measure, self.validation_score),
            score(self.measure, self.float_score)
        ));
        comment(format!("A training takes {} bootstraps.", self.bootstraps));
        if !self.finished {
            comment(
                "The search was interrupted: this is the best candidate so far, and may leave its ranges."
                    .into(),
            );
        } else if self.wrapped {
            comment(
                "Values come close to the ends of their ranges, or leave them, with every candidate.".into(),
            );
        } else {
            comment("All values kept within their ranges.".into());
        }

        let mut data = table(&plan.data)?;
        let defaults = table(&DataPlan { file: plan.data.file.clone(), ..DataPlan::of_file("") })?;
        data.retain(|field, value| field == "file" || defaults.get(field) != Some(value));
        let (mut model, mut training) = (table(&plan.model)?, table(&plan.training)?);
        if plan.training.loss == Loss::Squared {
            training.retain(|field, _| field != "label_smoothing" && field != "logit_penalty");
        }
        section(&mut text, "data", &mut data);
        section(&mut text, "model", &mut model);
        section(&mut text, "training", &mut training);
        let mut engine = table(&plan.engine)?;
        section(&mut text, "engine", &mut engine);
        for part in ["bits", "range"] {
            if let Some(Value::Table(mut fields)) = engine.remove(part) {
                section(&mut text, &format!("engine.{part}"), &mut fields);
            }
        }
        Ok(text)
    }
}

fn score(measure: Measure, number: f64) -> String {
    match measure {
        Measure::Accuracy => format!("{:.1}%", 100.0 * number),
        Measure::R2 | Measure::Rmse => format!("{number:.3}"),
    }
}

/// Writes the fields of a section, except `bits` and `range`, which have sections of their own.
fn section(text: &mut String, name: &str, fields: &mut Table) {
    let _ = writeln!(text, "\n[{name}]");
    for (field, value) in fields.iter().filter(|(field, _)| !["bits", "range"].contains(&field.as_str())) {
        if let Some(meaning) = meaning(name, field) {
            let _ = writeln!(text, "# {meaning}");
        }
        let _ = writeln!(text, "{field} = {value}");
    }
}

/// A comment that explains a field.
fn meaning(section: &str, field: &str) -> Option<&'static str> {
    Some(match (section, field) {
        ("data", "file") => "Relative to the folder of this plan.",
        ("model", "hidden") => "The widths of the hidden layers; none is softmax regression.",
        ("training", "learning_rate_end_factor") => {
            "The learning rate at the end, as a fraction of that at the beginning."
        }
        ("training", "seed") => "The seed of the split, the initial weights and the order of samples.",
        ("engine", "weight_noise") => {
            "The noise that a weight may have at the end, as a fraction of a typical weight."
        }
        ("engine", "cover") => {
            "The range that products cover, as a multiple of the range at which they saturate."
        }
        ("engine.bits", "activations") => "The bits of the integers, by kind of tensor.",
        ("engine.range", "activations") => "The real values that the largest integers stand for.",
        _ => return None,
    })
}

fn table(part: &impl Serialize) -> Result<Table, Error> {
    Table::try_from(part).map_err(|error| Error::Encode(error.to_string()))
}

//! The section about one experiment: simulations and encrypted rehearsals of the same plan.

use super::axis::short;
use super::bars::{self, Bar};
use super::curves::{self, Curve};
use super::heat_map;
use super::section::{Section, TextTable, measured_on};
use super::theme::Role;
use super::{Rehearsal, Simulation};
use crate::ReportError;
use crate::results::SimulatedSeed;
use crate::text::{duration, grouped, mean, percent};
use serde_json::Value;
use silenzio::{Confusion, Operations};
use std::collections::BTreeMap;
use std::path::Path;

/// The results of one plan, whatever the seed.
pub struct Experiment<'a> {
    plan: Value,
    network: &'a str,
    pub simulations: Vec<(&'a str, &'a Simulation)>,
    pub rehearsals: Vec<(&'a str, &'a Rehearsal)>,
}

impl<'a> Experiment<'a> {
    /// The experiment of a plan and network, which is added if there is none yet.
    pub fn of<'b>(experiments: &'b mut Vec<Self>, plan: &Value, network: &'a str) -> &'b mut Self {
        let mut plan = plan.clone();
        if let Some(training) = plan.get_mut("training").and_then(Value::as_object_mut) {
            training.remove("seed");
        }
        let known = experiments.iter().position(|known| known.plan == plan && known.network == network);
        let place = known.unwrap_or_else(|| {
            experiments.push(Self { plan, network, simulations: vec![], rehearsals: vec![] });
            experiments.len() - 1
        });
        &mut experiments[place]
    }

    /// The section about it, with plots whose names begin with `prefix`.
    ///
    /// # Errors
    /// [`ReportError::Plot`] if a plot cannot be drawn.
    pub fn section(&self, prefix: &str) -> Result<Section, ReportError> {
        let name = |plot: &str| format!("{prefix}-{plot}");
        let mut figures = Vec::new();
        let curves = self.curves();
        if !curves.is_empty() {
            figures.push(curves::draw(name("learning-curves"), &curves)?);
        }
        let bootstraps = self.bootstraps();
        if !bootstraps.is_empty() {
            let caption = if self.rehearsals.is_empty() {
                "What the whole training would take on ciphertexts, mean over the seeds."
            } else {
                "Simulated: what the whole training would take on ciphertexts, mean over the seeds. Encrypted: what \
                 the steps that were done took."
            };
            figures.push(bars::draw(name("bootstraps"), "Bootstraps by kind", caption, &bootstraps)?);
        }
        let seconds = self.seconds();
        if !seconds.is_empty() {
            let caption = "Wall-clock time, by activity.";
            figures.push(bars::draw(name("seconds"), "Time", caption, &seconds)?);
        }
        for (role, confusion) in self.confusions() {
            if confusion.classes.len() <= heat_map::MOST_CLASSES {
                let plot = name(&format!("confusion-{}", role.name()));
                figures.push(heat_map::draw(plot, role, &confusion)?);
            }
        }
        Ok(Section {
            title: self.title(),
            subtitle: self.subtitle(),
            numbers: self.numbers(&curves),
            figures,
            tables: self.tables(&curves),
        })
    }

    fn title(&self) -> String {
        let field = |name: &str| self.plan.pointer(name).and_then(Value::as_str);
        let file = field("/data/file").unwrap_or("data");
        // Image files have the same names whatever they show, so that their folder is named instead.
        let named = if field("/data/labels").is_some() { Path::new(file).parent() } else { None };
        let named = named.filter(|folder| folder.file_name().is_some()).unwrap_or(Path::new(file));
        let stem = named.file_stem().and_then(|stem| stem.to_str()).unwrap_or(file);
        let kind = field("/engine/kind").unwrap_or("unknown");
        format!("{stem}, {}, {kind} engine", self.network)
    }

    fn subtitle(&self) -> String {
        let simulations = self.simulations.iter().map(|(name, _)| *name);
        let files: Vec<&str> = simulations.chain(self.rehearsals.iter().map(|(name, _)| *name)).collect();
        let held_back = self.plan.pointer("/data/validation_fraction").and_then(Value::as_f64);
        format!("from {}{}", files.join(", "), measured_on(held_back.is_some_and(|part| part > 0.0)))
    }

    fn seeds(&self) -> impl Iterator<Item = &'a SimulatedSeed> + '_ {
        self.simulations.iter().flat_map(|(_, simulation)| &simulation.seeds)
    }

    fn curves(&self) -> Vec<Curve> {
        let float = self.seeds().map(|seed| seed.float_accuracies.clone()).collect();
        let simulated = self.seeds().map(|seed| seed.simulated_accuracies.clone()).collect();
        let mut curves = vec![Curve::new(Role::Float, float), Curve::new(Role::Simulated, simulated)];
        for (_, training) in &self.rehearsals {
            let mut curve = Curve::new(Role::Encrypted, vec![training.accuracies.clone()]);
            // A training that ended early ends within an epoch.
            if let (Some(steps), Some(last)) = (training.steps_per_epoch, curve.epochs.last_mut()) {
                *last = last.min(training.cost.steps as f64 / steps.max(1) as f64);
            }
            curves.push(curve);
        }
        curves.retain(|curve| !curve.epochs.is_empty());
        curves
    }

    /// The confusion matrices, summed over the seeds of the simulation and over the encrypted rehearsals.
    fn confusions(&self) -> Vec<(Role, Confusion)> {
        let sum = |confusions: Vec<&Confusion>| {
            let mut sum = (*confusions.first()?).clone();
            for other in confusions[1..].iter().filter(|other| other.classes == sum.classes) {
                for (row, others) in sum.counts.iter_mut().zip(&other.counts) {
                    for (count, other) in row.iter_mut().zip(others) {
                        *count = count.saturating_add(*other);
                    }
                }
            }
            Some(sum)
        };
        let simulated = sum(self.seeds().filter_map(|seed| seed.confusion.as_ref()).collect());
        let rehearsals = self.rehearsals.iter().filter_map(|(_, training)| training.confusion.as_ref());
        let encrypted = sum(rehearsals.collect());
        let with = |role: Role| move |confusion| (role, confusion);
        simulated.map(with(Role::Simulated)).into_iter().chain(encrypted.map(with(Role::Encrypted))).collect()
    }

    fn bootstraps(&self) -> Vec<Bar> {
        let mut bars = Vec::new();
        let seeds = self.seeds().count().max(1) as f64;
        let mut kinds: BTreeMap<&str, f64> = BTreeMap::new();
        for (kind, count) in self.seeds().flat_map(|seed| &seed.operations.bootstraps) {
            *kinds.entry(kind).or_default() += *count as f64 / seeds;
        }
        let bar = |role: Role, kind: &str, value: f64| Bar {
            label: format!("{kind}, {}", role.name()),
            value,
            text: short(value),
            role,
        };
        bars.extend(kinds.iter().map(|(kind, count)| bar(Role::Simulated, kind, *count)));
        for (_, training) in &self.rehearsals {
            let kinds = &training.cost.operations.bootstraps;
            bars.extend(kinds.iter().map(|(kind, count)| bar(Role::Encrypted, kind, *count as f64)));
        }
        bars
    }

    fn seconds(&self) -> Vec<Bar> {
        let bar = |label: &str, role: Role, seconds: f64| Bar {
            label: label.into(),
            value: seconds,
            text: duration(seconds),
            role,
        };
        let mut bars = Vec::new();
        // A chart with one bar says less than the table.
        if self.rehearsals.is_empty() {
            return bars;
        }
        let simulated: Vec<f64> = self.seeds().map(|seed| seed.simulated_seconds).collect();
        if !simulated.is_empty() {
            bars.push(bar("simulation, a seed", Role::Simulated, mean(&simulated)));
        }
        for (_, training) in &self.rehearsals {
            let cost = &training.cost;
            bars.push(bar("keys", Role::Encrypted, cost.key_seconds));
            bars.push(bar("encrypting samples", Role::Encrypted, cost.encryption_seconds));
            bars.push(bar("encrypted training", Role::Encrypted, cost.training_seconds));
        }
        bars
    }

    fn numbers(&self, curves: &[Curve]) -> Vec<(String, String)> {
        let accuracy = |curve: &Curve| {
            let (mean, low, high) = curve.at(curve.epochs.len().saturating_sub(1));
            let seeds = curve.accuracies.len();
            let spread =
                format!("{}, {seeds} seeds: {} to {}", curve.role.name(), percent(low), percent(high));
            (percent(mean), if seeds > 1 { spread } else { curve.role.name().to_owned() })
        };
        let mut numbers: Vec<(String, String)> = curves.iter().map(accuracy).collect();
        for (_, training) in &self.rehearsals {
            let cost = &training.cost;
            if training.accuracies.is_empty() {
                numbers.push((percent(training.test_accuracy), Role::Encrypted.name().into()));
            }
            let samples = cost.samples.max(1) as f64;
            let seconds = format!("{:.2} s", cost.training_seconds / samples);
            numbers.push((seconds, format!("a sample, encrypted, on {} threads", cost.threads)));
        }
        numbers
    }

    fn tables(&self, curves: &[Curve]) -> Vec<TextTable> {
        let mut tables = Vec::new();
        let seeds: Vec<Vec<String>> = self.seeds().map(seed_row).collect();
        if !seeds.is_empty() {
            let header =
                ["seed", "float (%)", "simulated (%)", "average (%)", "steps", "bootstraps", "seconds"];
            tables.push(TextTable::new("Seeds", &header, seeds));
        }
        let rehearsals: Vec<Vec<String>> = self.rehearsals.iter().map(training_row).collect();
        if !rehearsals.is_empty() {
            let header = [
                "run",
                "accuracy (%)",
                "steps",
                "samples",
                "bootstraps",
                "training",
                "keys",
                "key size (MB)",
                "over bare operations",
            ];
            tables.push(TextTable::new("Encrypted rehearsals", &header, rehearsals));
        }
        if !curves.is_empty() {
            tables.push(epoch_table(curves).folded());
        }
        for (role, confusion) in self.confusions() {
            tables.push(confusion_table(role, &confusion).folded());
        }
        let mut fields = Vec::new();
        flatten("", &self.plan, &mut fields);
        tables.push(TextTable::new("Plan", &["field", "value"], fields).folded());
        tables
    }
}

pub fn hundredfold(accuracy: f64) -> String {
    format!("{:.2}", 100.0 * accuracy)
}

fn total(operations: &Operations) -> String {
    grouped(operations.bootstraps.values().fold(0, |sum: u64, count| sum.saturating_add(*count)))
}

fn seed_row(seed: &SimulatedSeed) -> Vec<String> {
    let last = |accuracies: &[f64]| accuracies.last().map_or_else(String::new, |last| hundredfold(*last));
    vec![
        seed.seed.to_string(),
        last(&seed.float_accuracies),
        last(&seed.simulated_accuracies),
        seed.averaged_accuracy.map_or_else(String::new, hundredfold),
        grouped(seed.steps),
        total(&seed.operations),
        format!("{:.1}", seed.simulated_seconds),
    ]
}

fn training_row((name, training): &(&str, &Rehearsal)) -> Vec<String> {
    let cost = &training.cost;
    vec![
        (*name).to_owned(),
        hundredfold(training.test_accuracy),
        grouped(cost.steps),
        grouped(cost.samples),
        total(&cost.operations),
        duration(cost.training_seconds),
        duration(cost.key_seconds),
        format!("{:.0}", cost.key_bytes as f64 / 1e6),
        cost.overhead.map_or_else(String::new, |overhead| format!("{overhead:.2}")),
    ]
}

/// A table of mean accuracies after each epoch, or after some of many epochs.
fn epoch_table(curves: &[Curve]) -> TextTable {
    const MOST_ROWS: usize = 100;
    let header: Vec<String> = std::iter::once("epoch".to_owned())
        .chain(curves.iter().map(|curve| format!("{} (%)", curve.role.name())))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let last = curves.iter().map(|curve| curve.epochs.len()).max().unwrap_or(0);
    let row = |place: usize| {
        let cell = |curve: &Curve| {
            if place < curve.epochs.len() { hundredfold(curve.at(place).0) } else { String::new() }
        };
        let epoch = curves
            .iter()
            .find_map(|curve| curve.epochs.get(place))
            .map_or_else(String::new, |epoch| short(*epoch));
        std::iter::once(epoch).chain(curves.iter().map(cell)).collect()
    };
    let every = last.div_ceil(MOST_ROWS).max(1);
    TextTable::new("Accuracy by epoch", &header, (0..last).step_by(every).map(row).collect())
}

pub fn confusion_table(role: Role, confusion: &Confusion) -> TextTable {
    let mut header = vec!["true \\ predicted"];
    header.extend(confusion.classes.iter().map(String::as_str));
    let row = |(class, counts): (&String, &Vec<u64>)| {
        std::iter::once(class.clone()).chain(counts.iter().map(u64::to_string)).collect()
    };
    let rows = confusion.classes.iter().zip(&confusion.counts).map(row).collect();
    TextTable::new(&format!("Confusion matrix, {}", role.name()), &header, rows)
}

/// Collects the fields of a plan that have a value, with their dotted names.
fn flatten(prefix: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{name}"), value, rows);
            }
        }
        Value::Null => {}
        Value::String(text) => rows.push(vec![prefix.to_owned(), text.clone()]),
        other => rows.push(vec![prefix.to_owned(), other.to_string()]),
    }
}

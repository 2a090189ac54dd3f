//! The section about one experiment: simulations and encrypted rehearsals of the same plan.

use super::axis::short;
use super::bars::{self, Bar};
use super::curves::{self, Curve};
use super::heat_map;
use super::scores::{cell, column, label, title};
use super::section::{Section, TextTable, measured_on};
use super::theme::Role;
use super::{Rehearsal, Simulation};
use crate::ReportError;
use crate::results::SimulatedSeed;
use crate::text::{duration, grouped, mean, score};
use serde_json::Value;
use silenzio::{Confusion, Measure, Operations};
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
        let measured: Vec<(Measure, Vec<Curve>)> =
            self.measures().iter().map(|&measure| (measure, self.curves(measure))).collect();
        for (place, (measure, curves)) in
            measured.iter().enumerate().filter(|(_, (_, curves))| !curves.is_empty())
        {
            let plot = if place == 0 {
                "learning-curves".into()
            } else {
                format!("learning-curves-{}", measure.field())
            };
            figures.push(curves::draw(name(&plot), *measure, curves)?);
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
            numbers: self.numbers(&measured),
            figures,
            tables: self.tables(&measured),
        })
    }

    /// The measures that the page shows; first the one by which models are compared.
    fn measures(&self) -> &'static [Measure] {
        match self.plan.pointer("/training/loss").and_then(Value::as_str) {
            Some("squared") => &[Measure::R2, Measure::Rmse],
            _ => &[Measure::Accuracy],
        }
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

    fn curves(&self, measure: Measure) -> Vec<Curve> {
        let float = self.seeds().map(|seed| measure.in_course(&seed.float())).collect();
        let simulated = self.seeds().map(|seed| measure.in_course(&seed.simulated())).collect();
        let mut curves = vec![Curve::new(Role::Float, float), Curve::new(Role::Simulated, simulated)];
        for (_, training) in &self.rehearsals {
            let mut curve = Curve::new(Role::Encrypted, vec![measure.in_course(&training.course())]);
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

    fn numbers(&self, measured: &[(Measure, Vec<Curve>)]) -> Vec<(String, String)> {
        let named = |measure: Measure, role: Role| match measure {
            Measure::Accuracy => role.name().to_owned(),
            Measure::R2 | Measure::Rmse => format!("{}, {}", measure.name(), role.name()),
        };
        let mut numbers = Vec::new();
        for &(measure, ref curves) in measured {
            numbers.extend(curves.iter().map(|curve| {
                let (mean, low, high) = curve.at(curve.epochs.len().saturating_sub(1));
                let (name, seeds) = (named(measure, curve.role), curve.scores.len());
                let spread =
                    format!("{name}, {seeds} seeds: {} to {}", score(measure, low), score(measure, high));
                (score(measure, mean), if seeds > 1 { spread } else { name })
            }));
            // Trainings without a curve.
            for (_, training) in &self.rehearsals {
                if measure.in_course(&training.course()).is_empty() {
                    let last = training.score().and_then(|last| measure.in_score(last));
                    numbers.extend(last.map(|last| (score(measure, last), named(measure, Role::Encrypted))));
                }
            }
        }
        for (_, training) in &self.rehearsals {
            let cost = &training.cost;
            let samples = cost.samples.max(1) as f64;
            let seconds = format!("{:.2} s", cost.training_seconds / samples);
            numbers.push((seconds, format!("a sample, encrypted, on {} threads", cost.threads)));
        }
        numbers
    }

    fn tables(&self, measured: &[(Measure, Vec<Curve>)]) -> Vec<TextTable> {
        let (mut tables, measures) = (Vec::new(), self.measures());
        let seeds: Vec<Vec<String>> = self.seeds().map(|seed| seed_row(measures, seed)).collect();
        if !seeds.is_empty() {
            let columns = |&measure| ["float", "simulated", "average"].map(|kind| column(measure, kind));
            let columns: Vec<String> = measures.iter().flat_map(columns).collect();
            let mut header = vec!["seed"];
            header.extend(columns.iter().map(String::as_str));
            header.extend(["steps", "bootstraps", "seconds"]);
            tables.push(TextTable::new("Seeds", &header, seeds));
        }
        let rehearsals: Vec<Vec<String>> =
            self.rehearsals.iter().map(|run| training_row(measures, run)).collect();
        if !rehearsals.is_empty() {
            let columns: Vec<String> = measures.iter().map(|&measure| label(measure)).collect();
            let mut header = vec!["run"];
            header.extend(columns.iter().map(String::as_str));
            header.extend([
                "steps",
                "samples",
                "bootstraps",
                "training",
                "keys",
                "key size (MB)",
                "over bare operations",
            ]);
            tables.push(TextTable::new("Encrypted rehearsals", &header, rehearsals));
        }
        for (measure, curves) in measured.iter().filter(|(_, curves)| !curves.is_empty()) {
            tables.push(epoch_table(*measure, curves).folded());
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

fn total(operations: &Operations) -> String {
    grouped(operations.bootstraps.values().fold(0, |sum: u64, count| sum.saturating_add(*count)))
}

fn seed_row(measures: &[Measure], seed: &SimulatedSeed) -> Vec<String> {
    let mut row = vec![seed.seed.to_string()];
    for &measure in measures {
        let last = |course| measure.in_course(&course).last().copied();
        let averaged = seed.averaged().and_then(|averaged| measure.in_score(averaged));
        let scores = [last(seed.float()), last(seed.simulated()), averaged];
        row.extend(scores.map(|score| optional(measure, score)));
    }
    row.extend([grouped(seed.steps), total(&seed.operations), format!("{:.1}", seed.simulated_seconds)]);
    row
}

fn optional(measure: Measure, score: Option<f64>) -> String {
    score.map_or_else(String::new, |score| cell(measure, score))
}

fn training_row(measures: &[Measure], (name, training): &(&str, &Rehearsal)) -> Vec<String> {
    let (cost, score) = (&training.cost, training.score());
    let of = |&measure: &Measure| optional(measure, score.and_then(|score| measure.in_score(score)));
    let mut row = vec![(*name).to_owned()];
    row.extend(measures.iter().map(of));
    row.extend([
        grouped(cost.steps),
        grouped(cost.samples),
        total(&cost.operations),
        duration(cost.training_seconds),
        duration(cost.key_seconds),
        format!("{:.0}", cost.key_bytes as f64 / 1e6),
        cost.overhead.map_or_else(String::new, |overhead| format!("{overhead:.2}")),
    ]);
    row
}

/// A table of mean scores after each epoch, or after some of many epochs.
fn epoch_table(measure: Measure, curves: &[Curve]) -> TextTable {
    const MOST_ROWS: usize = 100;
    let header: Vec<String> = std::iter::once("epoch".to_owned())
        .chain(curves.iter().map(|curve| column(measure, curve.role.name())))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let last = curves.iter().map(|curve| curve.epochs.len()).max().unwrap_or(0);
    let row = |place: usize| {
        let score = |curve: &Curve| {
            if place < curve.epochs.len() { cell(measure, curve.at(place).0) } else { String::new() }
        };
        let epoch = curves
            .iter()
            .find_map(|curve| curve.epochs.get(place))
            .map_or_else(String::new, |epoch| short(*epoch));
        std::iter::once(epoch).chain(curves.iter().map(score)).collect()
    };
    let every = last.div_ceil(MOST_ROWS).max(1);
    TextTable::new(
        &format!("{} by epoch", title(measure)),
        &header,
        (0..last).step_by(every).map(row).collect(),
    )
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

//! The plans that a search draws from.

use super::score::Score;
use silenzio_core::plan::{EngineKind, Plan};
use silenzio_core::random::Stream;
use toml::{Table, Value};

/// Tables of at least this many training samples get wider networks.
const MANY_SAMPLES: usize = 1_000;

/// The fewest and the most samples that a training visits, with repetitions. A larger table is still visited at least once,
/// and at most three times.
const VISITED: [usize; 2] = [1_500, 12_000];

/// A plan that the search tries.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The plan, on all samples.
    pub plan: Plan,
    /// The widths of its layers.
    pub network: String,
    /// Its scores, split by split.
    pub scores: Vec<Score>,
}

/// The space of plans that may be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Space {
    engine: EngineKind,
    samples: usize,
}

impl Space {
    /// The plans for an engine and a number of training samples.
    pub fn new(engine: EngineKind, samples: usize) -> Self {
        Self { engine, samples }
    }

    /// Draws a plan, and adds its fields to `fields`.
    pub fn draw(&self, stream: &mut Stream, fields: &Table) -> Table {
        let mut fields = fields.clone();
        let hidden: [&[i64]; 4] =
            if self.samples < MANY_SAMPLES { [&[], &[8], &[16], &[32]] } else { [&[], &[16], &[32], &[64]] };
        let hidden = choose(stream, &hidden);
        put(&mut fields, "model", "hidden", hidden.to_vec());

        let [fewest, most] = VISITED.map(|visited| visited as f64);
        let samples = self.samples.max(1) as f64;
        let visited = log_uniform(stream, fewest.max(samples), most.max(3.0 * samples));
        put(&mut fields, "training", "epochs", (visited / samples).round().max(1.0) as i64);
        put(&mut fields, "training", "batch", choose(stream, &[4, 8, 16]));
        put(&mut fields, "training", "learning_rate", rounded(log_uniform(stream, 0.15, 1.2)));
        put(&mut fields, "training", "learning_rate_end_factor", choose(stream, &[0.0, 0.1]));
        put(&mut fields, "training", "label_smoothing", choose(stream, &[0.05, 0.1]));
        let mut engine = match fields.remove("engine") {
            Some(Value::Table(engine)) => engine,
            _ => Table::new(),
        };
        match self.engine {
            EngineKind::Exact => {
                put(&mut engine, "bits", "activations", choose(stream, &[4, 5, 6]));
                put(&mut engine, "bits", "logits", choose(stream, &[4, 5]));
                put(&mut engine, "bits", "deltas", choose(stream, &[4, 5]));
                put(&mut engine, "cover", "margin", choose(stream, &[6.0, 10.0]));
                put(&mut engine, "range", "activations", choose(stream, &[4.0, 6.0]));
                put(&mut engine, "range", "deltas", choose(stream, &[0.5, 1.0]));
            }
            EngineKind::Approximate => {
                put(&mut engine, "bits", "inputs", choose(stream, &[3, 4]));
                put(&mut engine, "range", "activations", choose(stream, &[3.0, 4.0, 5.0, 6.0]));
                put(&mut engine, "range", "logits", choose(stream, &[5.0, 6.0, 8.0]));
                put(&mut engine, "range", "deltas", choose(stream, &[0.25, 0.5]));
                engine.insert("weight_noise".into(), choose(stream, &[0.5, 1.0, 1.5]).into());
            }
        }
        fields.insert("engine".into(), engine.into());
        fields
    }
}

fn put(fields: &mut Table, section: &str, field: &str, value: impl Into<Value>) {
    let section = fields.entry(section).or_insert_with(|| Table::new().into());
    if let Value::Table(section) = section {
        section.insert(field.into(), value.into());
    }
}

/// Draws one of these choices, of which there must be at least one.
fn choose<T: Copy + Default>(stream: &mut Stream, choices: &[T]) -> T {
    choices.get(stream.below(choices.len() as u32) as usize).copied().unwrap_or_default()
}

fn log_uniform(stream: &mut Stream, low: f64, high: f64) -> f64 {
    low * (high / low).powf(stream.unit())
}

/// Rounds to two significant digits.
fn rounded(number: f64) -> f64 {
    let step = 10f64.powf(number.log10().floor() - 1.0);
    let steps = (number / step).round();
    if step < 1.0 { steps / (1.0 / step).round() } else { steps * step }
}

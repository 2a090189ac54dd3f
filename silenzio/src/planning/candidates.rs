//! The plans that a search draws from.

use super::score::Score;
use silenzio_core::plan::{EngineKind, Loss, Plan};
use silenzio_core::random::{Purpose, Seed, Stream};
use silenzio_data::Dataset;
use toml::{Table, Value};

/// Tables of at least this many training samples get wider networks.
const MANY_SAMPLES: usize = 1_000;

/// The fewest and the most samples that a training visits, with repetitions. A larger table is still visited at least once,
/// and at most three times. A sample of the exact engine takes minutes on ciphertexts.
const fn visited(engine: EngineKind) -> [f64; 2] {
    match engine {
        EngineKind::Exact => [1_500.0, 12_000.0],
        EngineKind::Approximate => [3_000.0, 60_000.0],
    }
}

/// The epochs that every table may have. More are drawn only up to half as many as there are samples, since weights that grow on few
/// samples for long take values beyond their ranges.
const FEW_EPOCHS: f64 = 30.0;

/// The usual plans: the number of a width, the share of the most visits, and the logit penalty. Long trainings are more accurate,
/// but logits and pre-activations grow, and may leave their ranges; a penalty keeps them smaller.
const USUAL: [(usize, f64, f64); 10] = [
    (3, 1.0, 0.1),
    (3, 0.4, 0.1),
    (2, 1.0, 0.1),
    (2, 0.4, 0.1),
    (3, 1.0, 0.05),
    (3, 0.4, 0.05),
    (2, 1.0, 0.05),
    (2, 0.4, 0.05),
    (1, 0.4, 0.05),
    (0, 0.4, 0.05),
];

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
    loss: Loss,
    samples: usize,
    features: usize,
}

impl Space {
    /// The plans with the engine and the loss of `plan`, for these training samples.
    pub fn new(plan: &Plan, train: &Dataset) -> Self {
        Self {
            engine: plan.engine.kind(),
            loss: plan.training.loss,
            samples: train.len(),
            features: train.inputs.ncols(),
        }
    }

    /// A learning rate that is inversely proportional to the square root of the number of features, which add up in a
    /// gradient; half of it with the squared loss.
    fn usual_rate(&self) -> f64 {
        let rate = (1.4 / (self.features.max(1) as f64).sqrt()).clamp(0.2, 0.8);
        match self.loss {
            Loss::CrossEntropy => rate,
            Loss::Squared => rate / 2.0,
        }
    }

    /// The fields of candidate `number`, added to `fields`. The first ones are usual plans, all others are drawn.
    pub fn draw(&self, number: usize, seed: Seed, fields: &Table) -> Table {
        let mut fields = fields.clone();
        let widths: [&[i64]; 4] =
            if self.samples < MANY_SAMPLES { [&[], &[8], &[16], &[32]] } else { [&[], &[16], &[32], &[64]] };
        let usual = USUAL.get(number).copied();
        let random = usual.is_none().then(|| seed.stream(Purpose::Sweep, number as u64, 1));
        let mut draw = Draw { random };
        let [fewest, most] = visited(self.engine);
        let samples = self.samples.max(1) as f64;
        let most = most.min(samples * (samples / 2.0).max(FEW_EPOCHS)).max(3.0 * samples);
        let fewest = fewest.max(samples).min(most);
        let (width, share, penalty) = usual.unwrap_or_else(|| {
            let (width, share) = (draw.one_of(&[0, 1, 2, 3]), draw.factor(fewest / most, 1.0));
            (width, share, draw.one_of(&[0.02, 0.05, 0.1]))
        });
        let hidden = widths.get(width).copied().unwrap_or_default();
        put(&mut fields, "model", "hidden", hidden.to_vec());
        put(&mut fields, "training", "epochs", (share * most / samples).round().max(1.0) as i64);
        put(&mut fields, "training", "batch", draw.one_of(&[4, 8, 16]));
        let rate = self.usual_rate() * draw.factor(0.4, 2.0);
        put(&mut fields, "training", "learning_rate", rounded(rate));
        put(&mut fields, "training", "learning_rate_end_factor", draw.one_of(&[0.1, 0.0]));
        if self.loss == Loss::CrossEntropy {
            put(&mut fields, "training", "label_smoothing", draw.one_of(&[0.02, 0.05, 0.1]));
            put(&mut fields, "training", "logit_penalty", penalty);
        }
        let mut engine = match fields.remove("engine") {
            Some(Value::Table(engine)) => engine,
            _ => Table::new(),
        };
        match self.engine {
            EngineKind::Exact => {
                put(&mut engine, "bits", "activations", draw.one_of(&[4, 5, 6]));
                put(&mut engine, "bits", "logits", draw.one_of(&[4, 5]));
                put(&mut engine, "bits", "deltas", draw.one_of(&[4, 5]));
                put(&mut engine, "cover", "margin", draw.one_of(&[6.0, 10.0]));
                put(&mut engine, "range", "activations", draw.one_of(&[4.0, 6.0]));
                put(&mut engine, "range", "deltas", draw.one_of(&[0.5, 1.0]));
            }
            EngineKind::Approximate => {
                let (activations, logits): (&[f64], &[f64]) = match self.loss {
                    Loss::CrossEntropy => (&[4.0, 3.0, 5.0, 6.0], &[12.0, 8.0, 6.0]),
                    Loss::Squared => (&[2.0, 1.0, 3.0, 4.0], &[2.0, 1.5, 1.0]),
                };
                put(&mut engine, "bits", "inputs", draw.one_of(&[4, 3]));
                put(&mut engine, "range", "activations", draw.one_of(activations));
                put(&mut engine, "range", "logits", draw.one_of(logits));
                put(&mut engine, "range", "deltas", draw.one_of(&[0.5, 0.25]));
                put(&mut engine, "range", "weights", vec![draw.one_of(&[4.0, 2.0])]);
                engine.insert("weight_noise".into(), draw.one_of(&[1.0, 0.5, 1.5]).into());
            }
        }
        fields.insert("engine".into(), engine.into());
        fields
    }
}

/// How the fields of a candidate are chosen.
struct Draw {
    /// The randomness that chooses; none for the usual values.
    random: Option<Stream>,
}

impl Draw {
    /// One of these choices, of which there must be at least one, and the first is the usual one.
    fn one_of<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let index = self.random.as_mut().map_or(0, |stream| stream.below(choices.len() as u32));
        choices.get(index as usize).copied().unwrap_or_default()
    }

    /// A factor from a log-uniform distribution; 1 is the usual one.
    fn factor(&mut self, low: f64, high: f64) -> f64 {
        self.random.as_mut().map_or(1.0, |stream| low * (high / low).powf(stream.unit()))
    }
}

fn put(fields: &mut Table, section: &str, field: &str, value: impl Into<Value>) {
    let section = fields.entry(section).or_insert_with(|| Table::new().into());
    if let Value::Table(section) = section {
        section.insert(field.into(), value.into());
    }
}

/// Rounds to two significant digits.
fn rounded(number: f64) -> f64 {
    let step = 10f64.powf(number.log10().floor() - 1.0);
    let steps = (number / step).round();
    if step < 1.0 { steps / (1.0 / step).round() } else { steps * step }
}

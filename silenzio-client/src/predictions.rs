//! Predictions of a model for samples.

use crate::error::ClientError;
use crate::model::Model;
use crate::preprocessing::Preprocessing;
use csv::WriterBuilder;
use ndarray::{Array2, ArrayView1};
use silenzio_data::{Rows, TargetColumn, unscaled};
use silenzio_nn::metrics::{
    ConfusionMatrix, RegressionScores, TargetScores, accuracy, cross_entropy, predictions,
};

/// How good a model is on samples with labels or targets.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluation {
    /// Of classes.
    Classification(Classification),
    /// Of numbers.
    Regression(Regression),
}

/// How good a model tells classes apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// The fraction of the samples that the model classifies correctly.
    pub accuracy: f64,
    /// The mean cross entropy, in nats.
    pub cross_entropy: f64,
    /// The number of samples by true and by predicted class.
    pub confusion: ConfusionMatrix,
}

/// How good a model predicts numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The mean over the targets.
    pub scores: RegressionScores,
    /// Each target.
    pub targets: Vec<TargetScores>,
}

impl Evaluation {
    /// Whether it is better than another of the same samples.
    pub fn beats(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Classification(this), Self::Classification(other)) => {
                this.accuracy > other.accuracy
                    || this.accuracy == other.accuracy && this.cross_entropy < other.cross_entropy
            }
            (Self::Regression(this), Self::Regression(other)) => this.scores.r2 > other.scores.r2,
            _ => false,
        }
    }
}

impl Model {
    /// Computes the outputs for scaled rows: the logits of classes, or the scaled numbers of targets.
    pub fn logits(&self, rows: &Rows) -> Array2<f32> {
        self.network.forward(&rows.inputs)
    }

    /// Evaluates the model on scaled rows; `None` if they have neither labels nor targets.
    pub fn evaluate(&self, rows: &Rows) -> Option<Evaluation> {
        let Preprocessing { classes, targets, .. } = &self.preprocessing;
        if !targets.is_empty() {
            let values = rows.values.as_ref()?;
            let predicted = unscaled(targets, self.logits(rows).view());
            let targets = TargetScores::of(targets, predicted.view(), values.view());
            let scores = TargetScores::mean(&targets);
            return Some(Evaluation::Regression(Regression { scores, targets }));
        }
        let labels = rows.labels.as_ref()?;
        let logits = self.logits(rows);
        let predicted = predictions(&logits);
        Some(Evaluation::Classification(Classification {
            accuracy: accuracy(&predicted, labels),
            cross_entropy: cross_entropy(&logits, labels),
            confusion: ConfusionMatrix::new(classes, &predicted, labels),
        }))
    }
}

/// The number of digits of predictions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Places {
    /// All digits, for the predictions of a decrypted model.
    All,
    /// Three decimal places of probabilities, and numbers to a thousandth of half the range of their training samples: for
    /// predictions from encrypted logits, whose noise reveals the secret key to whoever has the ciphertexts.
    Three,
}

/// Writes predictions as CSV: for each row the class with the largest logit, and the probability of each class. For a
/// regression it writes the number of each target.
///
/// # Errors
/// [`ClientError::Encode`] if the number of logits is not that of the classes or targets.
pub fn to_csv(
    preprocessing: &Preprocessing,
    logits: &Array2<f32>,
    places: Places,
) -> Result<Vec<u8>, ClientError> {
    let Preprocessing { classes, targets, .. } = preprocessing;
    let mut csv = WriterBuilder::new().from_writer(Vec::new());
    if targets.is_empty() {
        let header = std::iter::once("class").chain(classes.iter().map(String::as_str));
        csv.write_record(header).map_err(ClientError::encode)?;
        for (class, row) in predictions(logits).into_iter().zip(logits.rows()) {
            let name = classes.get(class).cloned().unwrap_or_default();
            let probabilities = softmax(row).into_iter().map(|p| match places {
                Places::All => format!("{p:?}"),
                Places::Three => format!("{p:.3}"),
            });
            csv.write_record(std::iter::once(name).chain(probabilities)).map_err(ClientError::encode)?;
        }
    } else {
        csv.write_record(targets.iter().map(|target| &target.name)).map_err(ClientError::encode)?;
        for row in logits.rows() {
            let numbers = targets.iter().zip(row).map(|(target, &output)| number(target, output, places));
            csv.write_record(numbers).map_err(ClientError::encode)?;
        }
    }
    csv.into_inner().map_err(ClientError::encode)
}

/// Formats the number of a target that an output stands for.
fn number(target: &TargetColumn, output: f32, places: Places) -> String {
    const STEPS: f64 = 1000.0;
    match places {
        Places::All => format!("{:?}", target.unscale(f64::from(output))),
        Places::Three => {
            let number = target.unscale((f64::from(output) * STEPS).round() / STEPS);
            // As many decimal places as a step needs.
            let step = (target.high / 2.0 - target.low / 2.0) / STEPS;
            let decimals = (-step.log10() - 1e-9).ceil().clamp(0.0, 300.0) as usize;
            format!("{number:.decimals$}")
        }
    }
}

/// Computes the probabilities of the classes from logits: samples x classes.
pub fn probabilities(logits: &Array2<f32>) -> Array2<f64> {
    let mut probabilities = Array2::zeros(logits.dim());
    for (row, mut to) in logits.rows().into_iter().zip(probabilities.rows_mut()) {
        to.iter_mut().zip(softmax(row)).for_each(|(to, probability)| *to = probability);
    }
    probabilities
}

/// Computes the probabilities from the logits of one sample.
fn softmax(logits: ArrayView1<'_, f32>) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::example;
    use crate::preprocessing::tests::example as preprocessing;
    use ndarray::array;

    #[test]
    fn predictions_are_classes_with_probabilities() {
        let classes = Preprocessing { classes: vec!["a, b".into(), "c".into()], ..preprocessing() };
        let logits = array![[3f32.ln(), 0.0], [-1000.0, 1000.0]];
        let few = String::from_utf8(to_csv(&classes, &logits, Places::Three).unwrap()).unwrap();
        assert_eq!(few, "class,\"a, b\",c\n\"a, b\",0.750,0.250\nc,0.000,1.000\n");
        let csv = to_csv(&classes, &logits, Places::All).unwrap();
        let csv = String::from_utf8(csv).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!([lines[0], lines[2]], ["class,\"a, b\",c", "c,0.0,1.0"]);
        let cells = lines[1].strip_prefix("\"a, b\",").unwrap();
        let probabilities: Vec<f64> = cells.split(',').map(|cell| cell.parse().unwrap()).collect();
        // Probabilities have all digits of double precision, but the logits only those of single precision.
        assert!(
            (probabilities[0] - 0.75).abs() < 1e-7
                && (probabilities[0] + probabilities[1] - 1.0).abs() < 1e-15
        );
        assert!(cells.len() > 30, "{cells}");
    }

    fn rows(inputs: Array2<f32>) -> Rows {
        Rows { inputs, labels: None, values: None, warnings: vec![] }
    }

    #[test]
    fn a_model_is_judged_by_labels() {
        let unlabelled = rows(array![[0.0, 0.0], [1.0, 1.0]]);
        let predicted = predictions(&example().logits(&unlabelled));
        let labelled = Rows { labels: Some(vec![predicted[0], 1 - predicted[1]]), ..unlabelled.clone() };
        let Some(Evaluation::Classification(half)) = example().evaluate(&labelled) else {
            panic!("no classification")
        };
        assert_eq!(half.accuracy, 0.5);
        assert_eq!(example().evaluate(&unlabelled), None);
    }

    fn target(name: &str, low: f64, high: f64) -> TargetColumn {
        TargetColumn { name: name.into(), number: 0, low, high }
    }

    #[test]
    fn numbers_are_predicted_and_judged_in_their_units() {
        let mut model = example();
        model.preprocessing.classes.clear();
        model.preprocessing.targets = vec![target("price", 10.0, 30.0), target("tiny", 0.0, 2e-3)];
        assert_eq!(model.check(), Ok(()));
        let unlabelled = rows(array![[0.0, 0.0], [1.0, 1.0]]);
        let predicted = unscaled(&model.preprocessing.targets, model.logits(&unlabelled).view());
        let right = Rows { values: Some(predicted.clone()), ..unlabelled.clone() };
        let off = Rows { values: Some(predicted + 1.0), ..unlabelled.clone() };
        let judged = |rows| match model.evaluate(rows) {
            Some(Evaluation::Regression(regression)) => regression,
            other => panic!("{other:?}"),
        };
        assert_eq!((judged(&right).scores.r2, judged(&right).scores.rmse), (1.0, 0.0));
        assert!((judged(&off).targets[0].scores.mae - 1.0).abs() < 1e-12);
        assert_eq!(judged(&off).targets[1].target, "tiny");
        assert!(Evaluation::Regression(judged(&right)).beats(&Evaluation::Regression(judged(&off))));
        assert_eq!(model.evaluate(&unlabelled), None);

        let outputs = array![[0.123_456f32, -0.5], [-2.0, 0.0]];
        let csv =
            |places| String::from_utf8(to_csv(&model.preprocessing, &outputs, places).unwrap()).unwrap();
        assert_eq!(csv(Places::Three), "price,tiny\n21.23,0.000500\n0.00,0.001000\n");
        let all = csv(Places::All);
        let first: f64 = all.lines().nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
        assert!((first - 21.234_56).abs() < 1e-5, "{all}");
    }
}

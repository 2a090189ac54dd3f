//! Predictions of a model for samples.

use crate::error::ClientError;
use crate::model::Model;
use csv::WriterBuilder;
use ndarray::{Array2, ArrayView1};
use silenzio_data::Rows;
use silenzio_nn::metrics::{ConfusionMatrix, accuracy, cross_entropy, predictions};

/// How good a model is on labelled samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The fraction of the samples that the model classifies correctly.
    pub accuracy: f64,
    /// The mean cross entropy, in nats.
    pub cross_entropy: f64,
    /// The number of samples by true and by predicted class.
    pub confusion: ConfusionMatrix,
}

impl Model {
    /// Computes the logits of scaled rows.
    pub fn logits(&self, rows: &Rows) -> Array2<f32> {
        self.network.forward(&rows.inputs)
    }

    /// Evaluates the model on scaled rows; `None` if they have no labels.
    pub fn evaluate(&self, rows: &Rows) -> Option<Evaluation> {
        let labels = rows.labels.as_ref()?;
        let logits = self.logits(rows);
        let predicted = predictions(&logits);
        Some(Evaluation {
            accuracy: accuracy(&predicted, labels),
            cross_entropy: cross_entropy(&logits, labels),
            confusion: ConfusionMatrix::new(&self.preprocessing.classes, &predicted, labels),
        })
    }
}

/// The number of digits of probabilities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Places {
    /// All digits, for the predictions of a decrypted model.
    All,
    /// Three decimal places, for predictions from encrypted logits, whose noise reveals the secret key to whoever has the
    /// ciphertexts.
    Three,
}

/// Writes predictions as CSV: for each row the class with the largest logit, and the probability of each class.
///
/// # Errors
/// [`ClientError::Encode`] if the number of logits is not that of the classes.
pub fn to_csv(classes: &[String], logits: &Array2<f32>, places: Places) -> Result<Vec<u8>, ClientError> {
    let mut csv = WriterBuilder::new().from_writer(Vec::new());
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
    csv.into_inner().map_err(ClientError::encode)
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
    use ndarray::array;

    #[test]
    fn predictions_are_classes_with_probabilities() {
        let classes = ["a, b".to_owned(), "c".to_owned()];
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

    #[test]
    fn a_model_is_judged_by_labels() {
        let inputs = array![[0.0, 0.0], [1.0, 1.0]];
        let logits = example().logits(&Rows { inputs: inputs.clone(), labels: None, warnings: vec![] });
        let predicted = predictions(&logits);
        let rows = Rows { inputs, labels: Some(vec![predicted[0], 1 - predicted[1]]), warnings: vec![] };
        assert_eq!(example().evaluate(&rows).unwrap().accuracy, 0.5);
        assert_eq!(example().evaluate(&Rows { labels: None, ..rows }), None);
    }
}

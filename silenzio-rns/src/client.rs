//! The client side of the exact engine: encrypting samples, decrypting weights and logits.

use crate::engine::PreActivations;
use crate::gadget::from_elements;
use crate::network::ExactNetwork;
use crate::weights::WeightDigits;
use ndarray::Array2;
use silenzio_core::{Client, EngineClient, EngineError, Modulus, Seeded, Target, Value, shapes};

/// The client side of the exact engine.
#[derive(Clone, Copy, Debug)]
pub struct ExactClient<'a, C> {
    client: &'a C,
    network: &'a ExactNetwork,
}

/// One encrypted sample as a client sends it: its inputs and, for training, its one-hot label, each in all moduli in
/// which they are needed.
#[derive(Clone, Debug)]
pub struct Upload<S> {
    pub(crate) inputs: Vec<S>,
    pub(crate) label: Option<Vec<S>>,
}

impl<'a, C: Client> ExactClient<'a, C> {
    /// The client of a network.
    pub const fn new(client: &'a C, network: &'a ExactNetwork) -> Self {
        Self { client, network }
    }

    pub(crate) const fn network(&self) -> &'a ExactNetwork {
        self.network
    }

    fn encrypt(&self, moduli: Vec<Modulus>, integers: &[i64]) -> Result<Vec<Seeded<C::Types>>, EngineError> {
        moduli.into_iter().map(|m| Ok(self.client.encrypt(m, integers)?)).collect()
    }

    /// Decrypts the master weights of a layer to integers, (inputs + 1) x outputs.
    ///
    /// # Errors
    /// If the weights do not have the layer's shape, or do not belong to this key.
    pub fn decrypt_integers(
        &self,
        layer: usize,
        weights: &WeightDigits<Value<C::Types>>,
    ) -> Result<Array2<i64>, EngineError> {
        let format = self.network.layer(layer)?;
        shapes::check_matrix("weights", format.weight_shape(), weights.dim())?;
        let (low, high) = weights.digits();
        let digits = self.client.decrypt(&low)?.into_iter().zip(self.client.decrypt(&high)?);
        let integers = digits.map(|(low, high)| format.weights.compose(low, high)).collect();
        Ok(from_elements(weights.dim(), integers)?)
    }
}

impl<C: Client> EngineClient for ExactClient<'_, C> {
    type Upload = Upload<Seeded<C::Types>>;
    type Weights = WeightDigits<Value<C::Types>>;
    type Logits = PreActivations<Value<C::Types>>;

    fn encrypt_sample(
        &self,
        inputs: &[f32],
        target: Option<Target<'_>>,
    ) -> Result<Self::Upload, EngineError> {
        let (first, last) = (self.network.layer(0)?, self.network.layer(self.network.last())?);
        shapes::check_inputs(inputs, first.inputs)?;
        let class = target.map(|target| target.class(last.outputs)).transpose()?;
        let integers: Vec<i64> =
            inputs.iter().map(|&x| (f64::from(x) / first.input_unit).round() as i64).collect();
        let label = |class| self.encrypt(self.network.label_moduli(), &self.network.softmax().label(class));
        Ok(Upload {
            inputs: self.encrypt(self.network.input_moduli(0), &integers)?,
            label: class.map(label).transpose()?,
        })
    }

    fn decrypt_weights(
        &self,
        layer: usize,
        weights: &WeightDigits<Value<C::Types>>,
    ) -> Result<Array2<f32>, EngineError> {
        let format = self.network.layer(layer)?;
        let mut real =
            self.decrypt_integers(layer, weights)?.mapv(|w| (w as f64 * format.weight_unit) as f32);
        let bias = format.bias_value();
        real.row_mut(format.inputs).mapv_inplace(|w| (f64::from(w) * bias) as f32);
        Ok(real)
    }

    fn weight_step(&self, layer: usize) -> Result<f32, EngineError> {
        Ok(self.network.layer(layer)?.weight_unit as f32)
    }

    fn decrypt_logits(&self, logits: &Self::Logits) -> Result<Array2<f32>, EngineError> {
        let last = self.network.layer(self.network.last())?;
        let (samples, classes) = logits.0.dim();
        shapes::check_count("logits of a sample", last.outputs, classes)?;
        let integers = self.client.decrypt(&logits.0.iter().cloned().collect::<Vec<_>>())?;
        let real = integers.into_iter().map(|o| (o as f64 * last.output_unit) as f32).collect();
        Ok(from_elements((samples, classes), real)?)
    }

    fn activation_limits(&self) -> Vec<f32> {
        self.network.activation_limits()
    }
}

//! The server side of the exact engine: the operations of training, on any backend.

use crate::client::Upload;
use crate::dithered::ColumnDither;
use crate::gadget::from_elements;
use crate::gradient_sum;
use crate::network::ExactNetwork;
use crate::observer::Observer;
use crate::residues::Residues;
use crate::weights::WeightDigits;
use ndarray::{Array2, ArrayView2, Axis};
use silenzio_core::random::{Purpose, Stream};
use silenzio_core::{
    Backend, BackendError, Engine, EngineError, Lut, Mode, Modulus, Seeded, StepContext, Value, WeightBlocks,
    shapes,
};
use std::ops::Range;

/// The server side of the exact engine: a network's operations on a backend's values.
pub struct ExactEngine<'a, B: Backend> {
    backend: &'a B,
    network: &'a ExactNetwork,
    observer: Option<&'a dyn Observer<Value<B::Types>>>,
}

/// A vector of integers, as one vector of residues per modulus.
type ByModulus<V> = Vec<(Modulus, Vec<V>)>;

/// One encrypted sample: its inputs and its one-hot label, as residues in all moduli in which they are needed.
#[derive(Clone, Debug)]
pub struct Sample<V> {
    inputs: ByModulus<V>,
    label: Option<ByModulus<V>>,
}

/// Scaled pre-activations, batch x outputs.
#[derive(Clone, Debug)]
pub struct PreActivations<V>(pub(crate) Array2<V>);

/// Activations, batch x (units + 1): the last column is the constant input of the biases.
#[derive(Clone, Debug)]
pub struct Activations<V> {
    residues: Residues<V>,
    /// The gates of deltas, batch x units: zero if the derivative of the ReLU is 0, and an offset that moves a delta
    /// out of the range of gated ones if it is 1. `None` for inputs, in inference, and where no deltas are needed.
    gate: Option<Array2<V>>,
}

/// A weight gradient, (inputs + 1) x outputs, summed over any number of samples: residues that are not yet scaled to
/// steps of a weight.
#[derive(Clone, Debug)]
pub struct Gradient<V>(pub(crate) Residues<V>);

impl<'a, B: Backend> ExactEngine<'a, B> {
    /// The engine of a network on a backend.
    pub const fn new(backend: &'a B, network: &'a ExactNetwork) -> Self {
        Self { backend, network, observer: None }
    }

    /// The same engine, which reports the results of its products to `observer`.
    #[must_use]
    pub const fn observed_by(self, observer: &'a dyn Observer<Value<B::Types>>) -> Self {
        Self { observer: Some(observer), ..self }
    }

    pub(crate) const fn backend(&self) -> &'a B {
        self.backend
    }

    pub(crate) const fn network(&self) -> &'a ExactNetwork {
        self.network
    }

    /// The dither of a share of a batch, for matrices with one row of `columns` elements per sample.
    fn dither(&self, purpose: Purpose, at: StepContext, columns: usize) -> Option<Stream> {
        let mut stream = self.network.dither(purpose, at)?;
        stream.skip(at.first * columns);
        Some(stream)
    }

    /// Expands the vectors of `count` values that a client encrypted for some moduli.
    fn expand_all<'s>(
        &self,
        what: &'static str,
        vectors: impl Iterator<Item = (Modulus, &'s Seeded<B::Types>)>,
        count: usize,
    ) -> Result<ByModulus<Value<B::Types>>, EngineError>
    where
        B: 's,
    {
        let expand = |(m, seeded): (Modulus, &Seeded<B::Types>)| {
            let values = self.backend.expand(seeded)?;
            if values.len() == count && values.iter().all(|value| self.backend.modulus(value) == m) {
                return Ok((m, values));
            }
            let found = values.first().map(|value| self.backend.modulus(value));
            Err(EngineError::Shape {
                what,
                expected: format!("{count} values modulo {m}"),
                found: format!("{} values modulo {}", values.len(), found.unwrap_or(m)),
            })
        };
        vectors.map(expand).collect()
    }

    /// Stacks the vectors of samples, one per modulus, to batch x `columns` matrices, with a further column for a
    /// constant.
    fn stack<'s>(
        &self,
        what: &'static str,
        moduli: &[Modulus],
        samples: impl Iterator<Item = &'s ByModulus<Value<B::Types>>> + Clone,
        columns: usize,
        constant: Option<i64>,
    ) -> Result<Residues<Value<B::Types>>, EngineError>
    where
        Value<B::Types>: 's,
    {
        let width = columns + usize::from(constant.is_some());
        let by_modulus = moduli.iter().map(|&m| {
            let mut elements = Vec::new();
            let mut rows = 0;
            for sample in samples.clone() {
                let row = sample.iter().find(|(modulus, row)| *modulus == m && row.len() == columns);
                let (_, row) = row.ok_or_else(|| EngineError::Shape {
                    what,
                    expected: format!("{columns} values modulo {m}"),
                    found: format!("{:?}", sample.iter().map(|(m, row)| (m, row.len())).collect::<Vec<_>>()),
                })?;
                elements.extend_from_slice(row);
                elements.extend(constant.map(|x| self.backend.trivial(m, x)));
                rows += 1;
            }
            Ok((m, from_elements((rows, width), elements)?))
        });
        Ok(Residues::new(by_modulus.collect::<Result<_, EngineError>>()?))
    }

    /// Looks up the elements of a matrix in several tables at once.
    fn look_up(
        &self,
        matrix: Array2<Value<B::Types>>,
        luts: &[Lut],
    ) -> Result<Vec<Array2<Value<B::Types>>>, BackendError> {
        let shape = matrix.dim();
        let values: Vec<Value<B::Types>> = matrix.into_iter().collect();
        let outputs = self.backend.luts(&values, &luts.iter().collect::<Vec<_>>())?;
        outputs.into_iter().map(|elements| from_elements(shape, elements)).collect()
    }

    /// Appends a column with a public constant.
    fn with_constant(
        &self,
        m: Modulus,
        units: Array2<Value<B::Types>>,
        x: i64,
    ) -> Result<Array2<Value<B::Types>>, BackendError> {
        let (rows, columns) = units.dim();
        let constant = self.backend.trivial(m, x);
        let elements = units.rows().into_iter().flat_map(|row| {
            row.into_iter().cloned().chain(std::iter::once(constant.clone())).collect::<Vec<_>>()
        });
        from_elements((rows, columns + 1), elements.collect())
    }
}

impl<B: Backend> Engine for ExactEngine<'_, B> {
    type Upload = Upload<Seeded<B::Types>>;
    type Sample = Sample<Value<B::Types>>;
    type Weights = WeightDigits<Value<B::Types>>;
    type Refreshed = Residues<Value<B::Types>>;
    type Prepared = Residues<Value<B::Types>>;
    type PreActivations = PreActivations<Value<B::Types>>;
    type Activations = Activations<Value<B::Types>>;
    type Deltas = Residues<Value<B::Types>>;
    type Gradient = Gradient<Value<B::Types>>;

    fn layers(&self) -> usize {
        self.network.layers().len()
    }

    fn trained_layers(&self) -> &[usize] {
        self.network.trained_layers()
    }

    fn share_unit(&self, batch: usize) -> Result<usize, EngineError> {
        self.network.share_unit(batch, |m| self.backend.sum_capacity(m))
    }

    fn expand(&self, upload: &Self::Upload, mode: Mode) -> Result<Self::Sample, EngineError> {
        let (first, last) = (self.network.layer(0)?, self.network.layer(self.network.last())?);
        let label = |label: &Vec<Seeded<B::Types>>| {
            let moduli = self.network.label_moduli();
            shapes::check_count("sample label", moduli.len(), label.len())?;
            self.expand_all("sample label", moduli.into_iter().zip(label), last.outputs)
        };
        let moduli = self.network.input_moduli(0);
        shapes::check_count("sample inputs", moduli.len(), upload.inputs.len())?;
        let needed = |m: Modulus| mode == Mode::Train || first.forward.moduli().contains(&m);
        let inputs = moduli.into_iter().zip(&upload.inputs).filter(|&(m, _)| needed(m));
        let labels = upload.label.as_ref().filter(|_| mode == Mode::Train);
        Ok(Sample {
            inputs: self.expand_all("sample inputs", inputs, first.inputs)?,
            label: labels.map(label).transpose()?,
        })
    }

    fn largest_weight(&self, layer: usize) -> Result<f64, EngineError> {
        let format = self.network.layer(layer)?;
        Ok(format.weights.alpha() as f64 * format.weight_unit * format.bias_value().min(1.0))
    }

    fn initial_weights(
        &self,
        layer: usize,
        weights: ArrayView2<'_, f32>,
    ) -> Result<Self::Weights, EngineError> {
        let format = self.network.layer(layer)?;
        shapes::check_matrix("initial weights", format.weight_shape(), weights.dim())?;
        let mut real = weights.mapv(f64::from);
        real.row_mut(format.inputs).mapv_inplace(|bias| bias / format.bias_value());
        let integers = real.mapv(|weight| (weight / format.weight_unit).round() as i64);
        Ok(format.weights.trivial(self.backend, integers.view()))
    }

    /// A block is a row: the weights of one input.
    fn weight_blocks(&self, layer: usize) -> Result<WeightBlocks, EngineError> {
        let (rows, _) = self.network.layer(layer)?.weight_shape();
        Ok(WeightBlocks { updated: rows, update_bootstraps: true, refreshed: rows })
    }

    /// Computes the residues of some rows.
    fn refresh(
        &self,
        layer: usize,
        weights: &Self::Weights,
        blocks: Range<usize>,
        mode: Mode,
    ) -> Result<Self::Refreshed, EngineError> {
        let moduli = self.network.prepared_moduli(layer, mode)?;
        self.network.layer(layer)?.weights.residues(self.backend, weights.rows(blocks)?, &moduli)
    }

    /// Stacks the rows of residues.
    fn prepare(
        &self,
        layer: usize,
        _: &Self::Weights,
        refreshed: Vec<Self::Refreshed>,
    ) -> Result<Self::Prepared, EngineError> {
        let stacked = Residues::stacked(refreshed)?;
        shapes::check_matrix(
            "residues of weights",
            self.network.layer(layer)?.weight_shape(),
            stacked.dim(),
        )?;
        Ok(stacked)
    }

    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError> {
        let format = self.network.layer(0)?;
        let samples = batch.iter().map(|sample| &sample.inputs);
        // Samples that were expanded for inference have fewer moduli.
        let moduli = batch.first().map_or_else(
            || self.network.input_moduli(0),
            |sample| sample.inputs.iter().map(|&(m, _)| m).collect(),
        );
        let residues =
            self.stack("sample inputs", &moduli, samples, format.inputs, Some(format.bias_input))?;
        Ok(Activations { residues, gate: None })
    }

    fn linear(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        weights: &Self::Prepared,
    ) -> Result<Self::PreActivations, EngineError> {
        let format = self.network.layer(at.layer)?;
        let mut dither = self.dither(Purpose::ForwardDither, at, format.outputs);
        let scaled = format.forward.compute(
            self.backend,
            |m| activations.residues.modulo(m),
            |m| weights.modulo(m),
            dither.as_mut(),
            self.observer,
        )?;
        Ok(PreActivations(scaled))
    }

    fn relu(
        &self,
        at: StepContext,
        pre: Self::PreActivations,
        mode: Mode,
    ) -> Result<Self::Activations, EngineError> {
        let container = self.network.layer(at.layer)?.forward.scaling.container();
        let above = self.network.layer(at.layer + 1)?;
        let alpha = self.network.activation_alpha();
        let moduli = match mode {
            Mode::Train => self.network.input_moduli(at.layer + 1),
            Mode::Infer => above.forward.moduli().to_vec(),
        };
        let mut luts: Vec<Lut> =
            moduli.iter().map(|&m| Lut::signed(container, m, |z| z.clamp(0, alpha))).collect();
        let gated = mode == Mode::Train && self.network.has_deltas(at.layer);
        if gated {
            // The gate also closes where the activation saturates, so that a unit beyond the range is not pushed
            // further.
            let open = 2 * self.network.delta_alpha() + 1;
            let gated_delta = self.network.gated_delta()?;
            luts.push(Lut::signed(
                container,
                gated_delta,
                |z| if (0..alpha).contains(&z) { open } else { 0 },
            ));
        }
        let mut looked_up = self.look_up(pre.0, &luts)?;
        let gate = if gated { looked_up.pop() } else { None };
        let residues = moduli.into_iter().zip(looked_up);
        let residues = residues.map(|(m, units)| Ok((m, self.with_constant(m, units, above.bias_input)?)));
        Ok(Activations { residues: Residues::new(residues.collect::<Result<_, BackendError>>()?), gate })
    }

    fn loss_gradient(
        &self,
        at: StepContext,
        logits: Self::PreActivations,
        batch: &[&Self::Sample],
    ) -> Result<Self::Deltas, EngineError> {
        let format = self.network.layer(at.layer)?;
        let moduli = self.network.delta_moduli(at.layer);
        let labels =
            batch.iter().map(|sample| shapes::label(&sample.label)).collect::<Result<Vec<_>, _>>()?;
        let labels = self.stack("sample label", &moduli, labels.into_iter(), format.outputs, None)?;
        let behind = at.batch.saturating_sub(at.first + batch.len());
        let dither = self.network.dither(Purpose::LossDither, at);
        let mut dither = dither.map(|stream| ColumnDither::new(stream, at.first, behind));
        let container = format.forward.scaling.container();
        self.network.softmax().deltas(self.backend, container, logits.0, &labels, &moduli, dither.as_mut())
    }

    fn propagate(
        &self,
        at: StepContext,
        deltas: &Self::Deltas,
        weights: &Self::Prepared,
        activations: &Self::Activations,
    ) -> Result<Self::Deltas, EngineError> {
        let format = self.network.layer(at.layer)?;
        let (Some(product), Some(gate)) = (&format.delta, &activations.gate) else {
            return Err(shapes::no_layer_below(at.layer));
        };
        let mut dither = self.dither(Purpose::DeltaDither, at, format.inputs);
        let scaled = product.compute(
            self.backend,
            |m| deltas.modulo(m),
            |m| {
                let mut without_bias = weights.modulo(m)?;
                without_bias.slice_axis_inplace(Axis(0), (..format.inputs).into());
                Ok(without_bias.reversed_axes())
            },
            dither.as_mut(),
            self.observer,
        )?;

        // One value holds a delta and its gate: -alpha ..= alpha if the gate is closed, 2 alpha + 1 more if it is open.
        let alpha = self.network.delta_alpha();
        let open = 2 * alpha + 1;
        let gated = self.network.gated_delta()?;
        let clamped = Lut::signed(product.scaling.container(), gated, |e| e.clamp(-alpha, alpha));
        let mut carriers = from_elements(
            scaled.dim(),
            self.backend.lut(&scaled.into_iter().collect::<Vec<_>>(), &clamped)?,
        )?;
        for (carrier, gate) in carriers.iter_mut().zip(gate) {
            self.backend.add_assign(carrier, gate)?;
        }
        let moduli = self.network.delta_moduli(at.layer - 1);
        let ungated = |r: i64| if (open - alpha..=open + alpha).contains(&r) { r - open } else { 0 };
        let luts: Vec<Lut> = moduli.iter().map(|&m| Lut::residues(gated, m, ungated)).collect();
        let residues = moduli.into_iter().zip(self.look_up(carriers, &luts)?).collect();
        Ok(Residues::new(residues))
    }

    fn gradient(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        deltas: &Self::Deltas,
    ) -> Result<Self::Gradient, EngineError> {
        Ok(Gradient(gradient_sum::over_share(self, at, &activations.residues, deltas)?))
    }

    fn add_gradient(
        &self,
        layer: usize,
        sum: &mut Self::Gradient,
        other: &Self::Gradient,
    ) -> Result<(), EngineError> {
        let shape = self.network.layer(layer)?.weight_shape();
        shapes::check_matrix("sum of gradients", shape, sum.0.dim())?;
        shapes::check_matrix("gradient", shape, other.0.dim())?;
        gradient_sum::add(self.backend, &mut sum.0, &other.0)
    }

    fn apply(
        &self,
        at: StepContext,
        weights: &mut Self::Weights,
        gradient: Self::Gradient,
        blocks: Range<usize>,
    ) -> Result<(), EngineError> {
        let format = self.network.layer(at.layer)?;
        let shape = format.weight_shape();
        shapes::check_matrix("gradient", shape, gradient.0.dim())?;
        let weights = weights.rows_mut(blocks.clone())?;
        // Every weight gets the same dither, whichever blocks are updated together.
        let dither = |purpose| {
            let mut stream = self.network.dither(purpose, at)?;
            stream.skip(blocks.start * shape.1);
            Some(stream)
        };
        let gradient = gradient.0.into_rows(blocks.clone());
        let mut scaling = dither(Purpose::GradientDither);
        let scaled = format.gradient.scale(self.backend, gradient, scaling.as_mut(), self.observer)?;
        let mut update = dither(Purpose::UpdateDither);
        let container = format.gradient.scaling.container();
        let rate = self.network.update_rate(at);
        format.weights.update(self.backend, weights, container, scaled, rate, update.as_mut())
    }
}

impl<B: Backend> Clone for ExactEngine<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Backend> Copy for ExactEngine<'_, B> {}

impl<B: Backend> std::fmt::Debug for ExactEngine<'_, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExactEngine").field("network", self.network).finish_non_exhaustive()
    }
}

//! The operations of training over any approximate backend.

use crate::circuit_bootstrapping::{Factor, circuit_bootstrap, constant_rows};
use crate::client::{Upload, Weights};
use crate::layout::Layout;
use crate::network::{ApproximateNetwork, GATE_CENTRE, LayerFormat};
use ndarray::ArrayView2;
use silenzio_core::approximate::backend::{Ggsw, Glwe, Lwe, SeededGgsw, SeededLwes};
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::{BackendError, Engine, EngineError, Mode, StepContext, shapes};
use std::sync::Arc;

/// The server side of the approximate engine: a network's operations on a backend's ciphertexts.
#[derive(Clone, Copy, Debug)]
pub struct ApproximateEngine<'a, B> {
    backend: &'a B,
    network: &'a ApproximateNetwork,
}

/// One encrypted sample: its inputs as factors, one for each block of them, and its label.
#[derive(Clone, Debug)]
pub struct Sample<G, L> {
    inputs: Arc<Vec<Factor<G>>>,
    label: Option<Vec<L>>,
}

/// Pre-activations, one vector per sample.
#[derive(Clone, Debug)]
pub struct PreActivations<L>(pub(crate) Vec<Vec<L>>);

/// The activations of one sample.
#[derive(Clone, Debug)]
pub struct SampleActivations<G, L> {
    /// One factor per block of inputs, the constant one of the bias included.
    factors: Arc<Vec<Factor<G>>>,
    /// Whether the ReLU lets deltas through, per unit. None for inputs.
    gate: Option<Vec<L>>,
}

/// The deltas of one sample.
#[derive(Debug)]
pub struct SampleDeltas<P, G> {
    /// At the amplitude of the gradient, one polynomial per block of outputs; none in a frozen layer.
    packed: Vec<P>,
    /// As factors, one per block of outputs; none in the lowest trained layer.
    factors: Vec<Factor<G>>,
}

/// A weight gradient in the form of weights: a sum over any number of samples, in any order.
#[derive(Clone, Debug)]
pub struct Gradient<G>(pub(crate) Weights<G>);

/// For each of the functions of a table, the results of a batch.
type Outputs<L> = Vec<Vec<L>>;

type LweOf<B> = Lwe<<B as ApproximateBackend>::Types>;
type GlweOf<B> = Glwe<<B as ApproximateBackend>::Types>;
type GgswOf<B> = Ggsw<<B as ApproximateBackend>::Types>;
type ActivationsOf<B> = SampleActivations<GgswOf<B>, LweOf<B>>;
type DeltasOf<B> = SampleDeltas<GlweOf<B>, GgswOf<B>>;

/// Sums of products, of which a backend is asked for this many at once: only a few of their coefficients are kept.
const SUMS_AT_ONCE: usize = 1024;

impl<'a, B: ApproximateBackend> ApproximateEngine<'a, B> {
    /// The engine for a network on a backend.
    pub const fn new(backend: &'a B, network: &'a ApproximateNetwork) -> Self {
        Self { backend, network }
    }

    pub(crate) const fn network(&self) -> &'a ApproximateNetwork {
        self.network
    }

    /// Coefficients of sums of products: for each sum its pairs, and the places that are extracted from it.
    fn extracted_sums<'s>(
        &self,
        sums: impl Iterator<Item = (Vec<(&'s GgswOf<B>, &'s GlweOf<B>)>, Vec<usize>)>,
    ) -> Result<Vec<LweOf<B>>, BackendError>
    where
        B: 's,
    {
        let (pairs, places): (Vec<_>, Vec<_>) = sums.unzip();
        let mut extracted = Vec::with_capacity(places.iter().map(Vec::len).sum());
        for (pairs, places) in pairs.chunks(SUMS_AT_ONCE).zip(places.chunks(SUMS_AT_ONCE)) {
            let sums = self.backend.dot_products(pairs)?;
            let places =
                sums.iter().zip(places).flat_map(|(sum, places)| places.iter().map(move |&p| (sum, p)));
            extracted.extend(self.backend.extract(&places.collect::<Vec<_>>())?);
        }
        Ok(extracted)
    }

    /// The weights that enter products, by a bootstrap of each master weight.
    fn refreshed(
        &self,
        layout: &Layout,
        weights: &Weights<Glwe<B::Types>>,
        lut: &RealLut,
    ) -> Result<Weights<Glwe<B::Types>>, EngineError> {
        let blocks = weights.0.iter().enumerate().flat_map(|(input_block, row)| {
            let blocks = row.iter().enumerate();
            blocks.map(move |(output_block, block)| (block, layout.weight_places(input_block, output_block)))
        });
        let (blocks, places): (Vec<_>, Vec<_>) = blocks.unzip();
        let masters = blocks.iter().zip(&places).flat_map(|(block, p)| p.iter().map(move |&p| (*block, p)));
        let masters = self.backend.extract(&masters.collect::<Vec<_>>())?;
        let refreshed = self.backend.bootstrap(Precision::Coarse, &masters, lut)?;
        let mut refreshed = refreshed.iter().flatten();
        let polynomials: Vec<Vec<_>> =
            places.iter().map(|places| places.iter().copied().zip(&mut refreshed).collect()).collect();
        let mut packed = self.backend.pack(&polynomials)?.into_iter();
        Ok(Weights(weights.0.iter().map(|row| packed.by_ref().take(row.len()).collect()).collect()))
    }

    /// The activations of a batch, from the gadget rows of all its units; `forward`, if a gradient is made of them.
    fn activations(
        &self,
        format: &LayerFormat,
        rows: &Outputs<LweOf<B>>,
        gates: Option<Vec<LweOf<B>>>,
        samples: usize,
        forward: bool,
    ) -> Result<Vec<ActivationsOf<B>>, EngineError> {
        let layout = &format.layout;
        let units = layout.inputs - 1;
        let constant = constant_rows(self.backend, format.bias_input);
        let rows_of = |sample: usize, k: usize| -> Vec<&LweOf<B>> {
            if k < units {
                rows.iter().filter_map(|row| row.get(sample * units + k)).collect()
            } else {
                constant.iter().collect()
            }
        };
        let blocks = (0..samples).flat_map(|sample| (0..layout.input_blocks()).map(move |b| (sample, b)));
        let polynomials: Vec<Vec<_>> = blocks
            .map(|(sample, block)| {
                layout.inputs_of(block).map(|k| (layout.input_place(k), rows_of(sample, k))).collect()
            })
            .collect();
        let mut factors = circuit_bootstrap(self.backend, &polynomials, forward)?.into_iter();
        let mut gates = gates.map(Vec::into_iter);
        let of_sample = |_| SampleActivations {
            factors: Arc::new(factors.by_ref().take(layout.input_blocks()).collect()),
            gate: gates.as_mut().map(|gates| gates.by_ref().take(units).collect()),
        };
        Ok((0..samples).map(of_sample).collect())
    }

    /// The deltas at the outputs of layer `layer`, from the results of its delta table for a whole batch: packed where the
    /// layer is trained, and circuit-bootstrapped where there are gadget rows.
    fn deltas(&self, layer: usize, outputs: &Outputs<LweOf<B>>) -> Result<Vec<DeltasOf<B>>, EngineError> {
        let layout = &self.network.layer(layer)?.layout;
        let Some((gradient, rows)) = outputs.split_first() else {
            return Err(BackendError::WrongShape("a bootstrap without results".into()).into());
        };
        let samples = gradient.len() / layout.outputs;
        let blocks: Vec<(usize, usize)> = (0..samples)
            .flat_map(|sample| (0..layout.output_blocks()).map(move |block| (sample * layout.outputs, block)))
            .collect();
        let places = |(first, block): (usize, usize)| {
            layout.outputs_of(block).map(move |j| (layout.output_place(j), first + j))
        };
        let mut packed = if self.network.is_trained(layer) {
            let polynomials: Vec<Vec<_>> = blocks
                .iter()
                .map(|&block| places(block).map(|(place, i)| (place, &gradient[i])).collect())
                .collect();
            self.backend.pack(&polynomials)?
        } else {
            vec![]
        }
        .into_iter();
        let mut factors = if rows.is_empty() {
            vec![]
        } else {
            let rows_of = |i: usize| rows.iter().filter_map(|row| row.get(i)).collect();
            let polynomials: Vec<Vec<_>> = blocks
                .iter()
                .map(|&block| places(block).map(|(place, i)| (place, rows_of(i))).collect())
                .collect();
            circuit_bootstrap(self.backend, &polynomials, false)?
        }
        .into_iter();
        let of_sample = |_| SampleDeltas {
            packed: packed.by_ref().take(layout.output_blocks()).collect(),
            factors: factors.by_ref().take(layout.output_blocks()).collect(),
        };
        Ok((0..samples).map(of_sample).collect())
    }
}

impl<B: ApproximateBackend> Engine for ApproximateEngine<'_, B> {
    type Upload = Upload<SeededGgsw<B::Types>, SeededLwes<B::Types>>;
    type Sample = Sample<Ggsw<B::Types>, Lwe<B::Types>>;
    type Weights = Weights<Glwe<B::Types>>;
    type Prepared = Weights<Glwe<B::Types>>;
    type PreActivations = PreActivations<Lwe<B::Types>>;
    type Activations = Vec<ActivationsOf<B>>;
    type Deltas = Vec<DeltasOf<B>>;
    type Gradient = Gradient<Glwe<B::Types>>;

    fn layers(&self) -> usize {
        self.network.layers().len()
    }

    fn trained_layers(&self) -> &[usize] {
        self.network.trained_layers()
    }

    fn expand(&self, upload: &Self::Upload, mode: Mode) -> Result<Self::Sample, EngineError> {
        let blocks = self.network.layer(0)?.layout.input_blocks();
        let forward_blocks = if self.network.is_trained(0) { blocks } else { 0 };
        shapes::check_count("factors of a sample", forward_blocks, upload.forward.len())?;
        shapes::check_count("inverted factors of a sample", blocks, upload.inverted.len())?;
        let factor = |(block, inverted): (usize, &SeededGgsw<B::Types>)| {
            let forward = upload.forward.get(block).filter(|_| mode == Mode::Train);
            let forward = forward.map(|forward| self.backend.expand_ggsw(forward)).transpose()?;
            Ok(Factor { forward, inverted: self.backend.expand_ggsw(inverted)? })
        };
        let factors = upload.inverted.iter().enumerate().map(factor);
        let inputs = Arc::new(factors.collect::<Result<_, BackendError>>()?);
        let label = upload.label.as_ref().filter(|_| mode == Mode::Train);
        let label = label.map(|label| self.backend.expand_lwes(label)).transpose()?;
        if let Some(label) = &label {
            let classes = self.network.layer(self.network.last())?.layout.outputs;
            shapes::check_count("label of a sample", classes, label.len())?;
        }
        Ok(Sample { inputs, label })
    }

    /// Where weights are refreshed, functions are given on a quarter of the torus to either side; others wrap at a half.
    fn largest_weight(&self, layer: usize) -> Result<f64, EngineError> {
        let format = self.network.layer(layer)?;
        let largest = if format.refresh.is_some() { 0.25 } else { 0.5 };
        let bias = format.layout.inputs.saturating_sub(1);
        Ok(largest / format.amplitude_of(0).max(format.amplitude_of(bias)))
    }

    fn initial_weights(
        &self,
        layer: usize,
        weights: ArrayView2<'_, f32>,
    ) -> Result<Self::Weights, EngineError> {
        let format = self.network.layer(layer)?;
        let layout = &format.layout;
        shapes::check_matrix("initial weights", (layout.inputs, layout.outputs), weights.dim())?;
        let polynomial = |input_block: usize, output_block: usize| {
            let mut coefficients = vec![0.0; layout.size];
            for k in layout.inputs_of(input_block) {
                for j in layout.outputs_of(output_block) {
                    coefficients[layout.input_place(k) + layout.output_place(j)] =
                        f64::from(weights[(k, j)]) * format.amplitude_of(k);
                }
            }
            self.backend.trivial_glwe(&coefficients)
        };
        let row = |i: usize| (0..layout.output_blocks()).map(|o| polynomial(i, o)).collect();
        Ok(Weights((0..layout.input_blocks()).map(row).collect()))
    }

    /// Weights are used as they are, or refreshed.
    fn prepare(&self, layer: usize, weights: &Self::Weights, _: Mode) -> Result<Self::Prepared, EngineError> {
        let format = self.network.layer(layer)?;
        format.layout.check(&weights.0)?;
        match &format.refresh {
            None => Ok(weights.clone()),
            Some(lut) => self.refreshed(&format.layout, weights, lut),
        }
    }

    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError> {
        let blocks = self.network.layer(0)?.layout.input_blocks();
        let activations = |sample: &&Self::Sample| {
            shapes::check_count("factors of a sample", blocks, sample.inputs.len())?;
            Ok(SampleActivations { factors: Arc::clone(&sample.inputs), gate: None })
        };
        batch.iter().map(activations).collect()
    }

    fn linear(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        weights: &Self::Prepared,
    ) -> Result<Self::PreActivations, EngineError> {
        let layout = &self.network.layer(at.layer)?.layout;
        let sums = activations.iter().flat_map(|sample| {
            (0..layout.output_blocks()).map(move |block| {
                let factors = sample.factors.iter().map(|factor| &factor.inverted);
                let pairs = factors.zip(weights.0.iter().filter_map(move |row| row.get(block))).collect();
                (pairs, layout.outputs_of(block).map(|j| layout.output_place(j)).collect())
            })
        });
        let mut outputs = self.extracted_sums(sums)?.into_iter();
        let of_sample = |_| outputs.by_ref().take(layout.outputs).collect();
        Ok(PreActivations((0..activations.len()).map(of_sample).collect()))
    }

    fn relu(
        &self,
        at: StepContext,
        pre: Self::PreActivations,
        mode: Mode,
    ) -> Result<Self::Activations, EngineError> {
        let above = self.network.layer(at.layer + 1)?;
        let Some(lut) = &self.network.layer(at.layer)?.relu else {
            return Err(EngineError::Shape {
                what: "layer with a ReLU",
                expected: "a hidden one".into(),
                found: at.layer.to_string(),
            });
        };
        let samples = pre.0.len();
        let inputs: Vec<_> = pre.0.into_iter().flatten().collect();
        let mut rows = self.backend.bootstrap(Precision::Fine, &inputs, lut)?;
        let gates = rows.pop().filter(|_| mode == Mode::Train && self.network.has_deltas(at.layer));
        let forward = mode == Mode::Train && self.network.is_trained(at.layer + 1);
        self.activations(above, &rows, gates, samples, forward)
    }

    fn loss_gradient(
        &self,
        at: StepContext,
        logits: Self::PreActivations,
        batch: &[&Self::Sample],
    ) -> Result<Self::Deltas, EngineError> {
        let format = self.network.layer(at.layer)?;
        let labels = batch.iter().map(|sample| Ok(shapes::label(&sample.label)?.as_slice()));
        let labels = labels.collect::<Result<Vec<&[Lwe<B::Types>]>, EngineError>>()?;
        let logits: Vec<_> = logits.0.into_iter().flatten().collect();
        let mut deltas = self.network.softmax().deltas(self.backend, &logits, &labels)?;
        for (delta, dither) in deltas.iter_mut().zip(self.network.loss_dither(at)) {
            self.backend.add_constant(delta, dither);
        }
        let lut = self.network.delta_lut(at, at.layer)?;
        self.deltas(at.layer, &self.backend.bootstrap(format.delta_precision, &deltas, &lut)?)
    }

    fn propagate(
        &self,
        at: StepContext,
        deltas: &Self::Deltas,
        weights: &Self::Prepared,
        activations: &Self::Activations,
    ) -> Result<Self::Deltas, EngineError> {
        let Some(below) = at.layer.checked_sub(1) else {
            return Err(shapes::no_layer_below(at.layer));
        };
        let layout = &self.network.layer(at.layer)?.layout;
        // All inputs but the last, the constant one of the bias.
        let units = |block: usize| layout.inputs_of(block).filter(|&k| k + 1 < layout.inputs);
        let sums = deltas.iter().flat_map(|deltas| {
            weights.0.iter().enumerate().map(move |(block, row)| {
                let pairs = deltas.factors.iter().map(|factor| &factor.inverted).zip(row).collect();
                (pairs, units(block).map(|k| layout.input_place(k)).collect())
            })
        });
        let mut gated = self.extracted_sums(sums)?;
        let gates = activations.iter().flat_map(|sample| sample.gate.iter().flatten());
        for (delta, gate) in gated.iter_mut().zip(gates) {
            self.backend.add_lwe(delta, gate);
            self.backend.add_constant(delta, -GATE_CENTRE);
        }
        let lut = self.network.delta_lut(at, below)?;
        let format = self.network.layer(below)?;
        let outputs = self.backend.bootstrap(format.delta_precision, &gated, &lut)?;
        self.deltas(below, &outputs)
    }

    fn gradient(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        deltas: &Self::Deltas,
    ) -> Result<Self::Gradient, EngineError> {
        let layout = &self.network.layer(at.layer)?.layout;
        let block = |input: usize, output: usize| {
            let pairs = activations.iter().zip(deltas).map(|(activations, deltas)| {
                let factor = activations.factors.get(input).and_then(|factor| factor.forward.as_ref());
                factor.zip(deltas.packed.get(output)).ok_or_else(|| {
                    BackendError::WrongShape("activations were not made for a gradient".into())
                })
            });
            pairs.collect::<Result<Vec<_>, BackendError>>()
        };
        let blocks =
            (0..layout.input_blocks()).flat_map(|i| (0..layout.output_blocks()).map(move |o| (i, o)));
        let sums = blocks.map(|(input, output)| block(input, output)).collect::<Result<Vec<_>, _>>()?;
        let mut sums = self.backend.dot_products(&sums)?.into_iter();
        let row = |_| sums.by_ref().take(layout.output_blocks()).collect();
        Ok(Gradient(Weights((0..layout.input_blocks()).map(row).collect())))
    }

    fn add_gradient(
        &self,
        layer: usize,
        sum: &mut Self::Gradient,
        other: &Self::Gradient,
    ) -> Result<(), EngineError> {
        let layout = &self.network.layer(layer)?.layout;
        layout.check(&sum.0.0)?;
        layout.check(&other.0.0)?;
        for (sum, other) in sum.0.0.iter_mut().flatten().zip(other.0.0.iter().flatten()) {
            self.backend.add_glwe(sum, other);
        }
        Ok(())
    }

    fn apply(
        &self,
        at: StepContext,
        weights: &mut Self::Weights,
        gradient: Self::Gradient,
    ) -> Result<(), EngineError> {
        self.network.layer(at.layer)?.layout.check(&gradient.0.0)?;
        for (weights, gradient) in weights.0.iter_mut().flatten().zip(gradient.0.0.iter().flatten()) {
            self.backend.sub_glwe(weights, gradient);
        }
        Ok(())
    }
}

//! The operations of training over any approximate backend.

use crate::circuit_bootstrapping::{Rows, constant_rows, pack_rows};
use crate::client::{Upload, Weights};
use crate::layout::Layout;
use crate::network::{ApproximateNetwork, GATE_CENTRE, LayerFormat};
use crate::operand::{Operand, Polynomials};
use crate::refreshed::{self, Refreshed};
use ndarray::ArrayView2;
use silenzio_core::approximate::backend::{Ggsw, Glwe, Lwe, Pairs, SeededGgsw, SeededLwes};
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::{BackendError, Engine, EngineError, Mode, StepContext, WeightBlocks, shapes};
use std::ops::Range;
use std::sync::Arc;

/// The server side of the approximate engine: the operations of a network on a backend's ciphertexts.
#[derive(Clone, Copy, Debug)]
pub struct ApproximateEngine<'a, B> {
    backend: &'a B,
    network: &'a ApproximateNetwork,
}

/// One encrypted sample: its inputs and its label.
#[derive(Clone, Debug)]
pub struct Sample<P, G, L> {
    inputs: Arc<Polynomials<P, G>>,
    label: Option<Vec<L>>,
}

/// Pre-activations, one vector per sample.
#[derive(Clone, Debug)]
pub struct PreActivations<L>(pub(crate) Vec<Vec<L>>);

/// The activations of one sample.
#[derive(Clone, Debug)]
pub struct SampleActivations<P, G, L> {
    polynomials: Arc<Polynomials<P, G>>,
    /// The gate of each unit, which says whether its ReLU lets deltas through. `None` for inputs.
    gate: Option<Vec<L>>,
}

/// A weight gradient, in the layout of the weights. It is a sum over samples, whose order does not matter.
#[derive(Clone, Debug)]
pub struct Gradient<G>(pub(crate) Weights<G>);

type LweOf<B> = Lwe<<B as ApproximateBackend>::Types>;
type GlweOf<B> = Glwe<<B as ApproximateBackend>::Types>;
type GgswOf<B> = Ggsw<<B as ApproximateBackend>::Types>;
type OperandOf<B> = Operand<GlweOf<B>, GgswOf<B>>;
type PolynomialsOf<B> = Polynomials<GlweOf<B>, GgswOf<B>>;
type ActivationsOf<B> = SampleActivations<GlweOf<B>, GgswOf<B>, LweOf<B>>;
type PairsOf<'s, B> = Pairs<'s, <B as ApproximateBackend>::Types>;

/// The number of sums of products that a backend computes at once. Only a few coefficients of each are kept, so that
/// memory is bounded by one such group.
const SUMS_AT_ONCE: usize = 1024;

impl<'a, B: ApproximateBackend> ApproximateEngine<'a, B> {
    /// Makes the engine for a network on a backend.
    pub const fn new(backend: &'a B, network: &'a ApproximateNetwork) -> Self {
        Self { backend, network }
    }

    pub(crate) const fn network(&self) -> &'a ApproximateNetwork {
        self.network
    }

    /// Computes sums of products, given by their pairs of operands, and extracts coefficients at the places given for
    /// each.
    fn extracted_sums<'s>(
        &self,
        sums: impl Iterator<Item = Result<(PairsOf<'s, B>, Vec<usize>), BackendError>>,
    ) -> Result<Vec<LweOf<B>>, BackendError>
    where
        B: 's,
    {
        let sums = sums.collect::<Result<Vec<_>, _>>()?;
        let (pairs, places): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let mut extracted = Vec::with_capacity(places.iter().map(Vec::len).sum());
        for (pairs, places) in pairs.chunks(SUMS_AT_ONCE).zip(places.chunks(SUMS_AT_ONCE)) {
            let sums = self.backend.dot_products(pairs)?;
            let places =
                sums.iter().zip(places).flat_map(|(sum, places)| places.iter().map(move |&p| (sum, p)));
            extracted.extend(self.backend.extract(&places.collect::<Vec<_>>())?);
        }
        Ok(extracted)
    }

    /// Refreshes the weights of some columns: bootstraps them to the amplitude of products, and packs them again.
    fn refreshed(
        &self,
        layout: &Layout,
        weights: &Weights<GlweOf<B>>,
        columns: Range<usize>,
        lut: &RealLut,
    ) -> Result<Vec<GlweOf<B>>, EngineError> {
        let places: Vec<_> = columns.clone().map(|column| layout.places_of_column(column)).collect();
        let polynomial = |column| {
            let (input_block, output_block) = layout.blocks_of_column(column);
            weights.0.get(input_block).and_then(|row| row.get(output_block))
        };
        let polynomials = columns.filter_map(polynomial);
        let masters = polynomials.zip(&places).flat_map(|(block, p)| p.iter().map(move |&p| (block, p)));
        let masters = self.backend.extract(&masters.collect::<Vec<_>>())?;
        let refreshed = self.backend.bootstrap(Precision::Coarse, &masters, lut)?;
        let mut refreshed = refreshed.iter().flatten();
        let polynomials: Vec<Vec<_>> =
            places.iter().map(|places| places.iter().copied().zip(&mut refreshed).collect()).collect();
        Ok(self.backend.pack(&polynomials)?)
    }

    /// The factors p(1/X) of the packed gadget rows of polynomials p(X), whose values have this precision.
    fn inverted(&self, precision: Precision, rows: &[GlweOf<B>]) -> Result<Vec<GgswOf<B>>, EngineError> {
        Ok(self.backend.scheme_switch(precision, &self.backend.automorphism_minus_one(rows)?)?)
    }

    /// The same factors p(X).
    fn factors(&self, precision: Precision, rows: &[GlweOf<B>]) -> Result<Vec<OperandOf<B>>, EngineError> {
        Ok(self.backend.scheme_switch(precision, rows)?.into_iter().map(Operand::Factor).collect())
    }

    /// Packs the values that one function gave for all units of a batch, and `constant` as the input of the bias.
    fn packed_inputs(
        &self,
        layout: &Layout,
        values: &[LweOf<B>],
        constant: f64,
        samples: usize,
    ) -> Result<Vec<GlweOf<B>>, EngineError> {
        let units = layout.inputs - 1;
        let constant = self.backend.trivial_lwe(constant);
        let value = |sample, k| if k < units { &values[sample * units + k] } else { &constant };
        Ok(self.backend.pack(&input_polynomials(layout, samples, value))?)
    }

    /// Packs the gadget rows of all units of a batch, given function by function, and those of the constant input.
    fn packed_rows(
        &self,
        format: &LayerFormat,
        precision: Precision,
        rows: &[Vec<LweOf<B>>],
        samples: usize,
    ) -> Result<Vec<GlweOf<B>>, EngineError> {
        let layout = &format.layout;
        let units = layout.inputs - 1;
        let constant = constant_rows(self.backend, precision, format.bias_input);
        let rows_of = |sample: usize, k: usize| -> Vec<&LweOf<B>> {
            if k < units {
                rows.iter().filter_map(|row| row.get(sample * units + k)).collect()
            } else {
                constant.iter().collect()
            }
        };
        pack_rows(self.backend, precision, &input_polynomials(layout, samples, rows_of))
    }

    /// Makes the deltas at the outputs of layer `layer` from the results of its delta table for a whole batch.
    fn deltas(&self, layer: usize, outputs: &[Vec<LweOf<B>>]) -> Result<Vec<PolynomialsOf<B>>, EngineError> {
        let format = self.network.layer(layer)?;
        let layout = &format.layout;
        let Some(first) = outputs.first() else {
            return Err(BackendError::WrongShape("a bootstrap has no results".into()).into());
        };
        let samples = first.len() / layout.outputs;
        let (values, rows) = outputs.split_at(usize::from(format.delta.packed));
        let blocks: Vec<(usize, usize)> = (0..samples)
            .flat_map(|sample| (0..layout.output_blocks()).map(move |block| (sample * layout.outputs, block)))
            .collect();
        let places = |(first, block): (usize, usize)| {
            layout.outputs_of(block).map(move |j| (layout.output_place(j), first + j))
        };
        let trained = self.network.is_trained(layer);
        let precision = format.delta.precision;
        let (mut inverted, mut forward) = (vec![], vec![]);
        if let Some(values) = values.first().filter(|_| trained) {
            let terms = |&block| places(block).map(|(place, i)| (place, &values[i])).collect();
            let packed = self.backend.pack(&blocks.iter().map(terms).collect::<Vec<Vec<_>>>())?;
            forward = packed.into_iter().map(Operand::Packed).collect();
        }
        if !rows.is_empty() {
            let rows_of = |i: usize| rows.iter().filter_map(|row| row.get(i)).collect();
            let terms = |&block| places(block).map(|(place, i)| (place, rows_of(i))).collect();
            let terms: Vec<Rows<'_, _>> = blocks.iter().map(terms).collect();
            let rows = pack_rows(self.backend, precision, &terms)?;
            inverted = self.inverted(precision, &rows)?;
            if trained && !format.delta.packed {
                forward = self.factors(precision, &rows)?;
            }
        }
        Ok(by_sample(samples, layout.output_blocks(), inverted, forward).collect())
    }
}

/// Arranges values that were made of the polynomials of weights, one for each, in the rows of these.
fn in_rows<P, T>(weights: &Weights<P>, made: Vec<T>) -> Vec<Vec<T>> {
    let mut made = made.into_iter();
    weights.0.iter().map(|row| made.by_ref().take(row.len()).collect()).collect()
}

/// The polynomials of one block of outputs, one for each block of inputs.
fn column<T>(weights: &Weights<T>, block: usize) -> impl Iterator<Item = &T> {
    weights.0.iter().filter_map(move |row| row.get(block))
}

/// The polynomials of the inputs of `samples` samples, block by block: for each the coefficients and their values,
/// which `value` returns for a sample and an input.
fn input_polynomials<V>(
    layout: &Layout,
    samples: usize,
    value: impl Fn(usize, usize) -> V,
) -> Vec<Vec<(usize, V)>> {
    let blocks = (0..samples).flat_map(|sample| (0..layout.input_blocks()).map(move |b| (sample, b)));
    let terms = |(sample, block)| {
        layout.inputs_of(block).map(|k| (layout.input_place(k), value(sample, k))).collect()
    };
    blocks.map(terms).collect()
}

/// Divides the polynomials of all samples, sample after sample, among the samples.
fn by_sample<P, G>(
    samples: usize,
    blocks: usize,
    inverted: Vec<G>,
    forward: Vec<Operand<P, G>>,
) -> impl Iterator<Item = Polynomials<P, G>> {
    let (mut inverted, mut forward) = (inverted.into_iter(), forward.into_iter());
    (0..samples).map(move |_| Polynomials {
        inverted: inverted.by_ref().take(blocks).collect(),
        forward: forward.by_ref().take(blocks).collect(),
    })
}

impl<B: ApproximateBackend> Engine for ApproximateEngine<'_, B> {
    type Upload = Upload<SeededGgsw<B::Types>, SeededLwes<B::Types>>;
    type Sample = Sample<Glwe<B::Types>, Ggsw<B::Types>, Lwe<B::Types>>;
    type Weights = Weights<Glwe<B::Types>>;
    type Refreshed = Refreshed<Glwe<B::Types>>;
    type Prepared = Weights<Glwe<B::Types>>;
    type PreActivations = PreActivations<Lwe<B::Types>>;
    type Activations = Vec<ActivationsOf<B>>;
    type Deltas = Vec<PolynomialsOf<B>>;
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
        let expand = |factors: &[SeededGgsw<B::Types>]| {
            factors.iter().map(|factor| self.backend.expand_ggsw(factor)).collect::<Result<Vec<_>, _>>()
        };
        let forward = if mode == Mode::Train { expand(&upload.forward)? } else { vec![] };
        let forward = forward.into_iter().map(Operand::Factor).collect();
        let inputs = Arc::new(Polynomials { inverted: expand(&upload.inverted)?, forward });
        let label = upload.label.as_ref().filter(|_| mode == Mode::Train);
        let label = label.map(|label| self.backend.expand_lwes(label)).transpose()?;
        if let Some(label) = &label {
            let classes = self.network.layer(self.network.last())?.layout.outputs;
            shapes::check_count("label of a sample", classes, label.len())?;
        }
        Ok(Sample { inputs, label })
    }

    /// Tables of bootstraps cover a quarter of the torus on either side of zero, which limits weights that are
    /// bootstrapped. Others wrap at half of the torus.
    fn largest_weight(&self, layer: usize) -> Result<f64, EngineError> {
        let format = self.network.layer(layer)?;
        let largest = if format.is_refreshed() { 0.25 } else { 0.5 };
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

    /// An update has a block for each polynomial, row by row, and a refresh one for each [column](Layout::columns).
    fn weight_blocks(&self, layer: usize) -> Result<WeightBlocks, EngineError> {
        let LayerFormat { layout, refresh, .. } = self.network.layer(layer)?;
        Ok(WeightBlocks {
            updated: layout.blocks(),
            update_bootstraps: false,
            refreshed: if refresh.is_some() { layout.columns() } else { 0 },
        })
    }

    /// Returns the packed results of the bootstraps: none if weights are kept, and one polynomial for each of the weights
    /// if they are refreshed. Columns of the same polynomial are added up.
    fn refresh(
        &self,
        layer: usize,
        weights: &Self::Weights,
        blocks: Range<usize>,
        _: Mode,
    ) -> Result<Self::Refreshed, EngineError> {
        let format = self.network.layer(layer)?;
        let LayerFormat { layout, refresh, .. } = format;
        layout.check(&weights.0)?;
        shapes::check_range("columns of weights", layout.columns(), &blocks)?;
        let columns = blocks.clone();
        let packed = match refresh {
            None => vec![],
            Some(lut) => self.refreshed(layout, weights, columns, lut)?,
        };
        Ok(refreshed::add_up(self.backend, layout, blocks, packed))
    }

    /// Returns the weights as they are, or the refreshed ones.
    fn prepare(
        &self,
        layer: usize,
        weights: &Self::Weights,
        refreshed: Vec<Self::Refreshed>,
    ) -> Result<Self::Prepared, EngineError> {
        let format = self.network.layer(layer)?;
        format.layout.check(&weights.0)?;
        if format.is_refreshed() {
            Ok(Weights(in_rows(weights, refreshed::join(self.backend, &format.layout, refreshed)?)))
        } else {
            Ok(weights.clone())
        }
    }

    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError> {
        let blocks = self.network.layer(0)?.layout.input_blocks();
        let activations = |sample: &&Self::Sample| {
            shapes::check_count("factors of a sample", blocks, sample.inputs.inverted.len())?;
            Ok(SampleActivations { polynomials: Arc::clone(&sample.inputs), gate: None })
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
                let inputs = &sample.polynomials.inverted;
                let pairs: PairsOf<'_, B> = inputs.iter().zip(column(weights, block)).collect();
                Ok((pairs, layout.outputs_of(block).map(|j| layout.output_place(j)).collect()))
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
        let relu = self.network.relu(at, mode)?;
        let samples = pre.0.len();
        let inputs: Vec<_> = pre.0.into_iter().flatten().collect();
        let mut outputs = self.backend.bootstrap(relu.precision, &inputs, &relu.lut)?;
        let gates = outputs.pop().filter(|_| mode == Mode::Train && self.network.has_deltas(at.layer));
        let has_gradient = mode == Mode::Train && self.network.is_trained(at.layer + 1);
        let layout = &above.layout;
        let in_gradient = relu.gradient.zip(outputs.pop_if(|_| relu.gradient.is_some()));
        let rows = self.packed_rows(above, relu.precision, &outputs, samples)?;
        let forward = match in_gradient {
            _ if !has_gradient => vec![],
            Some((amplitude, values)) => {
                let constant = amplitude / above.bias_value();
                let packed = self.packed_inputs(layout, &values, constant, samples)?;
                packed.into_iter().map(Operand::Packed).collect()
            }
            None => self.factors(relu.precision, &rows)?,
        };
        let inverted = self.inverted(relu.precision, &rows)?;
        let mut gates = gates.map(Vec::into_iter);
        let units = layout.inputs - 1;
        let activations = |polynomials| SampleActivations {
            polynomials: Arc::new(polynomials),
            gate: gates.as_mut().map(|gates| gates.by_ref().take(units).collect()),
        };
        Ok(by_sample(samples, layout.input_blocks(), inverted, forward).map(activations).collect())
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
        let logits = logits.0.into_iter().flatten().collect();
        let mut deltas = self.network.loss().before_deltas(self.backend, logits, &labels)?;
        for (delta, dither) in deltas.iter_mut().zip(self.network.loss_dither(at)) {
            self.backend.add_constant(delta, dither);
        }
        let lut = self.network.delta_lut(at, at.layer)?;
        self.deltas(at.layer, &self.backend.bootstrap(format.delta.precision, &deltas, &lut)?)
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
        // All inputs but the last one, which is the constant one of the bias.
        let units = |block: usize| layout.inputs_of(block).filter(|&k| k + 1 < layout.inputs);
        let sums = deltas.iter().flat_map(|deltas| {
            (0..layout.input_blocks()).map(move |block| {
                let pairs: PairsOf<'_, B> = deltas.inverted.iter().zip(&weights.0[block]).collect();
                Ok((pairs, units(block).map(|k| layout.input_place(k)).collect()))
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
        let outputs = self.backend.bootstrap(format.delta.precision, &gated, &lut)?;
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
                let input = activations.polynomials.forward.get(input);
                let pair = input.zip(deltas.forward.get(output)).map(|(input, delta)| input.times(delta));
                pair.ok_or_else(|| {
                    BackendError::WrongShape(
                        "a gradient needs activations and deltas made for training".into(),
                    )
                })?
            });
            pairs.collect::<Result<PairsOf<'_, B>, BackendError>>()
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
        blocks: Range<usize>,
    ) -> Result<(), EngineError> {
        let layout = &self.network.layer(at.layer)?.layout;
        layout.check(&gradient.0.0)?;
        shapes::check_range("polynomials of weights", layout.blocks(), &blocks)?;
        let pairs = weights.0.iter_mut().flatten().zip(gradient.0.0.iter().flatten());
        for (weights, gradient) in pairs.skip(blocks.start).take(blocks.len()) {
            self.backend.sub_glwe(weights, gradient);
        }
        Ok(())
    }
}

//! The operations of training over any approximate backend.

use crate::circuit_bootstrapping::{Rows, constant_rows, inverted, pack_rows};
use crate::client::{Upload, Weights};
use crate::layout::Layout;
use crate::network::{ApproximateNetwork, GATE_CENTRE, LayerFormat, PackedAmplitudes, WeightTable};
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
pub struct Sample<G, L> {
    inputs: Arc<Polynomials<G>>,
    label: Option<Vec<L>>,
}

/// Pre-activations, one vector per sample.
#[derive(Clone, Debug)]
pub struct PreActivations<L>(pub(crate) Vec<Vec<L>>);

/// The polynomials p of one sample's activations, one per block of inputs. The last input is the constant one of the
/// bias.
#[derive(Debug)]
struct Polynomials<T> {
    /// p(1/X), for the product with the weights.
    inverted: Vec<T>,
    /// p(X), for the gradient; empty if none is computed.
    forward: Vec<T>,
}

/// The activations of one sample.
#[derive(Clone, Debug)]
pub struct SampleActivations<P, G, L> {
    operand: Operand<P, G>,
    /// The gate of each unit, which says whether its ReLU lets deltas through. `None` for inputs.
    gate: Option<Vec<L>>,
}

/// The form in which activations enter products.
#[derive(Clone, Debug)]
enum Operand<P, G> {
    Factors(Arc<Polynomials<G>>),
    /// The inputs of a layer whose weights are lifted.
    Packed(Arc<Polynomials<P>>),
}

/// The deltas of one sample, one polynomial δ per block of outputs.
#[derive(Debug)]
pub struct SampleDeltas<P, G> {
    /// δ(X) at the amplitude of the gradient; in a layer with lifted weights, δ(1/X) at the amplitude of propagated
    /// deltas. Empty in frozen layers whose weights are not lifted.
    packed: Vec<P>,
    /// δ(1/X) or, in a layer with lifted weights, δ(X), as factors. Empty in the lowest trained layer.
    factors: Vec<G>,
}

/// Weights in the form in which they enter products.
#[derive(Clone, Debug)]
pub enum Prepared<P, G> {
    /// The inputs are factors.
    Packed(Weights<P>),
    /// The weights are factors.
    Lifted(Arc<Weights<G>>),
}

/// A weight gradient, in the layout of the weights. It is a sum over samples, whose order does not matter.
#[derive(Clone, Debug)]
pub struct Gradient<G>(pub(crate) Weights<G>);

/// The results of a batch of bootstraps: one vector for each function of the table.
type Outputs<L> = Vec<Vec<L>>;

type LweOf<B> = Lwe<<B as ApproximateBackend>::Types>;
type GlweOf<B> = Glwe<<B as ApproximateBackend>::Types>;
type GgswOf<B> = Ggsw<<B as ApproximateBackend>::Types>;
type OperandOf<B> = Operand<GlweOf<B>, GgswOf<B>>;
type ActivationsOf<B> = SampleActivations<GlweOf<B>, GgswOf<B>, LweOf<B>>;
type DeltasOf<B> = SampleDeltas<GlweOf<B>, GgswOf<B>>;
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

    /// Bootstraps each master weight of some columns. Returns the results for each function of the table, column after
    /// column, and for each column the coefficients of its weights.
    #[expect(clippy::type_complexity, reason = "two tables, of results and of their places")]
    fn bootstrapped_weights(
        &self,
        layout: &Layout,
        weights: &Weights<GlweOf<B>>,
        columns: Range<usize>,
        precision: Precision,
        lut: &RealLut,
    ) -> Result<(Outputs<LweOf<B>>, Vec<Vec<usize>>), BackendError> {
        let places: Vec<_> = columns.clone().map(|column| layout.places_of_column(column)).collect();
        let polynomial = |column| {
            let (input_block, output_block) = layout.blocks_of_column(column);
            weights.0.get(input_block).and_then(|row| row.get(output_block))
        };
        let polynomials = columns.filter_map(polynomial);
        let masters = polynomials.zip(&places).flat_map(|(block, p)| p.iter().map(move |&p| (block, p)));
        let masters = self.backend.extract(&masters.collect::<Vec<_>>())?;
        Ok((self.backend.bootstrap(precision, &masters, lut)?, places))
    }

    /// Refreshes the weights of some columns: bootstraps them to the amplitude of products, and packs them again.
    fn refreshed(
        &self,
        layout: &Layout,
        weights: &Weights<GlweOf<B>>,
        columns: Range<usize>,
        lut: &RealLut,
    ) -> Result<Vec<GlweOf<B>>, EngineError> {
        let (refreshed, places) =
            self.bootstrapped_weights(layout, weights, columns, Precision::Coarse, lut)?;
        let mut refreshed = refreshed.iter().flatten();
        let polynomials: Vec<Vec<_>> =
            places.iter().map(|places| places.iter().copied().zip(&mut refreshed).collect()).collect();
        Ok(self.backend.pack(&polynomials)?)
    }

    /// Bootstraps the weights of some columns to their gadget rows, and packs these, column after column.
    fn lifted(
        &self,
        layout: &Layout,
        weights: &Weights<GlweOf<B>>,
        columns: Range<usize>,
        lut: &RealLut,
    ) -> Result<Vec<GlweOf<B>>, EngineError> {
        let (rows, places) = self.bootstrapped_weights(layout, weights, columns, Precision::Fine, lut)?;
        let mut next = 0..;
        let rows_of = |i: usize| rows.iter().filter_map(|row| row.get(i)).collect();
        let polynomials: Vec<Rows<'_, _>> = places
            .iter()
            .map(|places| places.iter().copied().zip(next.by_ref().map(rows_of)).collect())
            .collect();
        pack_rows(self.backend, &polynomials)
    }

    /// Makes factors of the activations of a batch, from the gadget rows of all units. `forward` says whether a
    /// gradient is computed with them.
    fn factors(
        &self,
        format: &LayerFormat,
        rows: &Outputs<LweOf<B>>,
        samples: usize,
        forward: bool,
    ) -> Result<Vec<OperandOf<B>>, EngineError> {
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
        let rows = pack_rows(self.backend, &input_polynomials(layout, samples, rows_of))?;
        let inverted = inverted(self.backend, &rows)?;
        let forward = if forward { self.backend.scheme_switch(&rows)? } else { vec![] };
        Ok(by_sample(layout, samples, inverted, forward).map(Operand::Factors).collect())
    }

    /// Packs the activations of a batch, given for all units at the amplitude of the forward product and at that of the
    /// gradient. `forward` says whether a gradient is computed with them.
    fn packed(
        &self,
        format: &LayerFormat,
        outputs: &Outputs<LweOf<B>>,
        amplitudes: PackedAmplitudes,
        samples: usize,
        forward: bool,
    ) -> Result<Vec<OperandOf<B>>, EngineError> {
        let layout = &format.layout;
        let units = layout.inputs - 1;
        let packed = |output: usize, amplitude: f64| {
            let constant = self.backend.trivial_lwe(amplitude);
            let Some(values) = outputs.get(output) else {
                return Err(BackendError::WrongShape("a bootstrap lacks results".into()));
            };
            let value = |sample, k| if k < units { &values[sample * units + k] } else { &constant };
            self.backend.pack(&input_polynomials(layout, samples, value))
        };
        let inverted = self.backend.automorphism_minus_one(&packed(0, amplitudes.forward)?)?;
        let forward = if forward { packed(1, amplitudes.gradient)? } else { vec![] };
        Ok(by_sample(layout, samples, inverted, forward).map(Operand::Packed).collect())
    }

    /// Makes the deltas at the outputs of layer `layer` from the results of its delta table for a whole batch: packed
    /// if a product takes them in this form, and circuit-bootstrapped if the table has gadget rows.
    fn deltas(&self, layer: usize, outputs: &Outputs<LweOf<B>>) -> Result<Vec<DeltasOf<B>>, EngineError> {
        let format = self.network.layer(layer)?;
        let layout = &format.layout;
        let Some((values, rows)) = outputs.split_first() else {
            return Err(BackendError::WrongShape("a bootstrap has no results".into()).into());
        };
        let samples = values.len() / layout.outputs;
        let blocks: Vec<(usize, usize)> = (0..samples)
            .flat_map(|sample| (0..layout.output_blocks()).map(move |block| (sample * layout.outputs, block)))
            .collect();
        let places = |(first, block): (usize, usize)| {
            layout.outputs_of(block).map(move |j| (layout.output_place(j), first + j))
        };
        let mut packed = vec![];
        if self.network.is_trained(layer) || format.is_lifted() {
            let polynomials: Vec<Vec<_>> = blocks
                .iter()
                .map(|&block| places(block).map(|(place, i)| (place, &values[i])).collect())
                .collect();
            packed = self.backend.pack(&polynomials)?;
        }
        if format.is_lifted() {
            packed = self.backend.automorphism_minus_one(&packed)?;
        }
        let factors = if rows.is_empty() {
            vec![]
        } else {
            let rows_of = |i: usize| rows.iter().filter_map(|row| row.get(i)).collect();
            let polynomials: Vec<Rows<'_, _>> = blocks
                .iter()
                .map(|&block| places(block).map(|(place, i)| (place, rows_of(i))).collect())
                .collect();
            let rows = pack_rows(self.backend, &polynomials)?;
            if format.is_lifted() {
                self.backend.scheme_switch(&rows)?
            } else {
                inverted(self.backend, &rows)?
            }
        };
        let (mut packed, mut factors) = (packed.into_iter(), factors.into_iter());
        let of_sample = |_| SampleDeltas {
            packed: packed.by_ref().take(layout.output_blocks()).collect(),
            factors: factors.by_ref().take(layout.output_blocks()).collect(),
        };
        Ok((0..samples).map(of_sample).collect())
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
fn by_sample<T>(
    layout: &Layout,
    samples: usize,
    inverted: Vec<T>,
    forward: Vec<T>,
) -> impl Iterator<Item = Arc<Polynomials<T>>> {
    let (mut inverted, mut forward) = (inverted.into_iter(), forward.into_iter());
    let blocks = layout.input_blocks();
    (0..samples).map(move |_| {
        Arc::new(Polynomials {
            inverted: inverted.by_ref().take(blocks).collect(),
            forward: forward.by_ref().take(blocks).collect(),
        })
    })
}

/// The error for activations, deltas and weights that were not all made for the same form of weights.
fn other_form() -> BackendError {
    BackendError::WrongShape(
        "a product needs exactly one factor as an operand, and a gradient needs activations made for training".into(),
    )
}

impl<B: ApproximateBackend> Engine for ApproximateEngine<'_, B> {
    type Upload = Upload<SeededGgsw<B::Types>, SeededLwes<B::Types>>;
    type Sample = Sample<Ggsw<B::Types>, Lwe<B::Types>>;
    type Weights = Weights<Glwe<B::Types>>;
    type Refreshed = Refreshed<Glwe<B::Types>>;
    type Prepared = Prepared<Glwe<B::Types>, Ggsw<B::Types>>;
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
        let expand = |factors: &[SeededGgsw<B::Types>]| {
            factors.iter().map(|factor| self.backend.expand_ggsw(factor)).collect::<Result<_, _>>()
        };
        let forward = if mode == Mode::Train { expand(&upload.forward)? } else { vec![] };
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
        let LayerFormat { layout, weights, .. } = self.network.layer(layer)?;
        Ok(WeightBlocks {
            updated: layout.blocks(),
            update_bootstraps: false,
            refreshed: if matches!(weights, WeightTable::Kept) { 0 } else { layout.columns() },
        })
    }

    /// Returns the packed results of the bootstraps: none if weights are kept, one polynomial for each of the weights
    /// if they are refreshed, and one per gadget level if they are lifted. Columns of the same polynomial are added up.
    fn refresh(
        &self,
        layer: usize,
        weights: &Self::Weights,
        blocks: Range<usize>,
        _: Mode,
    ) -> Result<Self::Refreshed, EngineError> {
        let format = self.network.layer(layer)?;
        let LayerFormat { layout, weights: table, .. } = format;
        layout.check(&weights.0)?;
        shapes::check_range("columns of weights", layout.columns(), &blocks)?;
        let columns = blocks.clone();
        let mut packed = match table {
            WeightTable::Kept => vec![],
            WeightTable::Refreshed(lut) => self.refreshed(layout, weights, columns, lut)?,
            WeightTable::Lifted(lut) => self.lifted(layout, weights, columns, lut)?,
        }
        .into_iter();
        let levels = self.network.refreshed_polynomials(format);
        let by_column = std::iter::from_fn(|| Some(packed.by_ref().take(levels).collect()));
        Ok(refreshed::add_up(self.backend, layout, blocks, by_column))
    }

    /// Returns the weights as they are, the refreshed ones, or factors.
    fn prepare(
        &self,
        layer: usize,
        weights: &Self::Weights,
        refreshed: Vec<Self::Refreshed>,
    ) -> Result<Self::Prepared, EngineError> {
        let format = self.network.layer(layer)?;
        format.layout.check(&weights.0)?;
        let levels = self.network.refreshed_polynomials(format);
        let joined = || refreshed::join(self.backend, &format.layout, levels, refreshed);
        Ok(match format.weights {
            WeightTable::Kept => Prepared::Packed(weights.clone()),
            WeightTable::Refreshed(_) => Prepared::Packed(Weights(in_rows(weights, joined()?))),
            WeightTable::Lifted(_) => {
                let factors = self.backend.scheme_switch(&joined()?)?;
                Prepared::Lifted(Arc::new(Weights(in_rows(weights, factors))))
            }
        })
    }

    fn inputs(&self, batch: &[&Self::Sample]) -> Result<Self::Activations, EngineError> {
        let blocks = self.network.layer(0)?.layout.input_blocks();
        let activations = |sample: &&Self::Sample| {
            shapes::check_count("factors of a sample", blocks, sample.inputs.inverted.len())?;
            Ok(SampleActivations { operand: Operand::Factors(Arc::clone(&sample.inputs)), gate: None })
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
                let pairs: PairsOf<'_, B> = match (&sample.operand, weights) {
                    (Operand::Factors(inputs), Prepared::Packed(weights)) => {
                        inputs.inverted.iter().zip(column(weights, block)).collect()
                    }
                    (Operand::Packed(inputs), Prepared::Lifted(weights)) => {
                        column(weights, block).zip(&inputs.inverted).collect()
                    }
                    _ => return Err(other_form()),
                };
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
        let (relu, lut, amplitudes) = self.network.relu(at)?;
        let samples = pre.0.len();
        let inputs: Vec<_> = pre.0.into_iter().flatten().collect();
        let mut outputs = self.backend.bootstrap(relu.precision, &inputs, &lut)?;
        let gates = outputs.pop().filter(|_| mode == Mode::Train && self.network.has_deltas(at.layer));
        let forward = mode == Mode::Train && self.network.is_trained(at.layer + 1);
        let operands = match amplitudes {
            None => self.factors(above, &outputs, samples, forward)?,
            Some(amplitudes) => self.packed(above, &outputs, amplitudes, samples, forward)?,
        };
        let mut gates = gates.map(Vec::into_iter);
        let units = above.layout.inputs - 1;
        let activations = |operand| SampleActivations {
            operand,
            gate: gates.as_mut().map(|gates| gates.by_ref().take(units).collect()),
        };
        Ok(operands.into_iter().map(activations).collect())
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
        // All inputs but the last one, which is the constant one of the bias.
        let units = |block: usize| layout.inputs_of(block).filter(|&k| k + 1 < layout.inputs);
        let sums = deltas.iter().flat_map(|deltas| {
            (0..layout.input_blocks()).map(move |block| {
                let pairs: PairsOf<'_, B> = match weights {
                    Prepared::Packed(weights) => deltas.factors.iter().zip(&weights.0[block]).collect(),
                    Prepared::Lifted(weights) => weights.0[block].iter().zip(&deltas.packed).collect(),
                };
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
                let pair = match &activations.operand {
                    Operand::Factors(inputs) => inputs.forward.get(input).zip(deltas.packed.get(output)),
                    Operand::Packed(inputs) => deltas.factors.get(output).zip(inputs.forward.get(input)),
                };
                pair.ok_or_else(other_form)
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

//! The operations of training over any approximate backend.

use crate::circuit_bootstrapping::{Factor, circuit_bootstrap, constant_rows};
use crate::client::{Upload, Weights};
use crate::layout::Layout;
use crate::network::{ApproximateNetwork, GATE_CENTRE, LayerFormat};
use ndarray::ArrayView2;
use rayon::prelude::*;
use silenzio_core::approximate::{ApproximateBackend, Precision, RealLut};
use silenzio_core::{BackendError, Engine, EngineError, StepContext, shapes};
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
    /// At the amplitude of the gradient, one polynomial per block of outputs.
    packed: Vec<P>,
    /// As factors, one per block of outputs; none in the first layer.
    factors: Vec<Factor<G>>,
}

/// A polynomial per block of inputs and block of outputs.
type Blocks<P> = Vec<Vec<P>>;

/// For each of the functions of a table, the results of a batch.
type Outputs<L> = Vec<Vec<L>>;

type ActivationsOf<B> = SampleActivations<<B as ApproximateBackend>::Ggsw, <B as ApproximateBackend>::Lwe>;
type DeltasOf<B> = SampleDeltas<<B as ApproximateBackend>::Glwe, <B as ApproximateBackend>::Ggsw>;
type FactorOf<B> = Factor<<B as ApproximateBackend>::Ggsw>;

impl<'a, B: ApproximateBackend> ApproximateEngine<'a, B> {
    /// The engine for a network on a backend.
    pub const fn new(backend: &'a B, network: &'a ApproximateNetwork) -> Self {
        Self { backend, network }
    }

    pub(crate) const fn network(&self) -> &'a ApproximateNetwork {
        self.network
    }

    fn add_blocks(&self, sum: &mut Blocks<B::Glwe>, other: &Blocks<B::Glwe>) {
        for (sum, other) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
            self.backend.add_glwe(sum, other);
        }
    }

    /// The sum of products of factors and polynomials.
    fn dot<'s>(
        &self,
        pairs: impl Iterator<Item = (&'s B::Ggsw, &'s B::Glwe)>,
    ) -> Result<Option<B::Glwe>, BackendError>
    where
        B: 's,
    {
        let mut sum: Option<B::Glwe> = None;
        for (factor, polynomial) in pairs {
            let product = self.backend.external_product(factor, polynomial)?;
            match &mut sum {
                Some(sum) => self.backend.add_glwe(sum, &product),
                None => sum = Some(product),
            }
        }
        Ok(sum)
    }

    /// The weights that enter products, by a bootstrap of each master weight.
    fn refreshed(
        &self,
        layout: &Layout,
        weights: &Weights<B::Glwe>,
        lut: &RealLut,
    ) -> Result<Weights<B::Glwe>, EngineError> {
        let row = |(input_block, row): (usize, &Vec<B::Glwe>)| {
            let block = |(output_block, polynomial): (usize, &B::Glwe)| {
                let places = layout.weight_places(input_block, output_block);
                let masters = places.iter().map(|&place| self.backend.extract(polynomial, place));
                let masters = masters.collect::<Result<Vec<_>, _>>()?;
                let refreshed = self.backend.bootstrap(Precision::Coarse, &masters, lut)?.concat();
                self.backend.pack(&places.into_iter().zip(refreshed).collect::<Vec<_>>())
            };
            row.iter().enumerate().map(block).collect::<Result<Vec<_>, BackendError>>()
        };
        Ok(Weights(weights.0.iter().enumerate().map(row).collect::<Result<_, _>>()?))
    }

    /// The activations of one sample from the gadget rows of its units.
    fn activations(
        &self,
        format: &LayerFormat,
        units: &[Vec<B::Lwe>],
        gate: Vec<B::Lwe>,
    ) -> Result<ActivationsOf<B>, EngineError> {
        let layout = &format.layout;
        let constant = constant_rows(self.backend, format.bias_input);
        let rows_of = |k: usize| units.get(k).unwrap_or(&constant).clone();
        let factor = |block: usize| {
            let values: Vec<_> =
                layout.inputs_of(block).map(|k| (layout.input_place(k), rows_of(k))).collect();
            circuit_bootstrap(self.backend, &values, true)
        };
        let factors = (0..layout.input_blocks()).into_par_iter().map(factor).collect::<Result<_, _>>()?;
        Ok(SampleActivations { factors: Arc::new(factors), gate: Some(gate) })
    }

    /// The deltas at the outputs of a layer, from the results of its delta table for a whole batch.
    fn deltas(
        &self,
        format: &LayerFormat,
        outputs: &Outputs<B::Lwe>,
    ) -> Result<Vec<DeltasOf<B>>, EngineError> {
        let layout = &format.layout;
        let samples = outputs.first().map_or(0, Vec::len) / layout.outputs;
        let of_sample = |sample: usize| {
            let first = sample * layout.outputs;
            let of_block = |block: usize| self.deltas_of_block(layout, block, first, outputs);
            let blocks = (0..layout.output_blocks()).into_par_iter().map(of_block);
            let (packed, factors): (Vec<_>, Vec<_>) =
                blocks.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            Ok(SampleDeltas { packed, factors: factors.into_iter().flatten().collect() })
        };
        (0..samples).into_par_iter().map(of_sample).collect()
    }

    /// The deltas of a block of outputs of the sample whose results start at `first`, packed and, where there are
    /// gadget rows, circuit-bootstrapped.
    fn deltas_of_block(
        &self,
        layout: &Layout,
        block: usize,
        first: usize,
        outputs: &Outputs<B::Lwe>,
    ) -> Result<(B::Glwe, Option<FactorOf<B>>), EngineError> {
        let Some((gradient, rows)) = outputs.split_first() else {
            return Err(BackendError::WrongShape("a bootstrap without results".into()).into());
        };
        let places = layout.outputs_of(block).map(|j| (layout.output_place(j), first + j));
        let values: Vec<_> = places.clone().map(|(place, i)| (place, gradient[i].clone())).collect();
        let packed = self.backend.pack(&values)?;
        if rows.is_empty() {
            return Ok((packed, None));
        }
        let rows_of = |i: usize| rows.iter().map(|row| row[i].clone()).collect();
        let values: Vec<_> = places.map(|(place, i)| (place, rows_of(i))).collect();
        Ok((packed, Some(circuit_bootstrap(self.backend, &values, false)?)))
    }

    /// The deltas of one sample below these weights, each in one value with its gate.
    fn gated_deltas(
        &self,
        layout: &Layout,
        weights: &Weights<B::Glwe>,
        deltas: &DeltasOf<B>,
        activations: &ActivationsOf<B>,
    ) -> Result<Vec<B::Lwe>, BackendError> {
        let mut gated = Vec::with_capacity(layout.inputs - 1);
        for (block, row) in weights.0.iter().enumerate() {
            let factors = deltas.factors.iter().map(|factor| &factor.inverted);
            let Some(sum) = self.dot(factors.zip(row))? else { continue };
            // All inputs but the last, the constant one of the bias.
            let units = layout.inputs_of(block).filter(|&k| k + 1 < layout.inputs);
            for (k, gate) in units.zip(activations.gate.iter().flatten().skip(gated.len())) {
                let mut delta = self.backend.extract(&sum, layout.input_place(k))?;
                self.backend.add_lwe(&mut delta, gate);
                self.backend.add_constant(&mut delta, -GATE_CENTRE);
                gated.push(delta);
            }
        }
        Ok(gated)
    }

    /// The gradient of one sample.
    fn outer_product(
        &self,
        activations: &ActivationsOf<B>,
        deltas: &DeltasOf<B>,
    ) -> Result<Blocks<B::Glwe>, BackendError> {
        let row = |factor: &FactorOf<B>| {
            let factor = factor.forward.as_ref().ok_or_else(|| {
                BackendError::WrongShape("activations were not circuit-bootstrapped for a gradient".into())
            })?;
            deltas.packed.par_iter().map(|packed| self.backend.external_product(factor, packed)).collect()
        };
        activations.factors.iter().map(row).collect()
    }
}

impl<B: ApproximateBackend> Engine for ApproximateEngine<'_, B> {
    type Upload = Upload<B::SeededGgsw, B::SeededLwes>;
    type Sample = Sample<B::Ggsw, B::Lwe>;
    type Weights = Weights<B::Glwe>;
    type Prepared = Weights<B::Glwe>;
    type PreActivations = PreActivations<B::Lwe>;
    type Activations = Vec<ActivationsOf<B>>;
    type Deltas = Vec<DeltasOf<B>>;
    type Gradient = Blocks<B::Glwe>;

    fn layers(&self) -> usize {
        self.network.layers().len()
    }

    fn expand(&self, upload: &Self::Upload) -> Result<Self::Sample, EngineError> {
        let blocks = self.network.layer(0)?.layout.input_blocks();
        shapes::check_count("factors of a sample", blocks, upload.forward.len())?;
        shapes::check_count("inverted factors of a sample", blocks, upload.inverted.len())?;
        let factor = |(forward, inverted): (&B::SeededGgsw, &B::SeededGgsw)| {
            let inverted = self.backend.expand_ggsw(inverted)?;
            Ok(Factor { forward: Some(self.backend.expand_ggsw(forward)?), inverted })
        };
        let factors = upload.forward.iter().zip(&upload.inverted).map(factor);
        let inputs = Arc::new(factors.collect::<Result<_, BackendError>>()?);
        let label = upload.label.as_ref().map(|label| self.backend.expand_lwes(label)).transpose()?;
        if let Some(label) = &label {
            let classes = self.network.layer(self.network.last())?.layout.outputs;
            shapes::check_count("label of a sample", classes, label.len())?;
        }
        Ok(Sample { inputs, label })
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
    fn prepare(&self, layer: usize, weights: &Self::Weights) -> Result<Self::Prepared, EngineError> {
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
        let of_sample = |sample: &ActivationsOf<B>| {
            let of_block = |block: usize| {
                let factors = sample.factors.iter().map(|factor| &factor.inverted);
                let column = weights.0.iter().map(|row| &row[block]);
                let Some(sum) = self.dot(factors.zip(column))? else { return Ok(vec![]) };
                layout
                    .outputs_of(block)
                    .map(|j| self.backend.extract(&sum, layout.output_place(j)))
                    .collect::<Result<Vec<_>, BackendError>>()
            };
            let blocks = (0..layout.output_blocks()).into_par_iter().map(of_block);
            Ok(blocks.collect::<Result<Vec<_>, BackendError>>()?.concat())
        };
        Ok(PreActivations(activations.par_iter().map(of_sample).collect::<Result<_, EngineError>>()?))
    }

    fn relu(&self, at: StepContext, pre: Self::PreActivations) -> Result<Self::Activations, EngineError> {
        let above = self.network.layer(at.layer + 1)?;
        let units = above.layout.inputs - 1;
        let Some(lut) = &self.network.layer(at.layer)?.relu else {
            return Err(EngineError::Shape {
                what: "layer with a ReLU",
                expected: "a hidden one".into(),
                found: at.layer.to_string(),
            });
        };
        let mut rows = self.backend.bootstrap(Precision::Fine, &pre.0.concat(), lut)?;
        let gates = rows.pop().unwrap_or_default();
        let of_sample = |(sample, gate): (usize, &[B::Lwe])| {
            let values: Vec<Vec<B::Lwe>> = (0..units)
                .map(|k| rows.iter().map(|row| row[sample * units + k].clone()).collect())
                .collect();
            self.activations(above, &values, gate.to_vec())
        };
        gates.par_chunks(units).enumerate().map(of_sample).collect()
    }

    fn loss_gradient(
        &self,
        at: StepContext,
        logits: Self::PreActivations,
        batch: &[&Self::Sample],
    ) -> Result<Self::Deltas, EngineError> {
        let format = self.network.layer(at.layer)?;
        let labels = batch.iter().map(|sample| Ok(shapes::label(&sample.label)?.as_slice()));
        let labels = labels.collect::<Result<Vec<&[B::Lwe]>, EngineError>>()?;
        let mut deltas = self.network.softmax().deltas(self.backend, &logits.0, &labels)?;
        for (delta, dither) in deltas.iter_mut().zip(self.network.loss_dither(at)) {
            self.backend.add_constant(delta, dither);
        }
        self.deltas(format, &self.backend.bootstrap(Precision::Fine, &deltas, &format.delta_at(at.rate))?)
    }

    fn propagate(
        &self,
        at: StepContext,
        deltas: &Self::Deltas,
        weights: &Self::Prepared,
        activations: &Self::Activations,
    ) -> Result<Self::Deltas, EngineError> {
        let below = at.layer.checked_sub(1).map(|below| self.network.layer(below)).transpose()?;
        let Some(below) = below else {
            return Err(shapes::no_layer_below(at.layer));
        };
        let layout = &self.network.layer(at.layer)?.layout;
        let gated = deltas
            .par_iter()
            .zip(activations)
            .map(|(deltas, activations)| self.gated_deltas(layout, weights, deltas, activations))
            .collect::<Result<Vec<_>, BackendError>>()?;
        self.deltas(
            below,
            &self.backend.bootstrap(Precision::Fine, &gated.concat(), &below.delta_at(at.rate))?,
        )
    }

    fn gradient(
        &self,
        at: StepContext,
        activations: &Self::Activations,
        deltas: &Self::Deltas,
    ) -> Result<Self::Gradient, EngineError> {
        self.network.layer(at.layer)?;
        let products = activations.par_iter().zip(deltas).map(|(a, deltas)| self.outer_product(a, deltas));
        let sum = products.try_reduce_with(|mut sum, other| {
            self.add_blocks(&mut sum, &other);
            Ok(sum)
        });
        Ok(sum.transpose()?.unwrap_or_default())
    }

    fn update(
        &self,
        at: StepContext,
        weights: &mut Self::Weights,
        gradient: Self::Gradient,
    ) -> Result<(), EngineError> {
        self.network.layer(at.layer)?.layout.check(&gradient)?;
        for (weights, gradient) in weights.0.iter_mut().flatten().zip(gradient.iter().flatten()) {
            self.backend.sub_glwe(weights, gradient);
        }
        Ok(())
    }
}

//! The binary forms of everything that client and server exchange. Their formats follow from the public network.

use crate::client::{ApproximateEngineClient, Upload, Weights};
use crate::engine::{ApproximateEngine, Gradient, PreActivations};
use crate::network::{ApproximateNetwork, LayerFormat};
use crate::refreshed::Refreshed;
use silenzio_core::approximate::backend::{ApproximateTypes, Glwe, Lwe, SeededGgsw, SeededLwes};
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, ApproximateParameters};
use silenzio_core::storage::{GradientFormat, LogitsFormat, UploadFormat, WeightsFormat};
use silenzio_core::wire::{self, misuse};
use silenzio_core::{Mode, StoredClient, StoredEngine, Wire};
use std::io::{self, Read, Write};
use std::ops::Range;

/// Ciphertext types with binary forms.
pub trait StoredTypes:
    ApproximateTypes<
        Lwe: Wire<ApproximateParameters>,
        Glwe: Wire<ApproximateParameters>,
        SeededGgsw: Wire<ApproximateParameters>,
        SeededLwes: Wire<(ApproximateParameters, usize)>,
    >
{
}

impl<T> StoredTypes for T where
    T: ApproximateTypes<
            Lwe: Wire<ApproximateParameters>,
            Glwe: Wire<ApproximateParameters>,
            SeededGgsw: Wire<ApproximateParameters>,
            SeededLwes: Wire<(ApproximateParameters, usize)>,
        >
{
}

impl<B> StoredEngine for ApproximateEngine<'_, B>
where
    B: ApproximateBackend<Types: StoredTypes>,
{
    fn read_upload(&self, from: &mut dyn Read, labelled: bool) -> io::Result<Self::Upload> {
        Upload::read(from, &UploadFormat { network: self.network(), labelled })
    }

    fn weights_len(&self, layer: usize) -> io::Result<u64> {
        Weights::<Glwe<B::Types>>::encoded_len(&WeightsFormat { network: self.network(), layer })
    }

    fn write_weights(&self, to: &mut dyn Write, weights: &Self::Weights) -> io::Result<()> {
        weights.write(to)
    }

    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights> {
        Weights::read(from, &WeightsFormat { network: self.network(), layer })
    }

    fn write_weight_blocks(
        &self,
        to: &mut dyn Write,
        weights: &Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()> {
        let mut polynomials = weights.0.iter().flatten().skip(blocks.start).take(blocks.len());
        polynomials.try_for_each(|polynomial| polynomial.write(to))
    }

    fn read_weight_blocks(
        &self,
        from: &mut dyn Read,
        _: usize,
        weights: &mut Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()> {
        let mut polynomials = weights.0.iter_mut().flatten().skip(blocks.start).take(blocks.len());
        polynomials.try_for_each(|polynomial| {
            *polynomial = Wire::read(from, self.network().parameters())?;
            Ok(())
        })
    }

    fn write_refreshed(&self, to: &mut dyn Write, refreshed: &Self::Refreshed) -> io::Result<()> {
        refreshed.polynomials.iter().try_for_each(|polynomial| polynomial.write(to))
    }

    fn read_refreshed(
        &self,
        from: &mut dyn Read,
        layer: usize,
        blocks: Range<usize>,
        _: Mode,
    ) -> io::Result<Self::Refreshed> {
        let format = self.network().layer(layer).map_err(misuse)?;
        let count = format.layout.polynomials_of_columns(&blocks).len();
        let polynomials = wire::read_all(from, self.network().parameters(), count)?;
        Ok(Refreshed { columns: blocks, polynomials })
    }

    fn write_gradient(&self, to: &mut dyn Write, gradient: &Self::Gradient) -> io::Result<()> {
        gradient.write(to)
    }

    fn read_gradient(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Gradient> {
        Gradient::read(from, &GradientFormat { network: self.network(), layer })
    }

    fn logits_len(&self, samples: usize) -> io::Result<u64> {
        PreActivations::<Lwe<B::Types>>::encoded_len(&LogitsFormat { network: self.network(), samples })
    }

    fn write_logits(&self, to: &mut dyn Write, logits: &Self::PreActivations) -> io::Result<()> {
        logits.write(to)
    }
}

impl<C> StoredClient for ApproximateEngineClient<'_, C>
where
    C: ApproximateClient<Types: StoredTypes>,
{
    fn upload_len(&self, labelled: bool) -> io::Result<u64> {
        Upload::<SeededGgsw<C::Types>, SeededLwes<C::Types>>::encoded_len(&UploadFormat {
            network: self.network(),
            labelled,
        })
    }

    fn write_upload(&self, to: &mut dyn Write, upload: &Self::Upload) -> io::Result<()> {
        upload.write(to)
    }

    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights> {
        Weights::read(from, &WeightsFormat { network: self.network(), layer })
    }

    fn read_logits(&self, from: &mut dyn Read, samples: usize) -> io::Result<Self::Logits> {
        PreActivations::read(from, &LogitsFormat { network: self.network(), samples })
    }
}

/// The binary form is the factors p(X) of all blocks if the first layer is trained, then the factors p(1/X) of all
/// blocks, then the label if there is one.
impl<G, L> Wire<UploadFormat<'_, ApproximateNetwork>> for Upload<G, L>
where
    G: Wire<ApproximateParameters>,
    L: Wire<(ApproximateParameters, usize)>,
{
    fn encoded_len(format: &UploadFormat<'_, ApproximateNetwork>) -> io::Result<u64> {
        let UploadFormat { network, labelled } = *format;
        let parameters = network.parameters();
        let blocks = layer(network, 0)?.layout.input_blocks();
        let factors = wire::encoded_len_of::<_, G>(parameters, network.factors_per_block() * blocks)?;
        if !labelled {
            return Ok(factors);
        }
        let classes = layer(network, network.last())?.layout.outputs;
        Ok(factors + L::encoded_len(&(*parameters, classes))?)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_all(to, &self.forward)?;
        wire::write_all(to, &self.inverted)?;
        self.label.iter().try_for_each(|label| label.write(to))
    }

    fn read(from: &mut dyn Read, format: &UploadFormat<'_, ApproximateNetwork>) -> io::Result<Self> {
        let UploadFormat { network, labelled } = *format;
        let parameters = network.parameters();
        let (first, last) = (layer(network, 0)?, layer(network, network.last())?);
        let blocks = first.layout.input_blocks();
        let forward = wire::read_all(from, parameters, (network.factors_per_block() - 1) * blocks)?;
        let inverted = wire::read_all(from, parameters, blocks)?;
        let label = labelled.then(|| L::read(from, &(*parameters, last.layout.outputs))).transpose()?;
        Ok(Self { forward, inverted, label })
    }
}

/// The binary form is all polynomials: those of the first block of inputs, then those of the next, and so on.
impl<G: Wire<ApproximateParameters>> Wire<WeightsFormat<'_, ApproximateNetwork>> for Weights<G> {
    fn encoded_len(format: &WeightsFormat<'_, ApproximateNetwork>) -> io::Result<u64> {
        let layout = &layer(format.network, format.layer)?.layout;
        let polynomials = layout.input_blocks() * layout.output_blocks();
        wire::encoded_len_of::<_, G>(format.network.parameters(), polynomials)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|row| wire::write_all(to, row))
    }

    fn read(from: &mut dyn Read, format: &WeightsFormat<'_, ApproximateNetwork>) -> io::Result<Self> {
        let layout = &layer(format.network, format.layer)?.layout;
        let mut row = |_| wire::read_all(from, format.network.parameters(), layout.output_blocks());
        Ok(Self((0..layout.input_blocks()).map(&mut row).collect::<Result<_, _>>()?))
    }
}

/// The binary form is that of weights.
impl<G: Wire<ApproximateParameters>> Wire<GradientFormat<'_, ApproximateNetwork>> for Gradient<G> {
    fn encoded_len(format: &GradientFormat<'_, ApproximateNetwork>) -> io::Result<u64> {
        let GradientFormat { network, layer } = *format;
        Weights::<G>::encoded_len(&WeightsFormat { network, layer })
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.write(to)
    }

    fn read(from: &mut dyn Read, format: &GradientFormat<'_, ApproximateNetwork>) -> io::Result<Self> {
        let GradientFormat { network, layer } = *format;
        Ok(Self(Weights::read(from, &WeightsFormat { network, layer })?))
    }
}

/// The binary form is the logits, sample by sample.
impl<L: Wire<ApproximateParameters>> Wire<LogitsFormat<'_, ApproximateNetwork>> for PreActivations<L> {
    fn encoded_len(format: &LogitsFormat<'_, ApproximateNetwork>) -> io::Result<u64> {
        let classes = layer(format.network, format.network.last())?.layout.outputs;
        wire::encoded_len_of::<_, L>(format.network.parameters(), format.samples * classes)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|sample| wire::write_all(to, sample))
    }

    fn read(from: &mut dyn Read, format: &LogitsFormat<'_, ApproximateNetwork>) -> io::Result<Self> {
        let classes = layer(format.network, format.network.last())?.layout.outputs;
        let mut sample = |_| wire::read_all(from, format.network.parameters(), classes);
        Ok(Self((0..format.samples).map(&mut sample).collect::<Result<_, _>>()?))
    }
}

/// The format of a layer, with the error as an I/O error.
fn layer(network: &ApproximateNetwork, layer: usize) -> io::Result<&LayerFormat> {
    network.layer(layer).map_err(misuse)
}

//! Binary forms of the data that are sent between client and server, or between ranks. Formats follow from the public
//! network.

use crate::client::{ExactClient, Upload};
use crate::engine::{ExactEngine, Gradient, PreActivations};
use crate::format::LayerFormat;
use crate::gadget::from_elements;
use crate::network::ExactNetwork;
use crate::residues::Residues;
use crate::weights::{WeightDigits, WeightFormat};
use ndarray::{Array2, ArrayViewMut2};
use silenzio_core::storage::{GradientFormat, LogitsFormat, UploadFormat, WeightsFormat};
use silenzio_core::wire::{self, invalid, misuse};
use silenzio_core::{
    Backend, Client, Mode, Modulus, Seeded, StoredClient, StoredEngine, Value, ValueTypes, Wire,
};
use std::io::{self, Read, Write};
use std::ops::Range;

impl<B> StoredEngine for ExactEngine<'_, B>
where
    B: Backend<Types: ValueTypes<Value: Wire<Modulus>, Seeded: Wire<(Modulus, usize)>>>,
{
    fn read_upload(&self, from: &mut dyn Read, labelled: bool) -> io::Result<Self::Upload> {
        Upload::read(from, &UploadFormat { network: self.network(), labelled })
    }

    fn weights_len(&self, layer: usize) -> io::Result<u64> {
        WeightDigits::<Value<B::Types>>::encoded_len(&WeightsFormat { network: self.network(), layer })
    }

    fn write_weights(&self, to: &mut dyn Write, weights: &Self::Weights) -> io::Result<()> {
        weights.write(to)
    }

    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights> {
        WeightDigits::read(from, &WeightsFormat { network: self.network(), layer })
    }

    fn write_weight_blocks(
        &self,
        to: &mut dyn Write,
        weights: &Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()> {
        let rows = weights.rows(blocks).map_err(misuse)?;
        rows.low.iter().chain(&rows.high).try_for_each(|digit| digit.write(to))
    }

    fn read_weight_blocks(
        &self,
        from: &mut dyn Read,
        layer_number: usize,
        weights: &mut Self::Weights,
        blocks: Range<usize>,
    ) -> io::Result<()> {
        let WeightFormat { low, high, .. } = layer(self.network(), layer_number)?.weights;
        let rows = weights.rows_mut(blocks).map_err(misuse)?;
        read_into(from, low, rows.low)?;
        read_into(from, high, rows.high)
    }

    fn write_refreshed(&self, to: &mut dyn Write, refreshed: &Self::Refreshed) -> io::Result<()> {
        write_residues(to, refreshed)
    }

    fn read_refreshed(
        &self,
        from: &mut dyn Read,
        layer_number: usize,
        blocks: Range<usize>,
        mode: Mode,
    ) -> io::Result<Self::Refreshed> {
        let (_, columns) = layer(self.network(), layer_number)?.weight_shape();
        let moduli = self.network().prepared_moduli(layer_number, mode).map_err(misuse)?;
        read_residues(from, &moduli, (blocks.len(), columns))
    }

    fn write_gradient(&self, to: &mut dyn Write, gradient: &Self::Gradient) -> io::Result<()> {
        gradient.write(to)
    }

    fn read_gradient(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Gradient> {
        Gradient::read(from, &GradientFormat { network: self.network(), layer })
    }

    fn logits_len(&self, samples: usize) -> io::Result<u64> {
        PreActivations::<Value<B::Types>>::encoded_len(&LogitsFormat { network: self.network(), samples })
    }

    fn write_logits(&self, to: &mut dyn Write, logits: &Self::PreActivations) -> io::Result<()> {
        logits.write(to)
    }
}

impl<C> StoredClient for ExactClient<'_, C>
where
    C: Client<Types: ValueTypes<Value: Wire<Modulus>, Seeded: Wire<(Modulus, usize)>>>,
{
    fn upload_len(&self, labelled: bool) -> io::Result<u64> {
        Upload::<Seeded<C::Types>>::encoded_len(&UploadFormat { network: self.network(), labelled })
    }

    fn write_upload(&self, to: &mut dyn Write, upload: &Self::Upload) -> io::Result<()> {
        upload.write(to)
    }

    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights> {
        WeightDigits::read(from, &WeightsFormat { network: self.network(), layer })
    }

    fn read_logits(&self, from: &mut dyn Read, samples: usize) -> io::Result<Self::Logits> {
        PreActivations::read(from, &LogitsFormat { network: self.network(), samples })
    }
}

/// The inputs, one modulus after another, then the label, one modulus after another.
impl<S: Wire<(Modulus, usize)>> Wire<UploadFormat<'_, ExactNetwork>> for Upload<S> {
    fn encoded_len(format: &UploadFormat<'_, ExactNetwork>) -> io::Result<u64> {
        let UploadFormat { network, labelled } = *format;
        let inputs = vectors_len::<S>(&network.input_moduli(0), layer(network, 0)?.inputs)?;
        if !labelled {
            return Ok(inputs);
        }
        Ok(inputs + vectors_len::<S>(&network.label_moduli(), layer(network, network.last())?.outputs)?)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_all(to, &self.inputs)?;
        self.label.iter().try_for_each(|label| wire::write_all(to, label))
    }

    fn read(from: &mut dyn Read, format: &UploadFormat<'_, ExactNetwork>) -> io::Result<Self> {
        let UploadFormat { network, labelled } = *format;
        let (first, last) = (layer(network, 0)?, layer(network, network.last())?);
        let inputs = read_vectors(from, &network.input_moduli(0), first.inputs)?;
        let label =
            labelled.then(|| read_vectors(from, &network.label_moduli(), last.outputs)).transpose()?;
        Ok(Self { inputs, label })
    }
}

/// All low digits, row by row, then all high digits.
impl<V: Wire<Modulus>> Wire<WeightsFormat<'_, ExactNetwork>> for WeightDigits<V> {
    fn encoded_len(format: &WeightsFormat<'_, ExactNetwork>) -> io::Result<u64> {
        let layer = layer(format.network, format.layer)?;
        let (rows, columns) = layer.weight_shape();
        let WeightFormat { low, high, .. } = layer.weights;
        Ok((V::encoded_len(&low)? + V::encoded_len(&high)?) * (rows * columns) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.low.iter().chain(&self.high).try_for_each(|digit| digit.write(to))
    }

    fn read(from: &mut dyn Read, format: &WeightsFormat<'_, ExactNetwork>) -> io::Result<Self> {
        let layer = layer(format.network, format.layer)?;
        let shape = layer.weight_shape();
        let low = read_matrix(from, layer.weights.low, shape)?;
        Ok(Self { low, high: read_matrix(from, layer.weights.high, shape)? })
    }
}

/// The residues, one modulus after another, row by row.
impl<V: Wire<Modulus>> Wire<GradientFormat<'_, ExactNetwork>> for Gradient<V> {
    fn encoded_len(format: &GradientFormat<'_, ExactNetwork>) -> io::Result<u64> {
        let layer = layer(format.network, format.layer)?;
        let (rows, columns) = layer.weight_shape();
        let of_modulus = |m: &Modulus| wire::encoded_len_of::<_, V>(m, rows * columns);
        layer.gradient.moduli().iter().map(of_modulus).sum()
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        write_residues(to, &self.0)
    }

    fn read(from: &mut dyn Read, format: &GradientFormat<'_, ExactNetwork>) -> io::Result<Self> {
        let layer = layer(format.network, format.layer)?;
        Ok(Self(read_residues(from, layer.gradient.moduli(), layer.weight_shape())?))
    }
}

/// The logits, one sample after another.
impl<V: Wire<Modulus>> Wire<LogitsFormat<'_, ExactNetwork>> for PreActivations<V> {
    fn encoded_len(format: &LogitsFormat<'_, ExactNetwork>) -> io::Result<u64> {
        let last = layer(format.network, format.network.last())?;
        wire::encoded_len_of::<_, V>(&last.forward.scaling.container(), format.samples * last.outputs)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|logit| logit.write(to))
    }

    fn read(from: &mut dyn Read, format: &LogitsFormat<'_, ExactNetwork>) -> io::Result<Self> {
        let last = layer(format.network, format.network.last())?;
        let shape = (format.samples, last.outputs);
        Ok(Self(read_matrix(from, last.forward.scaling.container(), shape)?))
    }
}

/// A layer of a network, for a format that names it.
fn layer(network: &ExactNetwork, layer: usize) -> io::Result<&LayerFormat> {
    network.layer(layer).map_err(misuse)
}

/// The length of one vector of `count` values for each modulus.
fn vectors_len<S: Wire<(Modulus, usize)>>(moduli: &[Modulus], count: usize) -> io::Result<u64> {
    moduli.iter().map(|&m| S::encoded_len(&(m, count))).sum()
}

/// Reads one vector of `count` values for each modulus.
fn read_vectors<S: Wire<(Modulus, usize)>>(
    from: &mut dyn Read,
    moduli: &[Modulus],
    count: usize,
) -> io::Result<Vec<S>> {
    moduli.iter().map(|&m| S::read(from, &(m, count))).collect()
}

/// Writes the matrices, one modulus after another, row by row.
fn write_residues<V: Wire<Modulus>>(to: &mut dyn Write, residues: &Residues<V>) -> io::Result<()> {
    let values = residues.matrices().iter().flat_map(|(_, matrix)| matrix);
    values.into_iter().try_for_each(|value| value.write(to))
}

fn read_residues<V: Wire<Modulus>>(
    from: &mut dyn Read,
    moduli: &[Modulus],
    shape: (usize, usize),
) -> io::Result<Residues<V>> {
    let matrix = |&m: &Modulus| Ok((m, read_matrix(from, m, shape)?));
    Ok(Residues::new(moduli.iter().map(matrix).collect::<io::Result<_>>()?))
}

/// Reads values modulo `m` into a matrix, row by row.
fn read_into<V: Wire<Modulus>>(
    from: &mut dyn Read,
    m: Modulus,
    mut matrix: ArrayViewMut2<'_, V>,
) -> io::Result<()> {
    matrix.iter_mut().try_for_each(|value| {
        *value = V::read(from, &m)?;
        Ok(())
    })
}

/// Reads a matrix of values modulo `m`, row by row.
fn read_matrix<V: Wire<Modulus>>(
    from: &mut dyn Read,
    m: Modulus,
    shape: (usize, usize),
) -> io::Result<Array2<V>> {
    let elements = wire::read_all(from, &m, shape.0 * shape.1)?;
    from_elements(shape, elements).map_err(|error| invalid(error.to_string()))
}

//! Binary forms of what travels between client and server, with formats that the public network decides.

use crate::client::{LeveledEngineClient, Upload, Weights};
use crate::engine::{LeveledEngine, PreActivations};
use crate::network::LeveledNetwork;
use silenzio_core::leveled::{LeveledBackend, LeveledClient, LeveledParameters};
use silenzio_core::storage::{LogitsFormat, UploadFormat, WeightsFormat};
use silenzio_core::{StoredClient, StoredEngine, Wire, wire};
use std::io::{self, Read, Write};

impl<B> StoredEngine for LeveledEngine<'_, B>
where
    B: LeveledBackend<
            Lwe: Wire<LeveledParameters>,
            Glwe: Wire<LeveledParameters>,
            SeededGgsw: Wire<LeveledParameters>,
            SeededLwes: Wire<(LeveledParameters, usize)>,
        >,
{
    fn read_upload(&self, from: &mut dyn Read, labelled: bool) -> io::Result<Self::Upload> {
        Upload::read(from, &UploadFormat { network: self.network(), labelled })
    }

    fn write_weights(&self, to: &mut dyn Write, weights: &Self::Weights) -> io::Result<()> {
        weights.write(to)
    }

    fn read_weights(&self, from: &mut dyn Read, layer: usize) -> io::Result<Self::Weights> {
        Weights::read(from, &WeightsFormat { network: self.network(), layer })
    }

    fn write_logits(&self, to: &mut dyn Write, logits: &Self::PreActivations) -> io::Result<()> {
        logits.write(to)
    }
}

impl<C> StoredClient for LeveledEngineClient<'_, C>
where
    C: LeveledClient<
            Lwe: Wire<LeveledParameters>,
            Glwe: Wire<LeveledParameters>,
            SeededGgsw: Wire<LeveledParameters>,
            SeededLwes: Wire<(LeveledParameters, usize)>,
        >,
{
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

/// The factors of all blocks, the inverted ones of all blocks, the label.
impl<G, L> Wire<UploadFormat<'_, LeveledNetwork>> for Upload<G, L>
where
    G: Wire<LeveledParameters>,
    L: Wire<(LeveledParameters, usize)>,
{
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_all(to, &self.forward)?;
        wire::write_all(to, &self.inverted)?;
        self.label.iter().try_for_each(|label| label.write(to))
    }

    fn read(from: &mut dyn Read, format: &UploadFormat<'_, LeveledNetwork>) -> io::Result<Self> {
        let UploadFormat { network, labelled } = *format;
        let parameters = network.parameters();
        let (first, last) = (network.layer(0)?, network.layer(network.last())?);
        let blocks = first.layout.input_blocks();
        let forward = wire::read_all(from, parameters, blocks)?;
        let inverted = wire::read_all(from, parameters, blocks)?;
        let label = labelled.then(|| L::read(from, &(*parameters, last.layout.outputs))).transpose()?;
        Ok(Self { forward, inverted, label })
    }
}

/// The polynomials of one block of inputs after the other.
impl<G: Wire<LeveledParameters>> Wire<WeightsFormat<'_, LeveledNetwork>> for Weights<G> {
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|row| wire::write_all(to, row))
    }

    fn read(from: &mut dyn Read, format: &WeightsFormat<'_, LeveledNetwork>) -> io::Result<Self> {
        let layout = &format.network.layer(format.layer)?.layout;
        let mut row = |_| wire::read_all(from, format.network.parameters(), layout.output_blocks());
        Ok(Self((0..layout.input_blocks()).map(&mut row).collect::<Result<_, _>>()?))
    }
}

/// Those of one sample after the other.
impl<L: Wire<LeveledParameters>> Wire<LogitsFormat<'_, LeveledNetwork>> for PreActivations<L> {
    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.0.iter().try_for_each(|sample| wire::write_all(to, sample))
    }

    fn read(from: &mut dyn Read, format: &LogitsFormat<'_, LeveledNetwork>) -> io::Result<Self> {
        let classes = format.network.layer(format.network.last())?.layout.outputs;
        let mut sample = |_| wire::read_all(from, format.network.parameters(), classes);
        Ok(Self((0..format.samples).map(&mut sample).collect::<Result<_, _>>()?))
    }
}

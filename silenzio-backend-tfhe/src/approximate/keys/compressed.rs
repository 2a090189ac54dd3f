//! The server's keys as the client generates and sends them.

use super::ApproximateServerKey;
use super::rotations::Rotations;
use super::server::{AutomorphismKey, EvaluationKeys};
use crate::approximate::seeded::SeededGgsw;
use crate::fft::fft;
use crate::keys::{KeyswitchShape, SeededSmallKeyswitch, SmallKeyswitchShape};
use crate::rotation::{CompressedRotationKey, RotationParameters};
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::wire::{self, Wire};
use std::fmt;
use std::io::{self, Read, Write};
use tfhe::core_crypto::prelude::PolynomialSize;

/// The evaluation keys, with seeds in place of masks.
///
/// They have half the size of the [`ApproximateServerKey`], and do not depend on a machine's Fourier transform.
pub struct CompressedApproximateServerKey {
    pub(super) id: u128,
    pub(super) parameters: ApproximateParameters,
    pub(super) keyswitch: SeededSmallKeyswitch,
    pub(super) rotations: Rotations<CompressedRotationKey>,
    /// A GGSW of -s.
    pub(super) minus_key: SeededGgsw,
    /// GGSWs of -s(X^t), one for each exponent t of [`exponents`].
    pub(super) automorphisms: Vec<SeededGgsw>,
}

impl CompressedApproximateServerKey {
    /// The id of the client key that it belongs to.
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// The size of the keys for these parameters, in bytes.
    pub fn bytes(parameters: &ApproximateParameters) -> usize {
        let ggsw = |gadget| SeededGgsw::bytes(parameters.polynomial_size, gadget);
        keyswitch_shape(parameters).seeded_bytes()
            + Rotations::of(parameters).iter().map(RotationParameters::compressed_key_bytes).sum::<usize>()
            + ggsw(parameters.key_row)
            + exponents(parameters).count() * ggsw(parameters.automorphism)
    }

    /// Expands the keys, so that they are ready for computing.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if no blind rotation or keyswitch supports the parameters.
    pub fn expand(self) -> Result<ApproximateServerKey, BackendError> {
        let parameters = self.parameters;
        let size = parameters.polynomial_size;
        let fft = fft(PolynomialSize(size));
        let automorphisms = self.automorphisms.par_iter().zip(exponents(&parameters).collect::<Vec<_>>());
        let automorphism = |(ggsw, exponent): (&SeededGgsw, usize)| {
            let minus_moved_key = ggsw.expand_body_rows(size, parameters.automorphism)?;
            Ok::<_, BackendError>(AutomorphismKey { exponent, minus_moved_key })
        };
        Ok(ApproximateServerKey::from_keys(EvaluationKeys {
            id: self.id,
            parameters,
            keyswitch: self.keyswitch.expand()?,
            rotations: self.rotations.try_map(|key| key.expand())?,
            minus_key: self.minus_key.expand(size, parameters.key_row, &fft),
            automorphisms: automorphisms.map(automorphism).collect::<Result<_, _>>()?,
            fft,
        }))
    }
}

pub(in crate::approximate) fn keyswitch_shape(parameters: &ApproximateParameters) -> SmallKeyswitchShape {
    let keyswitch = KeyswitchShape {
        from: parameters.polynomial_size,
        to: parameters.lwe_dimension,
        decomposition: parameters.keyswitch.into(),
    };
    SmallKeyswitchShape::new(keyswitch, parameters.keyswitch_ring)
}

/// The t of the automorphisms X -> X^t: 2^l + 1 for l = 1 ..= log2 N, and then 2N - 1.
pub(super) fn exponents(parameters: &ApproximateParameters) -> impl Iterator<Item = usize> {
    (1..=parameters.log_size()).map(|l| (1 << l) + 1).chain([2 * parameters.polynomial_size - 1])
}

impl fmt::Debug for CompressedApproximateServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedApproximateServerKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The binary form is the id, the keyswitching key, the bootstrapping keys by precision, and the GGSWs.
impl Wire<ApproximateParameters> for CompressedApproximateServerKey {
    fn encoded_len(parameters: &ApproximateParameters) -> io::Result<u64> {
        Ok((size_of::<u128>() + Self::bytes(parameters)) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u128s(to, &[self.id])?;
        self.keyswitch.write(to)?;
        self.rotations.iter().try_for_each(|key| key.write(to))?;
        self.minus_key.write(to)?;
        wire::write_all(to, &self.automorphisms)
    }

    fn read(from: &mut dyn Read, parameters: &ApproximateParameters) -> io::Result<Self> {
        let mut id = [0];
        wire::read_u128s(from, &mut id)?;
        let size = parameters.polynomial_size;
        Ok(Self {
            id: id[0],
            parameters: *parameters,
            keyswitch: SeededSmallKeyswitch::read(from, &keyswitch_shape(parameters))?,
            rotations: Rotations::of(parameters)
                .try_map(|rotation| CompressedRotationKey::read(from, &rotation))?,
            minus_key: SeededGgsw::read_with(from, size, parameters.key_row)?,
            automorphisms: exponents(parameters)
                .map(|_| SeededGgsw::read_with(from, size, parameters.automorphism))
                .collect::<io::Result<_>>()?,
        })
    }
}

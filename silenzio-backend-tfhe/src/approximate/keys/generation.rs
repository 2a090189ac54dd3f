//! Generation of evaluation keys, which takes the secret key.

use super::compressed::{exponents, keyswitch_shape};
use super::rotations::Rotations;
use super::{ApproximateClientKey, ApproximateServerKey, CompressedApproximateServerKey};
use crate::keys::{Meter, Progress, SeededSmallKeyswitch};
use crate::rotation::CompressedRotationKey;
use rayon::prelude::*;
use silenzio_core::BackendError;
use tfhe::core_crypto::prelude::StandardDev;

impl CompressedApproximateServerKey {
    /// Generates the evaluation keys of `client`. Several threads call `report` meanwhile.
    pub fn new(client: &ApproximateClientKey, report: &(dyn Fn(Progress) + Sync)) -> Self {
        let parameters = *client.parameters();
        let meter = Meter::new(Self::bytes(&parameters), report);
        let made = |bytes| meter.add(bytes);
        let rotation = |rotation| {
            CompressedRotationKey::encrypt(rotation, client.small_bits(), client.glwe_bits(), &made)
        };
        let moved_key = |t, gadget| {
            let ggsw = client.encrypt_moved_key(t, gadget);
            made(ggsw.size_bytes());
            ggsw
        };
        let exponents: Vec<_> = exponents(&parameters).collect();
        Self {
            id: client.id(),
            parameters,
            keyswitch: SeededSmallKeyswitch::generate(
                keyswitch_shape(&parameters),
                client.glwe_bits(),
                client.small_bits(),
                StandardDev(parameters.lwe_std()),
                &made,
            ),
            rotations: Rotations::of(&parameters).map(rotation),
            minus_key: moved_key(1, parameters.key_row),
            automorphisms: exponents.par_iter().map(|&t| moved_key(t, parameters.automorphism)).collect(),
        }
    }
}

impl ApproximateServerKey {
    /// Generates the evaluation keys of `client`, ready for computing in the same process.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if no blind rotation or keyswitch supports the parameters.
    pub fn new(client: &ApproximateClientKey) -> Result<Self, BackendError> {
        CompressedApproximateServerKey::new(client, &|_| ()).expand()
    }
}

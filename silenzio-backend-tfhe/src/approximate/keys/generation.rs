//! Making evaluation keys, which takes the secret key.

use super::compressed::{bootstrap_shape, exponents};
use super::{ApproximateClientKey, ApproximateServerKey, CompressedApproximateServerKey};
use crate::keys::{Meter, Progress, SeededBootstrap, SeededKeyswitch};
use crate::security::minimal_noise;
use rayon::prelude::*;

impl CompressedApproximateServerKey {
    /// The evaluation keys that belong to `client`, with calls to `report` from several threads on the way.
    pub fn new(client: &ApproximateClientKey, report: &(dyn Fn(Progress) + Sync)) -> Self {
        let parameters = *client.parameters();
        let meter = Meter::new(Self::bytes(&parameters), report);
        let made = |bytes| meter.add(bytes);
        let bootstrap = |gadget| {
            SeededBootstrap::generate(
                bootstrap_shape(&parameters, gadget),
                client.small_bits(),
                client.glwe_bits(),
                minimal_noise(parameters.polynomial_size),
                &made,
            )
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
            keyswitch: SeededKeyswitch::generate(
                client.glwe_bits(),
                client.small_bits(),
                parameters.keyswitch.into(),
                minimal_noise(parameters.lwe_dimension),
                &made,
            ),
            coarse: bootstrap(parameters.coarse),
            fine: bootstrap(parameters.fine),
            minus_key: moved_key(1, parameters.key_row),
            automorphisms: exponents.par_iter().map(|&t| moved_key(t, parameters.automorphism)).collect(),
        }
    }
}

impl ApproximateServerKey {
    /// The evaluation keys that belong to `client`, without the detour through a
    /// [`CompressedApproximateServerKey`] that is stored or sent.
    pub fn new(client: &ApproximateClientKey) -> Self {
        CompressedApproximateServerKey::new(client, &|_| ()).expand()
    }
}

//! Generation of evaluation keys, which takes the secret key.

use super::compressed::CompressedClassKey;
use super::small_keyswitch::RingKeyswitchShape;
use super::{
    BLOCK, BootstrapShape, ClientKey, CompressedServerKey, KeyswitchShape, Meter, Progress, SeededBootstrap,
    SeededKeyswitch, SeededRingKeyswitch, SeededSmallKeyswitch, ServerKey, SmallKeyswitchShape, gaussian,
};
use crate::bodies::{Bodies, Element};
use crate::parameters::{Decomposition, ParameterSet, VALUE_DIMENSION};
use crate::randomness::SystemSeeder;
use crate::rotation::CompressedRotationKey;
use crate::security::minimal_noise;
use crate::shrink;
use rayon::prelude::*;
use silenzio_core::BackendError;
use silenzio_core::noise::GadgetShape;
use tfhe::core_crypto::commons::math::random::Uniform;
use tfhe::core_crypto::commons::numeric::CastInto;
use tfhe::core_crypto::prelude::{
    Encryptable, Gaussian, GlweSecretKey, LweSecretKey, StandardDev, UnsignedTorus,
    generate_seeded_lwe_keyswitch_key, par_generate_seeded_lwe_bootstrap_key,
};
use zeroize::Zeroizing;

impl CompressedServerKey {
    /// Generates the evaluation keys of `client`. Several threads call `report` meanwhile.
    pub fn new(client: &ClientKey, report: &(dyn Fn(Progress) + Sync)) -> Self {
        let meter = Meter::new(client.plan.compressed_key_bytes(), report);
        let made = |bytes| meter.add(bytes);
        let (values_key, beyond) = client.master().split_at(VALUE_DIMENSION);
        let class = |(set, small): (&'static ParameterSet, &[u32])| CompressedClassKey {
            parameters: set,
            keyswitch: keyswitch_key(set, values_key, small, &made),
            rotation: rotation_key(set, small, client.master(), &made),
        };
        Self {
            id: client.id(),
            classes: client.classes().map(class).collect(),
            shrink: (!beyond.is_empty()).then(|| shrink_key(beyond, values_key, &made)),
        }
    }
}

/// Generates the keyswitching key from values to the bits `small`.
pub(super) fn keyswitch_key(
    set: &ParameterSet,
    values_key: &[u64],
    small: &[u32],
    made: &(dyn Fn(usize) + Sync),
) -> SeededSmallKeyswitch {
    SeededSmallKeyswitch::generate(set.keyswitch_shape(), values_key, small, set.lwe_noise(), made)
}

/// Generates the bootstrapping key from the bits `small` to the class's prefix of `master`.
pub(super) fn rotation_key(
    set: &ParameterSet,
    small: &[u32],
    master: &[u64],
    made: &(dyn Fn(usize) + Sync),
) -> CompressedRotationKey {
    CompressedRotationKey::encrypt(set.rotation(), small, &master[..set.output_dimension()], made)
}

/// Generates the shrinking key from the bits `beyond`, which follow those of the values' key, to those of the values' key.
pub(super) fn shrink_key(
    beyond: &[u64],
    values_key: &[u64],
    made: &(dyn Fn(usize) + Sync),
) -> SeededKeyswitch<u64> {
    SeededKeyswitch::generate(beyond, values_key, shrink::DECOMPOSITION, minimal_noise(VALUE_DIMENSION), made)
}

impl ServerKey {
    /// Generates the evaluation keys of `client`, ready for computing in the same process.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if no blind rotation or keyswitch supports the parameters of a class.
    pub fn new(client: &ClientKey) -> Result<Self, BackendError> {
        CompressedServerKey::new(client, &|_| ()).expand()
    }
}

impl SeededBootstrap {
    /// Generates the key from the bits `small` to the GLWE key with the bits `glwe`. `made` is told the bytes generated.
    pub(crate) fn generate(
        shape: BootstrapShape,
        small: &[u32],
        glwe: &[u64],
        noise: StandardDev,
        made: &(dyn Fn(usize) + Sync),
    ) -> Self {
        let glwe_key = GlweSecretKey::from_container(glwe, shape.polynomial_size);
        let block = |bits: &[u32]| {
            let mut bodies = Bodies::new(bits.len() * shape.bodies_per_bit());
            let seed = bodies.seed();
            par_generate_seeded_lwe_bootstrap_key(
                &LweSecretKey::from_container(bits),
                &glwe_key,
                &mut shape.seeded(bodies.elements_mut(), seed),
                gaussian(noise),
                &mut SystemSeeder,
            );
            made(bodies.size_bytes());
            bodies
        };
        Self { shape, blocks: small.chunks(BLOCK).map(block).collect() }
    }
}

impl SeededSmallKeyswitch {
    /// Generates the key of this shape from the bits `from` to the bits `to`. `made` is told the bytes generated.
    pub(crate) fn generate(
        shape: SmallKeyswitchShape,
        from: &[u64],
        to: &[u32],
        noise: StandardDev,
        made: &(dyn Fn(usize) + Sync),
    ) -> Self {
        match shape {
            SmallKeyswitchShape::Lwe(KeyswitchShape { decomposition, .. }) => {
                Self::Lwe(SeededKeyswitch::generate(from, to, decomposition, noise, made))
            }
            SmallKeyswitchShape::Ring(shape) => {
                Self::Ring(SeededRingKeyswitch::generate(shape, from, to, noise, made))
            }
        }
    }
}

impl SeededRingKeyswitch {
    fn generate(
        shape: RingKeyswitchShape,
        from: &[u64],
        to: &[u32],
        noise: StandardDev,
        made: &(dyn Fn(usize) + Sync),
    ) -> Self {
        let mut partial = Zeroizing::new(to.to_vec());
        partial.resize(shape.size, 0);
        let bodies = Bodies::encrypt_glwes(&partial, &shape.phases(from), noise);
        made(bodies.size_bytes());
        Self { shape, bodies }
    }
}

impl RingKeyswitchShape {
    /// The messages of the rows: the bits times B^-i, for each level i.
    pub(super) fn phases(&self, from: &[u64]) -> Zeroizing<Vec<u32>> {
        let GadgetShape { base_log, levels } = self.keyswitch.decomposition.shape();
        let mut phases = Zeroizing::new(Vec::with_capacity(self.bodies()));
        for bits in from.chunks(self.size) {
            for level in (1..=levels).rev() {
                let shift = u32::BITS as usize - base_log * level;
                phases.extend(bits.iter().map(|&bit| (bit as u32) << shift));
                let whole = phases.len().next_multiple_of(self.size);
                phases.resize(whole, 0);
            }
        }
        phases
    }
}

impl<T> SeededKeyswitch<T>
where
    T: Element + UnsignedTorus + Encryptable<Uniform, Gaussian<f64>> + Send + Sync,
    u64: CastInto<T>,
{
    /// Generates the key from the bits `from` to the bits `to`. `made` is told the bytes generated.
    pub(crate) fn generate(
        from: &[u64],
        to: &[T],
        decomposition: Decomposition,
        noise: StandardDev,
        made: &(dyn Fn(usize) + Sync),
    ) -> Self {
        let shape = KeyswitchShape { from: from.len(), to: to.len(), decomposition };
        let to = LweSecretKey::from_container(to);
        let block = |bits: &[u64]| {
            let mut bodies = Bodies::new(bits.len() * decomposition.levels.0);
            let seed = bodies.seed();
            generate_seeded_lwe_keyswitch_key(
                &LweSecretKey::from_container(bits),
                &to,
                &mut shape.seeded(bodies.elements_mut(), seed),
                gaussian(noise),
                &mut SystemSeeder,
            );
            made(bodies.size_bytes());
            bodies
        };
        Self { shape, blocks: from.par_chunks(BLOCK).map(block).collect() }
    }
}

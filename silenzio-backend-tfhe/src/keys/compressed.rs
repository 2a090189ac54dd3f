//! The server's keys as the client generates and sends them.

use super::{ClassKey, KeyPlan, SeededKeyswitch, SeededSmallKeyswitch, ServerKey};
use crate::parameters::ParameterSet;
use crate::rotation::CompressedRotationKey;
use crate::shrink::ShrinkKey;
use silenzio_core::BackendError;
use silenzio_core::wire::{self, Wire};
use std::fmt;
use std::io::{self, Read, Write};

/// Evaluation keys for the size classes of a [`KeyPlan`], with seeds in place of masks.
///
/// They have at most half the size of the [`ServerKey`], and do not depend on a machine's Fourier transform.
pub struct CompressedServerKey {
    pub(super) id: u128,
    /// The keys of each class, narrowest first.
    pub(super) classes: Vec<CompressedClassKey>,
    /// The shrinking key, if the output of a class is longer than a value.
    pub(super) shrink: Option<SeededKeyswitch<u64>>,
}

pub(super) struct CompressedClassKey {
    pub(super) parameters: &'static ParameterSet,
    pub(super) keyswitch: SeededSmallKeyswitch,
    pub(super) rotation: CompressedRotationKey,
}

impl CompressedServerKey {
    /// The id of the client key that it belongs to.
    pub const fn id(&self) -> u128 {
        self.id
    }

    /// Expands the keys, so that they are ready for computing.
    ///
    /// # Errors
    /// [`BackendError::WrongShape`] if no blind rotation or keyswitch supports the parameters of a class.
    pub fn expand(self) -> Result<ServerKey, BackendError> {
        let classes = self.classes.into_iter().map(CompressedClassKey::expand).collect::<Result<_, _>>()?;
        let shrink = self.shrink.map(|rows| ShrinkKey::new(rows.expand()));
        Ok(ServerKey::from_parts(self.id, classes, shrink))
    }
}

impl CompressedClassKey {
    fn expand(self) -> Result<ClassKey, BackendError> {
        Ok(ClassKey {
            parameters: self.parameters,
            keyswitch: self.keyswitch.expand()?,
            rotation: self.rotation.expand()?,
        })
    }
}

impl fmt::Debug for CompressedServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedServerKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The binary form is the id, for each class the keyswitching and the bootstrapping key, and the shrinking key, if any.
impl Wire<KeyPlan> for CompressedServerKey {
    fn encoded_len(plan: &KeyPlan) -> io::Result<u64> {
        Ok((size_of::<u128>() + plan.compressed_key_bytes()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        wire::write_u128s(to, &[self.id])?;
        self.classes.iter().try_for_each(|class| class.write(to))?;
        self.shrink.iter().try_for_each(|key| key.write(to))
    }

    fn read(from: &mut dyn Read, plan: &KeyPlan) -> io::Result<Self> {
        let mut id = [0];
        wire::read_u128s(from, &mut id)?;
        let classes = plan.parameter_sets().iter().map(|set| CompressedClassKey::read(from, set));
        Ok(Self {
            id: id[0],
            classes: classes.collect::<io::Result<_>>()?,
            shrink: plan.shrink_shape().map(|shape| SeededKeyswitch::read(from, &shape)).transpose()?,
        })
    }
}

impl Wire<&'static ParameterSet> for CompressedClassKey {
    fn encoded_len(set: &&'static ParameterSet) -> io::Result<u64> {
        Ok((set.keyswitch_shape().seeded_bytes() + set.rotation().compressed_key_bytes()) as u64)
    }

    fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        self.keyswitch.write(to)?;
        self.rotation.write(to)
    }

    fn read(from: &mut dyn Read, &parameters: &&'static ParameterSet) -> io::Result<Self> {
        Ok(Self {
            parameters,
            keyswitch: SeededSmallKeyswitch::read(from, &parameters.keyswitch_shape())?,
            rotation: CompressedRotationKey::read(from, &parameters.rotation())?,
        })
    }
}

//! Secret bits, and the distribution of the noise.

use crate::randomness::SystemSeeder;
use silenzio_core::wire;
use std::io::{self, Read, Write};
use tfhe::core_crypto::commons::math::random::{RandomGenerable, Seeder, UniformBinary};
use tfhe::core_crypto::prelude::{
    DefaultRandomGenerator, Gaussian, LweDimension, LweSecretKey, SecretRandomGenerator, StandardDev,
    UnsignedInteger,
};
use zeroize::{Zeroize, Zeroizing};

/// The normal distribution with mean zero.
pub(crate) fn gaussian(std: StandardDev) -> Gaussian<f64> {
    Gaussian::from_dispersion_parameter(std, 0.0)
}

/// `count` new secret bits.
pub(crate) fn binary_key<T>(count: usize) -> Zeroizing<Vec<T>>
where
    T: UnsignedInteger + RandomGenerable<UniformBinary> + Zeroize,
{
    let mut generator = SecretRandomGenerator::<DefaultRandomGenerator>::new(SystemSeeder.seed());
    let key = LweSecretKey::generate_new_binary(LweDimension(count), &mut generator);
    Zeroizing::new(key.into_container())
}

/// Writes secret bits, each as a byte.
pub(crate) fn write_bits<T: UnsignedInteger>(to: &mut dyn Write, bits: &[T]) -> io::Result<()> {
    let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(bits.iter().map(|&bit| u8::from(bit == T::ONE)).collect());
    to.write_all(&bytes)
}

/// Reads `count` secret bits.
pub(crate) fn read_bits<T: UnsignedInteger + Zeroize>(
    from: &mut dyn Read,
    count: usize,
) -> io::Result<Zeroizing<Vec<T>>> {
    let mut bytes = Zeroizing::new(vec![0; count]);
    from.read_exact(&mut bytes)?;
    if bytes.iter().any(|&byte| byte > 1) {
        return Err(wire::invalid("a bit of a secret key is neither 0 nor 1"));
    }
    Ok(Zeroizing::new(bytes.iter().map(|&byte| if byte == 1 { T::ONE } else { T::ZERO }).collect()))
}

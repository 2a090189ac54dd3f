//! The noise of everything encrypted that a server gets, and the LWE problems on which its security rests.
//!
//! The lists here are the specification. Tests decrypt generated keys and uploads, and compare their noise with it from
//! both sides; `docs/security.md` has the security estimates of the problems.

use crate::parameters::{ParameterSet, VALUE_DIMENSION};
use silenzio_core::approximate::ApproximateParameters;
use silenzio_core::{Encryption, LweProblem};
use tfhe::core_crypto::prelude::StandardDev;

/// The least noise that a binary key of `dimension` bits needs for 128 bits of security: that of
/// [`minimal_std`](silenzio_core::noise::minimal_std).
pub fn minimal_noise(dimension: usize) -> StandardDev {
    StandardDev(silenzio_core::noise::minimal_std(dimension))
}

/// The ciphertexts that a server gets for the look-ups of one size class.
pub fn of_class(set: &ParameterSet) -> Vec<Encryption> {
    let small = small_key(set.lwe_dimension.0, set.block, set.keyswitch_ring);
    let large = Encryption { name: "bootstrapping key", problem: large_key(set.output_dimension()) };
    small.into_iter().chain([large]).collect()
}

/// The ciphertexts that a server gets for all size classes together: encrypted values, and the key that shrinks the
/// outputs of wide classes.
pub fn of_values() -> [Encryption; 2] {
    ["shrinking key", "values"].map(|name| Encryption { name, problem: large_key(VALUE_DIMENSION) })
}

/// The ciphertexts that a server gets for the approximate engine: the keyswitching key, the bootstrapping keys by
/// precision, and everything else under the GLWE key.
pub fn of_approximate(parameters: &ApproximateParameters) -> Vec<Encryption> {
    let ApproximateParameters { lwe_dimension, block, keyswitch_ring, .. } = *parameters;
    let medium = parameters.medium.map(|_| "medium bootstrapping key");
    let wide = parameters.wide.map(|_| "wide bootstrapping key");
    let large = ["coarse bootstrapping key"].into_iter().chain(medium).chain(wide).chain([
        "fine bootstrapping key",
        "GGSW of the key",
        "automorphism keys",
        "GGSW inputs",
        "LWE labels",
    ]);
    let large = large.map(|name| Encryption { name, problem: large_key(parameters.polynomial_size) });
    small_key(lwe_dimension, block, keyswitch_ring).into_iter().chain(large).collect()
}

/// The ciphertexts under a small key, which have elements of 32 bits. In a ring they are RLWE ciphertexts under a partial
/// key, whose LWE problem is that of the coefficients that are not known to be zero.
fn small_key(dimension: usize, block: usize, ring: Option<usize>) -> Option<Encryption> {
    let problem = LweProblem::block_binary(dimension, block, u32::BITS)?;
    let name = if ring.is_some() { "RLWE keyswitching key" } else { "keyswitching key" };
    Some(Encryption { name, problem })
}

/// The problem of ciphertexts under a GLWE key, or under its coefficients, which have elements of 64 bits.
fn large_key(dimension: usize) -> LweProblem {
    LweProblem::binary(dimension, u64::BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters;
    use silenzio_core::SecretDistribution;
    use silenzio_core::approximate::parameters as approximate;
    use silenzio_core::noise::minimal_std;
    use tfhe::core_crypto::commons::noise_formulas::secure_noise::minimal_lwe_variance_for_132_bits_security_gaussian;
    use tfhe::core_crypto::prelude::{DispersionParameter, LweDimension};

    /// How far log2 of the standard deviation may be below the noise formula of TFHE-rs, which is for 132 bits of security.
    /// It is less than a fifth of a bit of security.
    const TOLERANCE: f64 = 0.02;

    /// log2 of the standard deviation that TFHE-rs uses for a binary key.
    fn log2_std_of_tfhe(dimension: usize, log2_modulus: u32) -> f64 {
        let modulus = f64::from(log2_modulus).exp2();
        let formula = minimal_lwe_variance_for_132_bits_security_gaussian;
        formula(LweDimension(dimension), modulus).get_standard_dev().0.log2()
    }

    #[test]
    fn every_encryption_has_the_noise_that_tfhe_rs_demands() {
        let exact = parameters::all().flat_map(of_class).chain(of_values());
        let approximate = approximate::ALL.into_iter().flat_map(of_approximate);
        for Encryption { name, problem } in exact.chain(approximate) {
            // A block-binary key is 24 bits longer than a binary key with the same noise.
            let dimension = match problem.secret {
                SecretDistribution::Binary => problem.dimension,
                SecretDistribution::BlockBinary { block } => {
                    assert_eq!(block, 4, "{name}: there are only estimates for blocks of 4");
                    problem.dimension - 24
                }
            };
            let demanded = log2_std_of_tfhe(dimension, problem.log2_modulus);
            let difference = problem.log2_std - demanded;
            println!("{name}, {}: 2^{:.3}, {difference:+.4}", problem.dimension, problem.log2_std);
            assert!(difference.abs() <= TOLERANCE, "{name}, dimension {}", problem.dimension);
        }
    }

    #[test]
    fn no_dimension_gets_less_noise_than_tfhe_rs_demands() {
        for dimension in 400..=10_000 {
            let difference = minimal_std(dimension).log2() - log2_std_of_tfhe(dimension, u64::BITS);
            assert!(difference.abs() <= TOLERANCE, "dimension {dimension}: {difference:+.4}");
        }
    }
}

//! The errors of ciphertexts of one key have no part that is common to all: it would add up in a training.

#![allow(clippy::unwrap_used)]

use silenzio_backend_tfhe::approximate::{ApproximateClientKey, ApproximateServerKey};
use silenzio_core::BackendError;
use silenzio_core::approximate::parameters::{DEFAULT, N2048_BLOCKS_PRECISE};
use silenzio_core::approximate::{ApproximateBackend, ApproximateClient, Precision, RealLut};

/// The mean square of errors.
fn mean_square(errors: &[f64]) -> f64 {
    errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64
}

/// The means of the values at the same places.
fn means(errors: &[Vec<f64>]) -> Vec<f64> {
    let count = errors.len() as f64;
    let places = 0..errors.first().map_or(0, Vec::len);
    places.map(|place| errors.iter().map(|errors| errors[place]).sum::<f64>() / count).collect()
}

/// A keyswitch and a modulus switch change the mean of inputs by less than a tenth of their noise.
#[test]
fn the_inputs_of_bootstraps_have_no_common_error() -> Result<(), BackendError> {
    const INPUTS: usize = 2000;
    for parameters in DEFAULT {
        let client = ApproximateClientKey::generate(parameters);
        let server = ApproximateServerKey::new(&client)?;
        let lut = RealLut::new(parameters.table_size(Precision::Coarse), &[&|x| x])?;
        let inputs = server.expand_lwes(&client.encrypt_lwes(&[0.0; INPUTS]))?;
        let outputs = server.bootstrap(Precision::Coarse, &inputs, &lut)?;
        let errors: Vec<f64> =
            outputs[0].iter().map(|lwe| client.decrypt_lwe(lwe)).collect::<Result<_, _>>()?;
        let noise = mean_square(&errors).sqrt();
        let common = errors.iter().sum::<f64>() / INPUTS as f64 / noise;
        println!("{}: {common:.3} of the noise 2^{:.2} is common", parameters.name, noise.log2());
        // Four and a half standard deviations.
        assert!(common.abs() < 0.1, "{}: {common} of the noise", parameters.name);
    }
    Ok(())
}

/// The mean error of a coefficient in many packed polynomials is what chance makes it. Of all sets, this one has the most
/// precise key, so that the means of its digits would weigh most.
#[test]
fn packed_polynomials_have_no_common_error() -> Result<(), BackendError> {
    const POLYNOMIALS: usize = 200;
    const VALUES: usize = 16;
    let parameters = &N2048_BLOCKS_PRECISE;
    let client = ApproximateClientKey::generate(parameters);
    let server = ApproximateServerKey::new(&client)?;
    let stride = parameters.polynomial_size / VALUES;
    let values = server.expand_lwes(&client.encrypt_lwes(&[0.0; POLYNOMIALS * VALUES]))?;
    let terms: Vec<Vec<_>> = values
        .chunks_exact(VALUES)
        .map(|values| values.iter().enumerate().map(|(i, lwe)| (stride * i, lwe)).collect())
        .collect();
    let packed = server.pack(&terms)?;
    let errors = packed.iter().zip(&terms).map(|(packed, terms)| {
        let packed = client.decrypt_glwe(packed)?;
        terms.iter().map(|&(place, lwe)| Ok(packed[place] - client.decrypt_lwe(lwe)?)).collect()
    });
    let errors: Vec<Vec<f64>> = errors.collect::<Result<_, BackendError>>()?;
    let noise = mean_square(&errors.concat());
    let common = mean_square(&means(&errors)) / noise;
    println!("{:.3} of the noise 2^{:.2} is common", common.sqrt(), noise.sqrt().log2());
    // Independent errors have a mean square of 1 / POLYNOMIALS of theirs, with a standard deviation of a third of that for 16
    // values.
    assert!(common * (POLYNOMIALS as f64) < 2.5, "{} of the noise is common", common.sqrt());
    Ok(())
}

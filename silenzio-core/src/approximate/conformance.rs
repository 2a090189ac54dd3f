//! What every approximate backend has to do, as a suite that each backend's tests call.
//!
//! Each step is compared with real arithmetic, and its noise with the model: within a factor of two in standard
//! deviation. Like an assertion, the suite panics where they differ; it prints what it measures.

use super::{ApproximateBackend, ApproximateClient, ApproximateParameters, Precision, RealLut};
use crate::BackendError;
use crate::noise::NoiseVariance;

/// Runs the whole suite.
///
/// # Errors
/// If the backend refuses an operation that it has to perform.
pub fn check<C, S>(client: &C, server: &S) -> Result<(), BackendError>
where
    C: ApproximateClient,
    S: ApproximateBackend<
            Lwe = C::Lwe,
            Glwe = C::Glwe,
            SeededLwes = C::SeededLwes,
            SeededGgsw = C::SeededGgsw,
        >,
{
    let suite = Suite { client, server, p: server.parameters() };
    suite.linear()?;
    suite.fresh_product()?;
    suite.bootstrap_outputs()?;
    suite.bootstrap_inputs()?;
    for (stride, values) in [(1, 10), (1, 3), (128, 9), (256, 8), (suite.p.polynomial_size, 1)] {
        suite.packing(stride, values)?;
    }
    suite.inversion()?;
    suite.circuit_bootstrapping(1, &[3, -16, 5, 15])?;
    suite.circuit_bootstrapping(512, &[7, -9, 0, 15])?;
    suite.refusals()
}

struct Suite<'a, C, S> {
    client: &'a C,
    server: &'a S,
    p: &'a ApproximateParameters,
}

fn check_noise(name: &str, errors: &[f64], model: NoiseVariance) {
    let measured = (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
    let predicted = model.standard_deviation();
    println!("{name:42} measured 2^{:6.2}  model 2^{:6.2}", measured.log2(), predicted.log2());
    assert!(measured < 2.0 * predicted && predicted < 2.0 * measured, "{name}");
}

fn errors(found: &[f64], expected: impl Fn(usize) -> f64) -> Vec<f64> {
    found.iter().enumerate().map(|(i, x)| x - expected(i)).map(|e| e - e.round()).collect()
}

fn close(found: f64, expected: f64) {
    assert!(errors(&[found], |_| expected)[0].abs() < 1e-4, "{found} instead of {expected}");
}

impl<C, S> Suite<'_, C, S>
where
    C: ApproximateClient,
    S: ApproximateBackend<
            Lwe = C::Lwe,
            Glwe = C::Glwe,
            SeededLwes = C::SeededLwes,
            SeededGgsw = C::SeededGgsw,
        >,
{
    fn decrypt_all(&self, lwes: &[C::Lwe]) -> Result<Vec<f64>, BackendError> {
        lwes.iter().map(|lwe| self.client.decrypt_lwe(lwe)).collect()
    }

    /// Decrypts the sum of zero and `glwe`: a simulator may draw noise no earlier.
    fn decrypt_glwe(&self, glwe: &C::Glwe) -> Result<Vec<f64>, BackendError> {
        let mut sum = self.server.trivial_glwe(&[]);
        self.server.add_glwe(&mut sum, glwe);
        self.client.decrypt_glwe(&sum)
    }

    fn encrypt(&self, xs: &[f64]) -> Result<Vec<C::Lwe>, BackendError> {
        self.server.expand_lwes(&self.client.encrypt_lwes(xs))
    }

    fn encrypt_one(&self, x: f64) -> Result<C::Lwe, BackendError> {
        Ok(self.encrypt(&[x])?.remove(0))
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<S::Ggsw, BackendError> {
        self.server.expand_ggsw(&self.client.encrypt_ggsw(terms)?)
    }

    fn lut(&self, functions: &[&dyn Fn(f64) -> f64]) -> Result<RealLut, BackendError> {
        RealLut::new(self.p.polynomial_size, functions)
    }

    /// An encryption of zero whose mask is not trivial.
    fn zero(&self) -> Result<C::Glwe, BackendError> {
        let public = (0..self.p.polynomial_size).map(|i| (i as f64 * 0.618_034).fract() - 0.5);
        let public = self.server.trivial_glwe(&public.collect::<Vec<_>>());
        self.server.external_product(&self.encrypt_ggsw(&[])?, &public)
    }

    /// Results of a fine bootstrap to `value`.
    fn fine(&self, value: f64, count: usize) -> Result<Vec<C::Lwe>, BackendError> {
        let inputs = self.encrypt(&vec![0.1; count])?;
        let outputs = self.server.bootstrap(Precision::Fine, &inputs, &self.lut(&[&|_| value])?)?;
        Ok(outputs.concat())
    }

    fn linear(&self) -> Result<(), BackendError> {
        let (mut a, b) = (self.encrypt_one(0.3)?, self.encrypt_one(-0.4)?);
        self.server.add_lwe(&mut a, &b);
        close(self.client.decrypt_lwe(&a)?, -0.1);
        self.server.sub_lwe(&mut a, &self.server.trivial_lwe(0.25));
        self.server.add_constant(&mut a, -0.4);
        close(self.client.decrypt_lwe(&a)?, 0.25);

        let mut sum = self.server.trivial_glwe(&[0.1, 0.2]);
        self.server.sub_glwe(&mut sum, &self.server.trivial_glwe(&[0.3, -0.4, 0.01]));
        for (i, expected) in [-0.2, -0.4, -0.01].into_iter().enumerate() {
            close(self.client.decrypt_glwe(&sum)?[i], expected);
            close(self.client.decrypt_lwe(&self.server.extract(&sum, i)?)?, expected);
        }
        Ok(())
    }

    fn fresh_product(&self) -> Result<(), BackendError> {
        let terms: Vec<_> = (0..30).map(|i| (3 * i, (i % 15) as i64 - 7)).collect();
        let norm2: i64 = terms.iter().map(|(_, x)| x * x).sum();
        let mut input = self.server.trivial_glwe(&[0.0, 0.01]);
        self.server.add_glwe(&mut input, &self.zero()?);
        let product = self.server.external_product(&self.encrypt_ggsw(&terms)?, &input)?;
        // The input's own noise is multiplied as well, and no error of the product.
        let (size, input) = (self.p.polynomial_size, self.client.decrypt_glwe(&input)?);
        let term = |i: usize, place: usize| match i.checked_sub(place) {
            Some(from) => input[from],
            None => -input[i + size - place],
        };
        let expected = |i: usize| terms.iter().map(|&(place, m)| m as f64 * term(i, place)).sum();
        let rows = self.p.fresh_rows();
        let model = self.p.external_product_noise(self.p.fresh, rows, norm2 as f64, NoiseVariance::ZERO);
        check_noise("product of a fresh GGSW", &errors(&self.decrypt_glwe(&product)?, expected), model);
        close(self.client.decrypt_lwe(&self.server.extract(&product, 7)?)?, expected(7));
        Ok(())
    }

    fn bootstrap_outputs(&self) -> Result<(), BackendError> {
        let constants = [0.2, -0.01, 0.1];
        for precision in [Precision::Coarse, Precision::Fine] {
            let inputs = self.encrypt(&(0..60).map(|i| f64::from(i) / 300.0).collect::<Vec<_>>())?;
            let lut = self.lut(&[&|_| constants[0], &|_| constants[1], &|_| constants[2]])?;
            let outputs = self.server.bootstrap(precision, &inputs, &lut)?;
            let mut all = vec![];
            for (outputs, constant) in outputs.iter().zip(constants) {
                all.extend(errors(&self.decrypt_all(outputs)?, |_| constant));
            }
            check_noise(&format!("bootstrap output, {precision:?}"), &all, self.p.bootstrap_noise(precision));
        }
        Ok(())
    }

    fn bootstrap_inputs(&self) -> Result<(), BackendError> {
        let identity = |x: f64| x;
        for outputs in [1, 2, 6] {
            let lut = self.lut(&vec![&identity as &dyn Fn(f64) -> f64; outputs])?;
            let xs: Vec<f64> = (0..200).map(|i| (f64::from(i) - 100.0) / 500.0).collect();
            let inputs = self.encrypt(&xs)?;
            let found = self.server.bootstrap(Precision::Coarse, &inputs, &lut)?;
            let model = self.p.keyswitch_noise()
                + self.p.modulus_switch_noise(lut.log_outputs())
                + self.p.bootstrap_noise(Precision::Coarse);
            let (first, last) = (self.decrypt_all(&found[0])?, self.decrypt_all(&found[outputs - 1])?);
            check_noise(&format!("bootstrap input, {outputs} outputs"), &errors(&first, |i| xs[i]), model);
            let apart = first.iter().zip(&last).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-3, "all functions see the same rounded input");
        }
        Ok(())
    }

    fn packing(&self, stride: usize, values: usize) -> Result<(), BackendError> {
        let (mut wanted, mut others) = (vec![], vec![]);
        for _ in 0..48_usize.div_ceil(values).min(30) {
            let lwes = self.fine(0.03, values)?.into_iter().enumerate();
            let packed = self.server.pack(&lwes.map(|(i, lwe)| (i * stride, lwe)).collect::<Vec<_>>())?;
            for (i, x) in self.decrypt_glwe(&packed)?.into_iter().enumerate() {
                if i % stride == 0 && i / stride < values {
                    wanted.push(x - 0.03);
                } else {
                    others.push(x);
                }
            }
        }
        let model = self.p.packing_noise(stride.ilog2(), values);
        let name = format!("packed, {values} at stride {stride}");
        let bootstrap = self.p.bootstrap_noise(Precision::Fine);
        check_noise(&format!("{name}, values"), &wanted, bootstrap + model.wanted);
        check_noise(&format!("{name}, others"), &others, model.others);
        Ok(())
    }

    fn inversion(&self) -> Result<(), BackendError> {
        let size = self.p.polynomial_size;
        let mut polynomial = self.server.trivial_glwe(&[0.2, 0.0, 0.1]);
        self.server.add_glwe(&mut polynomial, &self.zero()?);
        let before = self.client.decrypt_glwe(&polynomial)?;
        let inverted = self.decrypt_glwe(&self.server.automorphism_minus_one(&polynomial)?)?;
        close(inverted[0], 0.2);
        close(inverted[size - 2], -0.1);
        let moved = |i: usize| if i == 0 { before[0] } else { -before[size - i] };
        check_noise("inversion", &errors(&inverted, moved), self.p.automorphism_noise());
        Ok(())
    }

    /// A GGSW of `message`, with its terms at multiples of `stride`.
    fn scheme_switch(&self, message: &[i64], stride: usize) -> Result<S::Ggsw, BackendError> {
        let gadget = self.p.circuit;
        let row = |level: usize| {
            let scale = gadget.base().powi(-(level as i32));
            let values = message.iter().enumerate().map(|(i, &m)| {
                let value = self.fine(m as f64 * scale, 1)?.pop();
                let missing = || BackendError::WrongShape("a bootstrap without results".into());
                Ok((i * stride, value.ok_or_else(missing)?))
            });
            self.server.pack(&values.collect::<Result<Vec<_>, BackendError>>()?)
        };
        self.server.scheme_switch(&(1..=gadget.levels).map(row).collect::<Result<Vec<_>, _>>()?)
    }

    fn circuit_bootstrapping(&self, stride: usize, message: &[i64]) -> Result<(), BackendError> {
        let (mut coefficients, place) = (vec![0.0; 64], 40);
        (coefficients[0], coefficients[place]) = (0.01, -0.002);
        let mut glwe = self.zero()?;
        self.server.add_glwe(&mut glwe, &self.server.trivial_glwe(&coefficients));
        let expected = |i: usize| {
            let terms = message.iter().enumerate().map(|(k, &m)| match i.checked_sub(k * stride) {
                Some(0) => 0.01 * m as f64,
                Some(distance) if distance == place => -0.002 * m as f64,
                _ => 0.0,
            });
            terms.sum()
        };
        let packed = self.p.packing_noise(stride.ilog2(), message.len());
        let rows = self.p.circuit_rows(self.p.bootstrap_noise(Precision::Fine), packed, message.len());
        let norm2 = message.iter().map(|m| m * m).sum::<i64>() as f64;
        let input =
            self.p.external_product_noise(self.p.fresh, self.p.fresh_rows(), 0.0, NoiseVariance::ZERO);
        let model = self.p.external_product_noise(self.p.circuit, rows, norm2, input);

        let mut sum = self.server.trivial_glwe(&[]);
        let mut all = vec![];
        for _ in 0..4 {
            let product = self.server.external_product(&self.scheme_switch(message, stride)?, &glwe)?;
            self.server.sub_glwe(&mut sum, &product);
            all.extend(errors(&self.decrypt_glwe(&product)?, expected));
        }
        check_noise(&format!("product of a circuit-bootstrapped GGSW, stride {stride}"), &all, model);
        // The noise of updates adds up like that of independent values.
        let sum = errors(&self.client.decrypt_glwe(&sum)?, |i| -4.0 * expected(i));
        check_noise("  four of them subtracted", &sum, self.p.accumulated_noise(model, 4));
        Ok(())
    }

    fn refusals(&self) -> Result<(), BackendError> {
        let size = self.p.polynomial_size;
        let lwe = self.encrypt_one(0.0)?;
        assert!(self.server.extract(&self.server.trivial_glwe(&[]), size).is_err());
        assert!(self.server.pack(&[(size, lwe.clone())]).is_err());
        assert!(self.server.pack(&[(1, lwe.clone()), (1, lwe.clone())]).is_err());
        assert!(self.server.scheme_switch(&[self.server.pack(&[(0, lwe)])?]).is_err());
        assert!(self.client.encrypt_ggsw(&[(size, 1)]).is_err());
        Ok(())
    }
}

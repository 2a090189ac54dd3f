//! A conformance suite for approximate backends, which the tests of every such backend call.
//!
//! Each operation is compared with real arithmetic, and its noise with the model, within a factor of two in standard
//! deviation. Like an assertion, the suite panics where they differ; it also prints what it measures.

use super::backend::{Ggsw, Glwe, Lwe};
use super::{ApproximateBackend, ApproximateClient, ApproximateParameters, Precision, RealLut};
use crate::BackendError;
use crate::noise::NoiseVariance;
use std::cell::Cell;

/// Runs the whole suite.
///
/// # Errors
/// If the backend refuses an operation that it has to support.
pub fn check<C, S>(client: &C, server: &S) -> Result<(), BackendError>
where
    C: ApproximateClient,
    S: ApproximateBackend<Types = C::Types>,
{
    let suite = Suite { client, server, p: server.parameters(), encrypted: Cell::new(0) };
    suite.linear()?;
    suite.fresh_product()?;
    suite.bootstrap_outputs()?;
    suite.bootstrap_inputs()?;
    for (stride, values) in [(1, 10), (1, 3), (128, 9), (256, 8), (suite.p.polynomial_size, 1)] {
        suite.packing(stride, values)?;
    }
    suite.inversion()?;
    suite.batches()?;
    for precision in [Precision::Wide, Precision::Fine] {
        suite.circuit_bootstrapping(precision, 1, &[3, -16, 5, 15])?;
        suite.circuit_bootstrapping(precision, 512, &[7, -9, 0, 15])?;
    }
    suite.refusals()
}

struct Suite<'a, C, S> {
    client: &'a C,
    server: &'a S,
    p: &'a ApproximateParameters,
    /// The number of inputs that were bootstrapped to constants so far. All of them differ, since a simulator may give
    /// equal inputs equal noise.
    encrypted: Cell<u32>,
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

/// The one result of a batch of one.
fn one<T>(results: Vec<T>) -> Result<T, BackendError> {
    let mut results = results.into_iter();
    match (results.next(), results.next()) {
        (Some(result), None) => Ok(result),
        _ => Err(BackendError::WrongShape("a batch of one has one result".into())),
    }
}

fn close(found: f64, expected: f64) {
    assert!(errors(&[found], |_| expected)[0].abs() < 1e-4, "{found} instead of {expected}");
}

impl<C, S> Suite<'_, C, S>
where
    C: ApproximateClient,
    S: ApproximateBackend<Types = C::Types>,
{
    fn decrypt_all(&self, lwes: &[Lwe<C::Types>]) -> Result<Vec<f64>, BackendError> {
        lwes.iter().map(|lwe| self.client.decrypt_lwe(lwe)).collect()
    }

    /// Decrypts the sum of zero and `glwe`, since a simulator may draw noise only when a polynomial is used.
    fn decrypt_glwe(&self, glwe: &Glwe<C::Types>) -> Result<Vec<f64>, BackendError> {
        let mut sum = self.server.trivial_glwe(&[]);
        self.server.add_glwe(&mut sum, glwe);
        self.client.decrypt_glwe(&sum)
    }

    fn encrypt(&self, xs: &[f64]) -> Result<Vec<Lwe<C::Types>>, BackendError> {
        self.server.expand_lwes(&self.client.encrypt_lwes(xs))
    }

    fn encrypt_one(&self, x: f64) -> Result<Lwe<C::Types>, BackendError> {
        Ok(self.encrypt(&[x])?.remove(0))
    }

    fn encrypt_ggsw(&self, terms: &[(usize, i64)]) -> Result<Ggsw<S::Types>, BackendError> {
        self.server.expand_ggsw(&self.client.encrypt_ggsw(terms)?)
    }

    fn product(&self, ggsw: &Ggsw<S::Types>, glwe: &Glwe<S::Types>) -> Result<Glwe<S::Types>, BackendError> {
        one(self.server.dot_products(&[vec![(ggsw, glwe)]])?)
    }

    fn extract(&self, glwe: &Glwe<S::Types>, index: usize) -> Result<Lwe<S::Types>, BackendError> {
        one(self.server.extract(&[(glwe, index)])?)
    }

    fn pack(&self, values: &[(usize, Lwe<S::Types>)]) -> Result<Glwe<S::Types>, BackendError> {
        one(self.server.pack(&[values.iter().map(|(place, lwe)| (*place, lwe)).collect()])?)
    }

    fn lut(&self, precision: Precision, functions: &[&dyn Fn(f64) -> f64]) -> Result<RealLut, BackendError> {
        RealLut::new(self.p.table_size(precision), functions)
    }

    /// An encryption of zero whose mask is not trivial.
    fn zero(&self) -> Result<Glwe<C::Types>, BackendError> {
        let public = (0..self.p.polynomial_size).map(|i| (i as f64 * 0.618_034).fract() - 0.5);
        let public = self.server.trivial_glwe(&public.collect::<Vec<_>>());
        self.product(&self.encrypt_ggsw(&[])?, &public)
    }

    /// Results of bootstraps to `value`.
    fn constants(
        &self,
        precision: Precision,
        value: f64,
        count: usize,
    ) -> Result<Vec<Lwe<C::Types>>, BackendError> {
        let first = self.encrypted.get();
        self.encrypted.set(first + count as u32);
        let inputs = (first..self.encrypted.get()).map(|i| 0.1 + f64::from(i) * 1e-6);
        let inputs = self.encrypt(&inputs.collect::<Vec<_>>())?;
        let lut = self.lut(precision, &[&|_| value])?;
        let outputs = self.server.bootstrap(precision, &inputs, &lut)?;
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
            close(self.client.decrypt_lwe(&self.extract(&sum, i)?)?, expected);
        }
        Ok(())
    }

    fn fresh_product(&self) -> Result<(), BackendError> {
        let terms: Vec<_> = (0..30).map(|i| (3 * i, (i % 15) as i64 - 7)).collect();
        let norm2: i64 = terms.iter().map(|(_, x)| x * x).sum();
        let mut input = self.server.trivial_glwe(&[0.0, 0.01]);
        self.server.add_glwe(&mut input, &self.zero()?);
        let product = self.product(&self.encrypt_ggsw(&terms)?, &input)?;
        // The input's own noise is multiplied as well, and does not count as an error of the product.
        let (size, input) = (self.p.polynomial_size, self.client.decrypt_glwe(&input)?);
        let term = |i: usize, place: usize| match i.checked_sub(place) {
            Some(from) => input[from],
            None => -input[i + size - place],
        };
        let expected = |i: usize| terms.iter().map(|&(place, m)| m as f64 * term(i, place)).sum();
        let rows = self.p.fresh_rows();
        let model = self.p.external_product_noise(self.p.fresh, rows, norm2 as f64, NoiseVariance::ZERO);
        check_noise("product of a fresh GGSW", &errors(&self.decrypt_glwe(&product)?, expected), model);
        close(self.client.decrypt_lwe(&self.extract(&product, 7)?)?, expected(7));
        Ok(())
    }

    fn bootstrap_outputs(&self) -> Result<(), BackendError> {
        let constants = [0.2, -0.01, 0.1];
        for precision in Precision::ALL {
            let inputs = self.encrypt(&(0..60).map(|i| f64::from(i) / 300.0).collect::<Vec<_>>())?;
            let functions: [&dyn Fn(f64) -> f64; 3] =
                [&|_| constants[0], &|_| constants[1], &|_| constants[2]];
            let lut = self.lut(precision, &functions)?;
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
            let precision = Precision::Coarse;
            let lut = self.lut(precision, &vec![&identity as &dyn Fn(f64) -> f64; outputs])?;
            let xs: Vec<f64> = (0..200).map(|i| (f64::from(i) - 100.0) / 500.0).collect();
            let inputs = self.encrypt(&xs)?;
            let found = self.server.bootstrap(precision, &inputs, &lut)?;
            let model = self.p.keyswitch_noise()
                + self.p.modulus_switch_noise(precision, lut.log_outputs())
                + self.p.bootstrap_noise(precision);
            let (first, last) = (self.decrypt_all(&found[0])?, self.decrypt_all(&found[outputs - 1])?);
            check_noise(&format!("bootstrap input, {outputs} outputs"), &errors(&first, |i| xs[i]), model);
            let apart = first.iter().zip(&last).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-3, "all functions see the same rounded input");
        }
        Ok(())
    }

    fn packing(&self, stride: usize, values: usize) -> Result<(), BackendError> {
        let (mut wanted, mut others) = (vec![], vec![]);
        // Wherever they begin.
        let offset = stride / 3;
        for _ in 0..48_usize.div_ceil(values).min(30) {
            let lwes = self.constants(Precision::Fine, 0.03, values)?.into_iter().enumerate();
            let packed = self.pack(&lwes.map(|(i, lwe)| (offset + i * stride, lwe)).collect::<Vec<_>>())?;
            for (i, x) in self.decrypt_glwe(&packed)?.into_iter().enumerate() {
                if i % stride == offset && i / stride < values {
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
        let mut found = vec![];
        // Rounding errors are similar in all coefficients of one result, since they are those of few frequencies.
        for _ in 0..16 {
            let mut polynomial = self.server.trivial_glwe(&[0.2, 0.0, 0.1]);
            self.server.add_glwe(&mut polynomial, &self.zero()?);
            let before = self.client.decrypt_glwe(&polynomial)?;
            let inverted = self.decrypt_glwe(&one(self.server.automorphism_minus_one(&[polynomial])?)?)?;
            close(inverted[0], 0.2);
            close(inverted[size - 2], -0.1);
            let moved = |i: usize| if i == 0 { before[0] } else { -before[size - i] };
            found.extend(errors(&inverted, moved));
        }
        check_noise("inversion", &found, self.p.automorphism_noise());
        Ok(())
    }

    /// A batch has the results of its single operations; a sum of products does not depend on their order.
    fn batches(&self) -> Result<(), BackendError> {
        let factors = [self.encrypt_ggsw(&[(0, 3), (5, -2)])?, self.encrypt_ggsw(&[(1, 1)])?];
        let glwes = [self.product(&factors[0], &self.server.trivial_glwe(&[0.01, 0.1]))?, self.zero()?];
        let pairs: Vec<_> = (0..40).map(|i| (&factors[i % 2], &glwes[i / 2 % 2])).collect();
        let reversed = pairs.iter().rev().copied().collect();
        let sums = self.server.dot_products(&[pairs.clone(), vec![], reversed, pairs[..1].to_vec()])?;
        let decrypted: Vec<_> = sums.iter().map(|s| self.decrypt_glwe(s)).collect::<Result<_, _>>()?;
        assert_eq!((sums.len(), &decrypted[0]), (4, &decrypted[2]), "the order of products does not matter");
        assert!(decrypted[1].iter().all(|&x| x == 0.0), "a sum of nothing is zero");
        assert_eq!(self.decrypt_glwe(&self.product(&factors[0], &glwes[0])?)?, decrypted[3]);

        let lwes = self.server.extract(&[(&sums[0], 3), (&sums[3], 0)])?;
        assert_eq!(self.decrypt_all(&lwes)?[1], self.client.decrypt_lwe(&self.extract(&sums[3], 0)?)?);
        let packed = self.server.pack(&[vec![(0, &lwes[0])], vec![(2, &lwes[1]), (9, &lwes[0])]])?;
        let alone = self.pack(&[(2, lwes[1].clone()), (9, lwes[0].clone())])?;
        assert_eq!(self.decrypt_glwe(&packed[1])?, self.decrypt_glwe(&alone)?);
        let inverted = self.server.automorphism_minus_one(&packed)?;
        let alone = one(self.server.automorphism_minus_one(&packed[1..])?)?;
        assert_eq!(self.decrypt_glwe(&inverted[1])?, self.decrypt_glwe(&alone)?);
        Ok(())
    }

    /// A circuit-bootstrapped GGSW of `message`, with its terms at multiples of `stride`.
    fn scheme_switch(
        &self,
        precision: Precision,
        message: &[i64],
        stride: usize,
    ) -> Result<Ggsw<S::Types>, BackendError> {
        let gadget = self.p.factor(precision);
        let row = |level: usize| {
            let scale = gadget.base().powi(-(level as i32));
            let values = message.iter().enumerate().map(|(i, &m)| {
                let value = self.constants(precision, m as f64 * scale, 1)?.pop();
                let missing = || BackendError::WrongShape("a bootstrap has no results".into());
                Ok((i * stride, value.ok_or_else(missing)?))
            });
            self.pack(&values.collect::<Result<Vec<_>, BackendError>>()?)
        };
        let rows = (1..=gadget.levels).map(row).collect::<Result<Vec<_>, _>>()?;
        one(self.server.scheme_switch(precision, &rows)?)
    }

    fn circuit_bootstrapping(
        &self,
        precision: Precision,
        stride: usize,
        message: &[i64],
    ) -> Result<(), BackendError> {
        let (mut coefficients, place) = (vec![0.0; 64], 40);
        (coefficients[0], coefficients[place]) = (0.01, -0.002);
        let expected = |i: usize| {
            let terms = message.iter().enumerate().map(|(k, &m)| match i.checked_sub(k * stride) {
                Some(0) => 0.01 * m as f64,
                Some(distance) if distance == place => -0.002 * m as f64,
                _ => 0.0,
            });
            terms.sum()
        };
        let packed = self.p.packing_noise(stride.ilog2(), message.len());
        let rows = self.p.circuit_rows(self.p.bootstrap_noise(precision), packed, message.len());
        let norm2 = message.iter().map(|m| m * m).sum::<i64>() as f64;
        let input =
            self.p.external_product_noise(self.p.fresh, self.p.fresh_rows(), 0.0, NoiseVariance::ZERO);
        let model = self.p.external_product_noise(self.p.factor(precision), rows, norm2, input);

        let mut sum = self.server.trivial_glwe(&[]);
        let mut all = vec![];
        for _ in 0..4 {
            // Another mask each time, as in a training. One mask has the same rounding error in every product, and the noise
            // of packed rows has a part that is the same for all of one key; with it, errors would not be independent.
            let mut glwe = self.zero()?;
            self.server.add_glwe(&mut glwe, &self.server.trivial_glwe(&coefficients));
            let product = self.product(&self.scheme_switch(precision, message, stride)?, &glwe)?;
            self.server.sub_glwe(&mut sum, &product);
            all.extend(errors(&self.decrypt_glwe(&product)?, expected));
        }
        check_noise(
            &format!("product of a circuit-bootstrapped GGSW, {}, stride {stride}", precision.name()),
            &all,
            model,
        );
        // The noise of updates adds up like that of independent values.
        let sum = errors(&self.client.decrypt_glwe(&sum)?, |i| -4.0 * expected(i));
        check_noise("  four of them subtracted", &sum, self.p.accumulated_noise(model, 4));
        Ok(())
    }

    fn refusals(&self) -> Result<(), BackendError> {
        let size = self.p.polynomial_size;
        let lwe = self.encrypt_one(0.0)?;
        assert!(self.extract(&self.server.trivial_glwe(&[]), size).is_err());
        assert!(self.pack(&[(size, lwe.clone())]).is_err());
        assert!(self.pack(&[(1, lwe.clone()), (1, lwe.clone())]).is_err());
        assert!(self.server.scheme_switch(Precision::Fine, &[self.pack(&[(0, lwe)])?]).is_err());
        assert!(self.client.encrypt_ggsw(&[(size, 1)]).is_err());
        Ok(())
    }
}

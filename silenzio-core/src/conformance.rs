//! A conformance suite for backends, which the tests of every backend call.
//!
//! Each function compares the backend with plain integers and panics, like an assertion, where they differ.

use crate::random::{Purpose, Seed, Stream};
use crate::{Backend, BackendError, Client, Lut, Modulus, Value, Wire, wire};
use std::io;

/// Runs the whole suite on values of the given moduli. The server needs a key for each of them.
///
/// # Errors
/// If the backend refuses an operation that it has to support.
pub fn check<C, S>(client: &C, server: &S, moduli: &[Modulus]) -> Result<(), BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    for (i, &m) in moduli.iter().enumerate() {
        let mut stream = Seed(42).stream(Purpose::Tests, i as u64, 0);
        round_trip(client, server, m)?;
        arithmetic(client, server, m, &mut stream)?;
        sums(client, server, m, &mut stream)?;
        for &n in moduli {
            look_ups(client, server, m, n, &mut stream)?;
        }
        mismatches_are_refused(server, m)?;
    }
    Ok(())
}

/// Writes a value, and returns the value that is read back. Its bytes must be the same, and both fewer and more bytes
/// must be refused.
///
/// # Errors
/// If the value cannot be written, or the written bytes cannot be read.
pub fn check_wire<F: ?Sized, T: Wire<F>>(value: &T, format: &F) -> io::Result<T> {
    let mut bytes = wire::to_bytes(value)?;
    assert_eq!(T::encoded_len(format)?, bytes.len() as u64, "the length follows from the format");
    let read: T = wire::from_bytes(&bytes, format)?;
    assert_eq!(wire::to_bytes(&read)?, bytes, "the value that was read has the same bytes");
    for length in [0, bytes.len() / 2, bytes.len() - 1] {
        assert!(wire::from_bytes::<F, T>(&bytes[..length], format).is_err(), "truncated to {length} bytes");
    }
    bytes.push(0);
    assert!(wire::from_bytes::<F, T>(&bytes, format).is_err(), "one byte too many");
    Ok(read)
}

fn random_values(m: Modulus, count: usize, stream: &mut Stream) -> Vec<i64> {
    (0..count).map(|_| m.centre(i64::from(stream.below(m.get().into())))).collect()
}

fn centred(m: Modulus, xs: impl IntoIterator<Item = i64>) -> Vec<i64> {
    xs.into_iter().map(|x| m.centre(x)).collect()
}

fn encrypt<C, S>(client: &C, server: &S, m: Modulus, xs: &[i64]) -> Result<Vec<Value<C::Types>>, BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    server.expand(&client.encrypt(m, xs)?)
}

fn round_trip<C, S>(client: &C, server: &S, m: Modulus) -> Result<(), BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    let all: Vec<i64> = (-m.alpha()..=m.alpha()).collect();
    assert_eq!(client.decrypt(&encrypt(client, server, m, &all)?)?, all, "round trip modulo {m}");
    Ok(())
}

fn arithmetic<C, S>(client: &C, server: &S, m: Modulus, stream: &mut Stream) -> Result<(), BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    let (xs, ys) = (random_values(m, 8, stream), random_values(m, 8, stream));
    let (x, y) = (encrypt(client, server, m, &xs)?, encrypt(client, server, m, &ys)?);
    let pairs = || xs.iter().zip(&ys);

    let (mut added, mut subtracted) = (x.clone(), x.clone());
    for ((a, s), b) in added.iter_mut().zip(&mut subtracted).zip(&y) {
        server.add_assign(a, b)?;
        server.sub_assign(s, b)?;
    }
    assert_eq!(client.decrypt(&added)?, centred(m, pairs().map(|(a, b)| a + b)));
    assert_eq!(client.decrypt(&subtracted)?, centred(m, pairs().map(|(a, b)| a - b)));

    let changed = |change: &dyn Fn(&mut Value<S::Types>)| {
        let mut results = x.clone();
        results.iter_mut().for_each(change);
        assert!(results.iter().all(|a| server.modulus(a) == m));
        client.decrypt(&results)
    };
    assert_eq!(changed(&|a| server.neg_assign(a))?, centred(m, xs.iter().map(|a| -a)));
    assert_eq!(changed(&|a| server.add_constant(a, -300))?, centred(m, xs.iter().map(|a| a - 300)));
    for factor in [-3, 0, 2] {
        assert_eq!(changed(&|a| server.mul_assign(a, factor))?, centred(m, xs.iter().map(|a| factor * a)));
    }

    let trivial: Vec<_> = xs.iter().map(|&a| server.trivial(m, a)).collect();
    assert_eq!(client.decrypt(&trivial)?, xs);
    let mut mixed = trivial;
    for (a, b) in mixed.iter_mut().zip(&y) {
        server.add_assign(a, b)?;
    }
    assert_eq!(client.decrypt(&mixed)?, centred(m, pairs().map(|(a, b)| a + b)), "trivial plus encrypted");
    Ok(())
}

fn sums<C, S>(client: &C, server: &S, m: Modulus, stream: &mut Stream) -> Result<(), BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    for count in [0, 1, 20] {
        let xs = random_values(m, count, stream);
        let fresh = server.lut(&encrypt(client, server, m, &xs)?, &Lut::embed(m, m))?;
        let sum = server.sum(m, &fresh)?;
        let looked_up = server.lut(&[sum], &Lut::signed(m, m, |x| x + 1))?;
        assert_eq!(client.decrypt(&looked_up)?, centred(m, [xs.iter().sum::<i64>() + 1]), "sum of {count}");
    }
    Ok(())
}

fn look_ups<C, S>(
    client: &C,
    server: &S,
    m: Modulus,
    n: Modulus,
    stream: &mut Stream,
) -> Result<(), BackendError>
where
    C: Client,
    S: Backend<Types = C::Types>,
{
    let xs = random_values(m, 6, stream);
    let tables: Vec<Vec<i64>> = (0..2).map(|_| random_values(n, m.get().into(), stream)).collect();
    let luts: Vec<Lut> = tables.iter().map(|table| Lut::residues(m, n, |r| table[r as usize])).collect();
    let mut inputs = encrypt(client, server, m, &xs)?;
    let (first, rest) = inputs.split_at_mut(1);
    server.add_assign(&mut first[0], &rest[0])?;
    let mut expected = xs.clone();
    expected[0] += xs[1];

    let before = server.lut_counts();
    let outputs = server.luts(&inputs, &luts.iter().collect::<Vec<_>>())?;
    let counted = server.lut_counts() - before;
    assert_eq!(counted.bits(m.bits()), 12, "six inputs by two tables are twelve look-ups");
    assert!(server.lut_cost(m) > 0.0);
    for (table, output) in tables.iter().zip(outputs) {
        assert!(output.iter().all(|value| server.modulus(value) == n));
        let wanted: Vec<i64> = expected.iter().map(|&x| table[usize::from(m.reduce(x))]).collect();
        assert_eq!(client.decrypt(&output)?, wanted, "look-up from {m} to {n}");
    }
    Ok(())
}

fn mismatches_are_refused<S: Backend>(server: &S, m: Modulus) -> Result<(), BackendError> {
    let other = Modulus::new(if m.get() == 3 { 5 } else { 3 })?;
    let mut a = server.trivial(m, 1);
    let b = server.trivial(other, 1);
    assert!(matches!(server.add_assign(&mut a, &b), Err(BackendError::ModulusMismatch { .. })));
    assert!(matches!(server.sub_assign(&mut a, &b), Err(BackendError::ModulusMismatch { .. })));
    assert!(server.lut(&[b], &Lut::embed(m, m)).is_err());
    assert!(server.sum(m, &[a, server.trivial(other, 0)]).is_err());
    Ok(())
}

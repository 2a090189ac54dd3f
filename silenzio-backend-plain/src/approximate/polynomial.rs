//! Polynomials modulo X^N + 1, of which only those coefficients are computed that are read.
//!
//! A training step multiplies factors of hundreds of terms by polynomials of N coefficients, and then reads a few
//! coefficients of each product; and it packs a few values into polynomials that are otherwise zero. So products are not
//! expanded until a polynomial is added to one with coefficients of its own, and zeros are not stored.
//!
//! Torus elements are multiples of 2^-64, and arithmetic wraps: sums and products are exact, in any order.

use std::sync::Arc;

/// The coefficients that are not zero, with their places.
pub(super) type Terms = Arc<[(usize, i64)]>;

/// The coefficients of a polynomial, which clones share.
#[derive(Clone, Debug)]
enum Coefficients {
    /// The coefficients that are not zero, sorted by place.
    Sparse(Terms),
    Dense(Arc<Vec<i64>>),
}

/// A polynomial: its coefficients, and the products that are still to be added to them.
#[derive(Clone, Debug)]
pub(super) struct Polynomial {
    /// The number of coefficients, N.
    size: usize,
    own: Coefficients,
    products: Vec<(Terms, Coefficients)>,
}

impl Polynomial {
    /// The zero polynomial.
    pub(super) fn zero(size: usize) -> Self {
        Self { size, own: Coefficients::Sparse(Arc::new([])), products: vec![] }
    }

    /// Whether the polynomial is known to be zero without computing products.
    pub(super) fn is_zero(&self) -> bool {
        self.own.is_zero() && self.products.is_empty()
    }

    /// A polynomial with these coefficients.
    pub(super) fn dense(coefficients: Vec<i64>) -> Self {
        let size = coefficients.len();
        Self { size, own: Coefficients::Dense(Arc::new(coefficients)), products: vec![] }
    }

    /// The polynomial with the given coefficients at places below `size`, and zeros elsewhere; `None` if a place is given
    /// twice.
    pub(super) fn sparse(size: usize, mut terms: Vec<(usize, i64)>) -> Option<Self> {
        terms.sort_unstable_by_key(|&(place, _)| place);
        let distinct = terms.windows(2).all(|pair| pair[0].0 < pair[1].0);
        distinct.then(|| Self { size, own: Coefficients::Sparse(terms.into()), products: vec![] })
    }

    /// The product with the polynomial that has these terms.
    pub(super) fn multiplied(&self, terms: &Terms) -> Self {
        let factor = if self.products.is_empty() {
            self.own.clone()
        } else {
            Coefficients::Dense(Arc::new(self.coefficients()))
        };
        Self { products: vec![(Arc::clone(terms), factor)], ..Self::zero(self.size) }
    }

    /// The polynomial `p(1/X)`: coefficient i moves to N - i, negated; coefficient 0 stays.
    pub(super) fn inverted(&self) -> Self {
        let moved = |(place, x): (usize, i64)| {
            if place == 0 { (0, x) } else { (self.size - place, x.wrapping_neg()) }
        };
        let mut terms: Vec<_> = self.terms().into_iter().map(moved).collect();
        terms.sort_unstable_by_key(|&(place, _)| place);
        Self { size: self.size, own: Coefficients::Sparse(terms.into()), products: vec![] }
    }

    /// The coefficient at a place below N.
    pub(super) fn at(&self, place: usize) -> i64 {
        let product = |(terms, factor): &(Terms, Coefficients)| {
            let summand = |&(shift, m): &(usize, i64)| match place.checked_sub(shift) {
                Some(from) => m.wrapping_mul(factor.at(from)),
                None => m.wrapping_neg().wrapping_mul(factor.at(place + self.size - shift)),
            };
            sum(terms.iter().map(summand))
        };
        self.own.at(place).wrapping_add(sum(self.products.iter().map(product)))
    }

    /// Computes all coefficients.
    pub(super) fn coefficients(&self) -> Vec<i64> {
        let mut coefficients = self.own.clone().into_dense(self.size);
        add_products(&self.products, &mut coefficients, 1);
        coefficients
    }

    /// Computes the coefficients that are not zero, with their places.
    pub(super) fn terms(&self) -> Vec<(usize, i64)> {
        match &self.own {
            Coefficients::Sparse(terms) if self.products.is_empty() => terms.to_vec(),
            _ => self.coefficients().into_iter().enumerate().filter(|(_, x)| *x != 0).collect(),
        }
    }

    /// `self += sign * other`.
    pub(super) fn add(&mut self, other: &Self, sign: i64) {
        if sign == 1 && self.own.is_zero() && other.own.is_zero() {
            self.products.extend_from_slice(&other.products);
        } else {
            self.change(|coefficients| other.add_to(coefficients, sign));
        }
    }

    /// Computes all coefficients, and lets `change` replace them.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut [i64])) {
        let Self { size, own, products } = std::mem::replace(self, Self::zero(self.size));
        let mut coefficients = own.into_dense(size);
        add_products(&products, &mut coefficients, 1);
        change(&mut coefficients);
        self.own = Coefficients::Dense(Arc::new(coefficients));
    }

    /// `target += sign * self`.
    fn add_to(&self, target: &mut [i64], sign: i64) {
        self.own.add_shifted(target, 0, sign);
        add_products(&self.products, target, sign);
    }
}

fn sum(terms: impl Iterator<Item = i64>) -> i64 {
    terms.fold(0, i64::wrapping_add)
}

fn add_products(products: &[(Terms, Coefficients)], target: &mut [i64], sign: i64) {
    for (terms, factor) in products {
        for &(shift, m) in terms.iter() {
            factor.add_shifted(target, shift, sign.wrapping_mul(m));
        }
    }
}

impl PartialEq for Polynomial {
    fn eq(&self, other: &Self) -> bool {
        self.coefficients() == other.coefficients()
    }
}

impl Coefficients {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Sparse(terms) if terms.is_empty())
    }

    fn into_dense(self, size: usize) -> Vec<i64> {
        match self {
            Self::Dense(coefficients) => Arc::unwrap_or_clone(coefficients),
            Self::Sparse(_) => {
                let mut coefficients = vec![0; size];
                self.add_shifted(&mut coefficients, 0, 1);
                coefficients
            }
        }
    }

    fn at(&self, place: usize) -> i64 {
        match self {
            Self::Dense(coefficients) => coefficients[place],
            Self::Sparse(terms) => {
                terms.binary_search_by_key(&place, |&(place, _)| place).map_or(0, |index| terms[index].1)
            }
        }
    }

    /// `target += factor * X^shift * self`, for a shift below N.
    fn add_shifted(&self, target: &mut [i64], shift: usize, factor: i64) {
        let size = target.len();
        match self {
            Self::Dense(coefficients) => {
                let (low, high) = target.split_at_mut(shift);
                for (target, x) in high.iter_mut().zip(coefficients.iter()) {
                    *target = target.wrapping_add(factor.wrapping_mul(*x));
                }
                for (target, x) in low.iter_mut().zip(&coefficients[size - shift..]) {
                    *target = target.wrapping_sub(factor.wrapping_mul(*x));
                }
            }
            Self::Sparse(terms) => {
                for &(place, x) in terms.iter() {
                    match (place + shift).checked_sub(size) {
                        None => {
                            let target = &mut target[place + shift];
                            *target = target.wrapping_add(factor.wrapping_mul(x));
                        }
                        Some(wrapped) => {
                            let target = &mut target[wrapped];
                            *target = target.wrapping_sub(factor.wrapping_mul(x));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: usize = 16;

    fn terms() -> impl Strategy<Value = Vec<(usize, i64)>> {
        prop::collection::btree_map(0..SIZE, -9i64..10, 0..SIZE).prop_map(|terms| terms.into_iter().collect())
    }

    fn written_out(terms: &[(usize, i64)]) -> Vec<i64> {
        let mut coefficients = vec![0; SIZE];
        for &(place, x) in terms {
            coefficients[place] = x;
        }
        coefficients
    }

    fn product(a: &[i64], b: &[i64]) -> Vec<i64> {
        let mut product = vec![0; SIZE];
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                let sign = if i + j < SIZE { 1 } else { -1 };
                product[(i + j) % SIZE] += sign * x * y;
            }
        }
        product
    }

    fn sum(a: &[i64], b: &[i64], sign: i64) -> Vec<i64> {
        a.iter().zip(b).map(|(a, b)| a + sign * b).collect()
    }

    proptest! {
        /// Coefficients are integers, so that sums are exact in any order.
        #[test]
        fn what_is_not_computed_is_right(
            a in terms(), b in terms(), m in terms(), n in terms(), dense in any::<bool>()
        ) {
            let polynomial = |terms: &[(usize, i64)]| {
                if dense {
                    Polynomial::dense(written_out(terms))
                } else {
                    Polynomial::sparse(SIZE, terms.to_vec()).unwrap()
                }
            };
            let mut lazy = polynomial(&a).multiplied(&m.clone().into());
            lazy.add(&polynomial(&b).multiplied(&n.clone().into()), 1);
            let [a_out, b_out] = [&a, &b].map(|terms| written_out(terms));
            let [m_out, n_out] = [&m, &n].map(|terms| written_out(terms));
            let expected = sum(&product(&a_out, &m_out), &product(&b_out, &n_out), 1);
            prop_assert_eq!(&lazy.coefficients(), &expected);
            prop_assert_eq!((0..SIZE).map(|place| lazy.at(place)).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(&written_out(&lazy.terms()), &expected);

            let twice = lazy.multiplied(&n.clone().into());
            prop_assert_eq!(twice.coefficients(), product(&expected, &n_out));
            let mut difference = polynomial(&a);
            difference.add(&lazy, -1);
            prop_assert_eq!(difference.coefficients(), sum(&a_out, &expected, -1));
            lazy.change(|coefficients| coefficients[0] += 1);
            prop_assert_eq!(lazy.at(0), expected[0] + 1);
            prop_assert_eq!(&lazy.coefficients()[1..], &expected[1..]);
        }
    }

    #[test]
    fn a_place_is_given_once() {
        assert!(Polynomial::sparse(SIZE, vec![(3, 1), (2, 1), (3, 0)]).is_none());
    }
}

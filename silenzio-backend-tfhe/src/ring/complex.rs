//! Complex numbers in vector lanes.
//!
//! All operations are sums, products, and fused multiply-adds, which all instruction sets round in the same way. So a lane
//! holds the same bits, however many lanes there are.

use pulp::Simd;

/// One complex number in every lane: the real parts, then the imaginary parts.
pub(crate) type Complex<V> = [V; 2];

/// `x w`, for the same `w` in all lanes.
#[inline(always)]
pub(crate) fn mul<S: Simd>(simd: S, x: Complex<S::f64s>, [re, im]: [f64; 2]) -> Complex<S::f64s> {
    mul_lanes(simd, x, [simd.splat_f64s(re), simd.splat_f64s(im)])
}

/// `x y`, lane by lane.
#[inline(always)]
pub(crate) fn mul_lanes<S: Simd>(simd: S, x: Complex<S::f64s>, y: Complex<S::f64s>) -> Complex<S::f64s> {
    [
        simd.negate_mul_add_f64s(x[1], y[1], simd.mul_f64s(x[0], y[0])),
        simd.mul_add_f64s(x[0], y[1], simd.mul_f64s(x[1], y[0])),
    ]
}

/// `sum + x y`, lane by lane.
#[inline(always)]
pub(crate) fn mul_add<S: Simd>(
    simd: S,
    x: Complex<S::f64s>,
    y: Complex<S::f64s>,
    sum: Complex<S::f64s>,
) -> Complex<S::f64s> {
    let sum = [simd.mul_add_f64s(x[0], y[0], sum[0]), simd.mul_add_f64s(x[1], y[0], sum[1])];
    [simd.negate_mul_add_f64s(x[1], y[1], sum[0]), simd.mul_add_f64s(x[0], y[1], sum[1])]
}

/// `x + y`.
#[inline(always)]
pub(crate) fn add<S: Simd>(simd: S, x: Complex<S::f64s>, y: Complex<S::f64s>) -> Complex<S::f64s> {
    [simd.add_f64s(x[0], y[0]), simd.add_f64s(x[1], y[1])]
}

/// `x - y`.
#[inline(always)]
pub(crate) fn sub<S: Simd>(simd: S, x: Complex<S::f64s>, y: Complex<S::f64s>) -> Complex<S::f64s> {
    [simd.sub_f64s(x[0], y[0]), simd.sub_f64s(x[1], y[1])]
}

/// `x + i y`.
#[inline(always)]
pub(crate) fn add_i<S: Simd>(simd: S, x: Complex<S::f64s>, y: Complex<S::f64s>) -> Complex<S::f64s> {
    [simd.sub_f64s(x[0], y[1]), simd.add_f64s(x[1], y[0])]
}

/// `x - i y`.
#[inline(always)]
pub(crate) fn sub_i<S: Simd>(simd: S, x: Complex<S::f64s>, y: Complex<S::f64s>) -> Complex<S::f64s> {
    [simd.add_f64s(x[0], y[1]), simd.sub_f64s(x[1], y[0])]
}

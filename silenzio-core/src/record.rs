//! Serialization of fields that are left out where they are 1, which is their value in records of older versions.

/// 1, the value of a field that is left out.
pub const fn one() -> usize {
    1
}

/// Whether the field is left out.
pub const fn is_one(n: &usize) -> bool {
    *n == 1
}

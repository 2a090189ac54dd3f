//! Fields that records leave out where they are 1, as they were in all records before there was such a field.

/// 1: what is meant where the field is not there.
pub const fn one() -> usize {
    1
}

/// Whether the field is left out.
pub const fn is_one(n: &usize) -> bool {
    *n == 1
}

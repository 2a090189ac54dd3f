//! A part of a sweep, for one of several machines.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// One of `count` shards of a sweep, numbered from 1. It has every `count`-th row, so that all shards have points of all
/// kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    number: NonZeroUsize,
    count: NonZeroUsize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { number: NonZeroUsize::MIN, count: NonZeroUsize::MIN };

    /// Whether a row, numbered from 0, is in this shard.
    pub const fn holds(self, row: usize) -> bool {
        row % self.count.get() == self.number.get() - 1
    }
}

/// Parses a shard such as "2/8".
impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let parts = parts.and_then(|(number, count)| Some((number.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((number, count)) if number <= count => Ok(Self { number, count }),
            _ => Err("needs its number, from 1, and the number of all shards, as in 2/8".into()),
        }
    }
}

/// Formats the shard for the name of a file, such as "2-of-8".
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_shard() {
        let shards: Vec<Shard> = (1..=3).map(|number| format!("{number}/3").parse().unwrap()).collect();
        for row in 0..10 {
            assert_eq!(shards.iter().filter(|shard| shard.holds(row)).count(), 1);
            assert!(Shard::WHOLE.holds(row));
        }
        assert_eq!(shards[1].to_string(), "2-of-3");
        for wrong in ["", "1", "0/3", "4/3", "1/0", "-1/3", "1/3/5"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}

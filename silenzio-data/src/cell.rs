//! Cells, the values of a table.

/// The value of one cell of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A missing value: the cell is empty, or has a marker for missing values.
    Missing,
    /// A number, which is infinite if the text says so or exceeds double precision.
    Number(f64),
    /// Any other text.
    Text(&'a str),
}

/// The markers for missing values: pandas' list, and the question mark of UCI and Weka.
const MARKERS: &[&str] = &[
    "?", "NA", "NaN", "nan", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A", "#NA", "-NaN", "-nan",
    "NAN", "Null", "na", "#N/A N/A", "1.#QNAN", "-1.#IND", "1.#IND", "-1.#QNAN",
];

impl<'a> Cell<'a> {
    /// Parses a cell with this decimal sign. Spaces at both ends are ignored.
    pub fn parse(text: &'a str, decimal: u8) -> Self {
        let text = text.trim();
        let Some(&first) = text.as_bytes().first() else { return Self::Missing };
        // This is the fast path for numbers. Words that Rust parses as numbers begin with a letter.
        if matches!(first, b'0'..=b'9' | b'-' | b'+' | b'.' | b',')
            && let Some(number) = number(text, decimal)
        {
            return Self::Number(number);
        }
        if MARKERS.contains(&text) {
            Self::Missing
        } else if let Some(number) = infinity(text) {
            Self::Number(number)
        } else {
            Self::Text(text)
        }
    }

    /// The cell of a number; NaN becomes a missing value.
    pub fn of_number(number: f64) -> Self {
        if number.is_nan() { Self::Missing } else { Self::Number(number) }
    }
}

fn number(text: &str, decimal: u8) -> Option<f64> {
    // "+inf" and "-nan" are not numbers here.
    if text.as_bytes().iter().any(|byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E')) {
        return None;
    }
    match decimal {
        b',' if text.contains('.') => None,
        b',' => text.replacen(',', ".", 1).parse().ok(),
        _ => text.parse().ok(),
    }
}

fn infinity(text: &str) -> Option<f64> {
    let magnitude = text.strip_prefix(['+', '-']).unwrap_or(text);
    let infinite = magnitude.eq_ignore_ascii_case("inf") || magnitude.eq_ignore_ascii_case("infinity");
    infinite.then_some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY })
}

/// The name of a number as a class or a category, which is the same for 1, 1.0, 01 and +1.
pub fn name_of(number: f64) -> String {
    // Adding 0.0 turns a negative zero into a positive one.
    format!("{}", number + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_are_numbers_text_or_missing() {
        for text in ["", "  ", "?", "NA", "NaN", "null", "-nan"] {
            assert_eq!(Cell::parse(text, b'.'), Cell::Missing, "{text:?}");
        }
        for (text, number) in [
            ("1", 1.0),
            (" +1.50 ", 1.5),
            ("-2e-3", -0.002),
            (".5", 0.5),
            ("01", 1.0),
            ("1e999", f64::INFINITY),
        ] {
            assert_eq!(Cell::parse(text, b'.'), Cell::Number(number), "{text:?}");
        }
        assert_eq!(Cell::parse("-Infinity", b'.'), Cell::Number(f64::NEG_INFINITY));
        for text in ["1,5", "1_000", "0x10", "a", "-", "1 2", "5.1.2", "e5"] {
            assert_eq!(Cell::parse(text, b'.'), Cell::Text(text), "{text:?}");
        }
        assert_eq!(Cell::parse("1,5", b','), Cell::Number(1.5));
        assert_eq!(Cell::parse("1.5", b','), Cell::Text("1.5"));
        assert_eq!(Cell::parse("1,5,2", b','), Cell::Text("1,5,2"));
    }

    #[test]
    fn one_value_has_one_name() {
        let names = ["1", "1.0", "01", "+1", "1e0"].map(|text| match Cell::parse(text, b'.') {
            Cell::Number(number) => name_of(number),
            _ => String::new(),
        });
        assert_eq!(names, ["1"; 5]);
        assert_eq!((name_of(-0.0), name_of(0.5)), ("0".into(), "0.5".into()));
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_it_was_written(number in prop::num::f64::NORMAL) {
            let (point, comma) = (number.to_string(), number.to_string().replace('.', ","));
            prop_assert_eq!(Cell::parse(&point, b'.'), Cell::Number(number));
            prop_assert_eq!(Cell::parse(&comma, b','), Cell::Number(number));
        }
    }
}

//! Detects whether the first line names the columns.
//!
//! If the plan does not state it, the cells of the first line are compared with those of the lines below, column by
//! column. A column counts as one of numbers if nine tenths of its cells below are numbers. The first rule that applies
//! decides:
//!
//! 1. If `data.label_column` or one of `data.targets` is a name, or the line has the names of the training file, the
//!    line names the columns.
//! 2. In columns of numbers, the first line has text if it is a header, and numbers if it is a sample. If some of these
//!    cells are text and none are numbers, it is a header; if some are numbers and none are text, it is a sample,
//!    unless the next rule applies. Missing values count as neither.
//! 3. Three or more numbers that count up by one (0, 1, 2 or 1990, 1991, 1992) may be names. They are names if the line
//!    also has text, none of which occurs again in its column, or if one of them is above a column of text. A line with
//!    nothing but such numbers, above columns of numbers, is ambiguous.
//! 4. In a table that has only text, the line is a sample if at least half of its cells occur again in their columns,
//!    and a header if none does.
//!
//! Everything else is ambiguous, and leads to an error that asks for `data.header`.

use super::TextError;
use crate::cell::Cell;
use crate::shown::shown;

/// What is known about the columns of a file before it is read.
#[derive(Clone, Debug)]
pub struct Known {
    /// The names of the columns that are needed, if the training file has names.
    pub names: Option<Vec<String>>,
    /// Which columns of the training file have numbers. It is used for files with the same number of columns.
    pub numbers: Vec<bool>,
}

/// The first lines of a file.
pub struct FirstLines<'a> {
    pub first: Vec<&'a str>,
    pub below: Vec<Vec<&'a str>>,
    pub decimal: u8,
}

/// Decides whether the first line names the columns, from what the plan states and from the lines below.
///
/// # Errors
/// [`TextError::Ambiguous`] if it cannot be decided; other errors if what the plan states does not match the file.
pub fn has_header(
    lines: &FirstLines<'_>,
    stated: Option<bool>,
    answer: Option<(&'static str, &str)>,
    known: Option<&Known>,
) -> Result<bool, TextError> {
    let columns = lines.columns();
    if stated == Some(false) {
        if let (Some((field, name)), None) = (answer, known) {
            return Err(TextError::NameWithoutHeader { field, name: name.to_owned() });
        }
        let name = columns.iter().position(|column| column.text && column.numbers_below);
        return match name {
            Some(column) if known.is_none() => {
                let cell = lines.first.get(column).map(|cell| shown(cell)).unwrap_or_default();
                Err(TextError::HeaderDenied { column, cell })
            }
            _ => Ok(false),
        };
    }
    if stated == Some(true) {
        return Ok(true);
    }
    if let Some(known) = known {
        return known.has_header(lines, &columns);
    }
    if let Some((field, name)) = answer {
        return match lines.first.contains(&name) {
            true => Ok(true),
            false => Err(TextError::UnknownColumn {
                field,
                name: name.to_owned(),
                columns: lines.first.iter().map(|cell| cell.to_string()).collect(),
            }),
        };
    }
    by_cells(&columns)
}

/// The cell of the first line in a column, compared with the cells below.
#[derive(Clone, Copy, Debug)]
struct Column {
    number: Option<f64>,
    text: bool,
    /// Whether the cells below are numbers.
    numbers_below: bool,
    /// Whether a line below has the same cell.
    recurs: bool,
}

impl FirstLines<'_> {
    fn columns(&self) -> Vec<Column> {
        let column = |(number, cell): (usize, &&str)| {
            let (mut numbers, mut others, mut recurs) = (0, 0, false);
            for below in self.below.iter().filter_map(|line| line.get(number)) {
                match Cell::parse(below, self.decimal) {
                    Cell::Missing => {}
                    Cell::Number(_) => numbers += 1,
                    Cell::Text(_) => others += 1,
                }
                recurs |= below == cell;
            }
            let numbers_below = numbers > 0 && numbers >= 9 * others;
            let (number, text) = match Cell::parse(cell, self.decimal) {
                Cell::Missing => (None, false),
                Cell::Number(number) => (Some(number), false),
                Cell::Text(_) => (None, true),
            };
            Column { number, text, numbers_below, recurs }
        };
        self.first.iter().enumerate().map(column).collect()
    }
}

fn by_cells(columns: &[Column]) -> Result<bool, TextError> {
    let count =
        |predicate: &dyn Fn(&Column) -> bool| columns.iter().filter(|column| predicate(column)).count();
    let names = count(&|column| column.text && column.numbers_below);
    let values = count(&|column| column.number.is_some() && column.numbers_below);
    let filled = count(&|column| !column.numbers_below && (column.text || column.number.is_some()));
    let recurring =
        count(&|column| !column.numbers_below && column.recurs && (column.text || column.number.is_some()));
    let texts = count(&|column| column.text);
    let recurring_texts = count(&|column| column.text && column.recurs);
    let counting = counts_up(columns);
    match (names, values) {
        (0, 0) if filled == 0 => Ok(false),
        // Without lines below, there is nothing to compare with.
        (0, 0) if count(&|column| column.numbers_below) == 0 && recurring == 0 => match texts {
            0 if counting => Err(TextError::Ambiguous { why: "its numbers count up by one" }),
            texts => Ok(texts == filled),
        },
        (0, 0) if recurring * 2 >= filled => Ok(false),
        (0, 0) if recurring == 0 => Ok(true),
        (0, 0) => Err(TextError::Ambiguous {
            why: "some of its cells occur again in their columns, and some do not",
        }),
        (0, _) if counting && texts > 0 && recurring_texts == 0 => Ok(true),
        (0, _) if counting && recurring_texts == 0 => {
            let text_below = columns.iter().any(|column| column.number.is_some() && !column.numbers_below);
            if text_below {
                Ok(true)
            } else {
                Err(TextError::Ambiguous { why: "its numbers count up by one" })
            }
        }
        (0, _) => Ok(false),
        (_, 0) if recurring * 2 >= filled && recurring > 0 => Err(TextError::Ambiguous {
            why: "it has text where the lines below have numbers, but other cells occur again in their columns",
        }),
        (_, 0) => Ok(true),
        (_, _) if counting => Ok(true),
        (_, _) => Err(TextError::Ambiguous {
            why: "it has both numbers and text where the lines below have numbers",
        }),
    }
}

/// Whether the line has at least three numbers, and all of them count up by one.
fn counts_up(columns: &[Column]) -> bool {
    let numbers: Vec<f64> = columns.iter().filter_map(|column| column.number).collect();
    numbers.len() >= 3
        && numbers.windows(2).all(|pair| matches!(pair, [a, b] if b - a == 1.0 && a.fract() == 0.0))
}

impl Known {
    /// Whether the first line names the columns of the training file.
    fn has_header(&self, lines: &FirstLines<'_>, columns: &[Column]) -> Result<bool, TextError> {
        if let Some(names) = &self.names {
            let is_name = |name: &String| lines.first.iter().any(|cell| cell == name);
            // A number could also be a value.
            let is_word = |name: &&String| !matches!(Cell::parse(name, lines.decimal), Cell::Number(_));
            let as_values = columns.iter().filter(|column| column.recurs).count() * 2 >= columns.len();
            if names.iter().all(is_name) || (names.iter().filter(is_word).any(is_name) && !as_values) {
                return Ok(true);
            }
        }
        // Otherwise, columns are found by place. Text in a column of numbers is a name, unless other such columns have
        // numbers.
        let numeric = |place: usize| match self.numbers.len() == columns.len() {
            true => self.numbers.get(place).copied().unwrap_or(false),
            false => columns.get(place).is_some_and(|column| column.numbers_below),
        };
        let text = columns.iter().enumerate().position(|(place, column)| column.text && numeric(place));
        let number =
            columns.iter().enumerate().any(|(place, column)| column.number.is_some() && numeric(place));
        match (text, &self.names) {
            (None, _) => Ok(false),
            (Some(_), _) if number => Ok(false),
            (Some(place), Some(names)) => {
                let cell = lines.first.get(place).map(|cell| shown(cell)).unwrap_or_default();
                Err(TextError::NoSuchNames { cell, features: names.clone() })
            }
            (Some(_), None) => Ok(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide_for(
        text: &str,
        stated: Option<bool>,
        label: Option<&str>,
        known: Option<&Known>,
    ) -> Result<bool, TextError> {
        let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
        let first = lines.next().unwrap();
        has_header(
            &FirstLines { first, below: lines.collect(), decimal: b'.' },
            stated,
            label.map(|name| ("data.label_column", name)),
            known,
        )
    }

    fn decide(text: &str) -> Result<bool, TextError> {
        decide_for(text, None, None, None)
    }

    #[test]
    fn names_and_samples_are_told_apart() {
        for (text, header) in [
            ("a,b,kind\n1,2,x\n3,4,y", true),
            ("1,2,x\n3,4,y", false),
            ("x,5.1,3.5\ny,4.9,3\ny,4.9,3", false),
            ("label,0,1,2,3\nx,5,3,1,0\ny,4,3,1,0\ny,4,3,1,0", true),
            ("label,7,8,9\n1,5,3,1\n0,4,3,1", true),
            ("country,1990,1991,1992,class\nFR,5,6,7,a\nDE,5,6,7,b", true),
            (",a,b,kind\n1,5,3,x\n2,4,3,y", true),
            ("?,3.5,x\n4.9,3,x\n5,3,y", false),
            (",3.5,x\n4.9,3,x\n5,3,y", false),
            ("39,State,7,<=5\n50,Self,8,<=5\n38,State,9,>5", false),
            ("high,2,small,no\nlow,2,small,no\nhigh,3,big,yes\nlow,5more,big,no", false),
            ("doors,size,buy\nlow,small,no\nhigh,big,yes\nlow,big,no", true),
            ("a,b,kind", true),
            ("1,2,x", false),
            ("1,2,3.5", false),
            ("9,1,4\n8,1,4\n7,2,5", false),
        ] {
            assert_eq!(decide(text), Ok(header), "{text}");
        }
    }

    #[test]
    fn what_may_be_both_is_an_error() {
        for text in [
            "0,1,2,3\n5,3,1,0\n4,3,1,1",
            "1990,rate,x\n5,6,x\n5,6,y\n7,8,y",
            "n.a.,3.5,x\n4.9,3,x\n5,3,y",
            "age,red,no\n5,red,no\n6,red,yes",
        ] {
            assert!(matches!(decide(text), Err(TextError::Ambiguous { .. })), "{text}: {:?}", decide(text));
        }
    }

    #[test]
    fn the_plan_has_the_last_word() {
        assert_eq!(decide_for("0,1,2\n5,3,1", Some(true), None, None), Ok(true));
        assert_eq!(decide_for("0,1,2\n5,3,1", Some(false), None, None), Ok(false));
        assert!(matches!(
            decide_for("a,b\n1,x", Some(false), None, None),
            Err(TextError::HeaderDenied { column: 0, .. })
        ));
        let name = "b";
        assert_eq!(decide_for("0,b\n5,3", None, Some(name), None), Ok(true));
        assert!(matches!(
            decide_for("0,c\n5,3", None, Some(name), None),
            Err(TextError::UnknownColumn { .. })
        ));
        assert!(matches!(
            decide_for("0,b\n5,3", Some(false), Some(name), None),
            Err(TextError::NameWithoutHeader { .. })
        ));
    }

    #[test]
    fn rows_for_a_model_have_its_names_or_none() {
        let known = |names: &[&str]| Known {
            names: Some(names.iter().map(|name| name.to_string()).collect()),
            numbers: vec![true, true],
        };
        let rows = |text: &str, names: &[&str]| decide_for(text, None, None, Some(&known(names)));
        assert_eq!(rows("b,a,c\n1,2,3", &["a", "b"]), Ok(true));
        assert_eq!(rows("7,8\n1,2", &["7", "8"]), Ok(true));
        assert_eq!(rows("7,9\n1,2", &["7", "8"]), Ok(false));
        assert_eq!(rows("?,9\n1,2", &["a", "b"]), Ok(false));
        assert_eq!(rows("1,x\n1,2", &["a", "b"]), Ok(false));
        assert!(matches!(rows("p,q\n1,2", &["a", "b"]), Err(TextError::NoSuchNames { .. })));
        let nameless = Known { names: None, numbers: vec![true, true] };
        assert_eq!(decide_for("p,q\n1,2", None, None, Some(&nameless)), Ok(true));
        assert_eq!(decide_for("1,2\n1,2", None, None, Some(&nameless)), Ok(false));
    }
}

//! Compact storage of the cells of a column.

use crate::cell::{Cell, name_of};
use std::borrow::Cow;
use std::collections::HashMap;

/// The cells of one column. Numbers have 8 bits each if all are small, otherwise 64; texts are stored once each, and
/// cells have their numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    numbers: Numbers,
    /// For each row the number of its text in `texts`, or [`NO_TEXT`]; empty while the column has no text at all.
    codes: Vec<u32>,
    texts: Vec<String>,
    index: HashMap<String, u32>,
}

const NO_TEXT: u32 = u32::MAX;

/// Numbers with 8 bits each, or with 64 bits each.
#[derive(Clone, Debug, Default, PartialEq)]
struct Numbers {
    /// Whole numbers from 0 to 255, such as those of pixels; empty once there are others.
    small: Vec<u8>,
    /// All numbers, once some are not small. A cell without a number is NaN.
    wide: Option<Vec<f64>>,
}

impl Numbers {
    fn len(&self) -> usize {
        self.wide.as_ref().map_or(self.small.len(), Vec::len)
    }

    fn get(&self, row: usize) -> f64 {
        let number = match &self.wide {
            Some(wide) => wide.get(row).copied(),
            None => self.small.get(row).copied().map(f64::from),
        };
        number.unwrap_or(f64::NAN)
    }

    fn push(&mut self, number: f64) {
        // A cast from a float saturates, so that only small whole numbers survive it unchanged.
        let is_small = f64::from(number as u8) == number && number.is_sign_positive();
        if is_small && self.wide.is_none() {
            self.small.push(number as u8);
        } else {
            self.widened().push(number);
        }
    }

    fn append(&mut self, more: Self) {
        match more.wide {
            Some(more) => self.widened().extend(more),
            None if self.wide.is_none() => self.small.extend(more.small),
            None => self.widened().extend(more.small.into_iter().map(f64::from)),
        }
    }

    fn widened(&mut self) -> &mut Vec<f64> {
        let small = std::mem::take(&mut self.small);
        self.wide.get_or_insert_with(|| small.into_iter().map(f64::from).collect())
    }
}

impl Column {
    /// A column of small whole numbers.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self { numbers: Numbers { small: bytes, wide: None }, ..Self::default() }
    }

    /// The number of cells.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Adds a cell.
    pub fn push(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Number(number) => self.push_number(number),
            Cell::Missing => self.push_number(f64::NAN),
            Cell::Text(text) => {
                let code = self.code(Cow::Borrowed(text));
                self.codes.resize(self.len(), NO_TEXT);
                self.codes.push(code);
                self.numbers.push(f64::NAN);
            }
        }
    }

    /// Adds a number; NaN is a missing value.
    pub fn push_number(&mut self, number: f64) {
        self.numbers.push(number);
        if !self.codes.is_empty() {
            self.codes.push(NO_TEXT);
        }
    }

    /// Adds all cells of another column.
    pub fn append(&mut self, more: Self) {
        let (rows, added) = (self.len(), more.len());
        let translated: Vec<u32> = more.texts.into_iter().map(|text| self.code(Cow::Owned(text))).collect();
        self.numbers.append(more.numbers);
        if self.codes.is_empty() && more.codes.is_empty() {
            return;
        }
        self.codes.resize(rows, NO_TEXT);
        let translate = |code: u32| translated.get(code as usize).copied().unwrap_or(NO_TEXT);
        self.codes.extend(more.codes.into_iter().map(translate));
        self.codes.resize(rows + added, NO_TEXT);
    }

    /// The cell of a row; missing beyond the last row.
    pub fn cell(&self, row: usize) -> Cell<'_> {
        match self.text(row) {
            Some(text) => Cell::Text(text),
            None => Cell::of_number(self.numbers.get(row)),
        }
    }

    /// The number in a row; NaN if the cell is missing or text.
    pub fn number(&self, row: usize) -> f64 {
        self.numbers.get(row)
    }

    /// The name of a cell as a class or a category; `None` if it is missing.
    pub fn name(&self, row: usize) -> Option<Cow<'_, str>> {
        match self.cell(row) {
            Cell::Missing => None,
            Cell::Number(number) => Some(Cow::Owned(name_of(number))),
            Cell::Text(text) => Some(Cow::Borrowed(text)),
        }
    }

    /// Whether there is any text.
    pub fn has_text(&self) -> bool {
        !self.texts.is_empty()
    }

    /// The first row with text, and the text.
    pub fn first_text(&self) -> Option<(usize, &str)> {
        let row = self.codes.iter().position(|&code| code != NO_TEXT)?;
        Some((row, self.text(row)?))
    }

    /// The first row whose number is infinite.
    pub fn first_infinite(&self) -> Option<usize> {
        self.numbers.wide.as_ref()?.iter().position(|number| number.is_infinite())
    }

    /// Whether a cell is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        self.number(row).is_nan() && self.text(row).is_none()
    }

    /// The number of missing cells.
    pub fn missing(&self) -> usize {
        let texts = self.codes.iter().filter(|&&code| code != NO_TEXT).count();
        let numbers = self.numbers.wide.iter().flatten();
        numbers.filter(|number| number.is_nan()).count() - texts
    }

    /// The number of occurrences of each value in these rows, by name.
    pub fn counts(&self, rows: impl Iterator<Item = usize>) -> HashMap<String, usize> {
        let (mut texts, mut numbers) = (vec![0usize; self.texts.len()], HashMap::<u64, usize>::new());
        for row in rows {
            let code = self.codes.get(row).copied().unwrap_or(NO_TEXT);
            if let Some(count) = texts.get_mut(code as usize) {
                *count += 1;
            } else if !self.number(row).is_nan() {
                // Adding 0.0 turns a negative zero into a positive one, so that equal numbers have equal bits.
                *numbers.entry((self.number(row) + 0.0).to_bits()).or_default() += 1;
            }
        }
        let numbers = numbers.into_iter().map(|(bits, count)| (name_of(f64::from_bits(bits)), count));
        let texts = self.texts.iter().cloned().zip(texts).filter(|(_, count)| *count > 0);
        numbers.chain(texts).collect()
    }

    /// For each row the index of its name in `indices`; `None` if the cell is missing or its name is not in `indices`.
    pub fn look_up(&self, rows: &[usize], indices: &HashMap<&str, usize>) -> Vec<Option<usize>> {
        let texts: Vec<Option<usize>> =
            self.texts.iter().map(|text| indices.get(text.as_str()).copied()).collect();
        let mut numbers = HashMap::<u64, Option<usize>>::new();
        let index_of = |row: &usize| {
            if let Some(&code) = self.codes.get(*row).filter(|&&code| code != NO_TEXT) {
                return texts.get(code as usize).copied().flatten();
            }
            let number = self.number(*row);
            *numbers.entry(number.to_bits()).or_insert_with(|| {
                if number.is_nan() { None } else { indices.get(name_of(number).as_str()).copied() }
            })
        };
        rows.iter().map(index_of).collect()
    }

    /// The column of the cells in these rows.
    pub fn select(&self, rows: &[usize]) -> Self {
        let mut selected = Self::default();
        for &row in rows {
            selected.push(self.cell(row));
        }
        selected
    }

    fn text(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        self.texts.get(code as usize).map(String::as_str)
    }

    fn code(&mut self, text: Cow<'_, str>) -> u32 {
        if let Some(&code) = self.index.get(text.as_ref()) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_string());
        self.index.insert(text.into_owned(), code);
        code
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Owned {
        Missing,
        Number(f64),
        Text(String),
    }

    impl Owned {
        fn cell(&self) -> Cell<'_> {
            match self {
                Self::Missing => Cell::Missing,
                Self::Number(number) => Cell::Number(*number),
                Self::Text(text) => Cell::Text(text),
            }
        }
    }

    fn cells() -> impl Strategy<Value = Vec<Owned>> {
        let cell = prop_oneof![
            Just(Owned::Missing),
            (0u8..).prop_map(|byte| Owned::Number(byte.into())),
            (-2.0..300.0).prop_map(Owned::Number),
            "[ab]{1,2}".prop_map(Owned::Text),
        ];
        prop_oneof![
            prop::collection::vec((0u8..).prop_map(|byte| Owned::Number(byte.into())), 0..20),
            prop::collection::vec(cell, 0..20),
        ]
    }

    fn column(cells: &[Owned]) -> Column {
        let mut column = Column::default();
        cells.iter().for_each(|cell| column.push(cell.cell()));
        column
    }

    proptest! {
        #[test]
        fn cells_come_back(first in cells(), more in cells()) {
            let all = [first.clone(), more.clone()].concat();
            let mut appended = column(&first);
            appended.append(column(&more));
            for built in [&column(&all), &appended] {
                prop_assert_eq!(built.len(), all.len());
                for (row, cell) in all.iter().enumerate() {
                    prop_assert_eq!(built.cell(row), cell.cell());
                }
                let missing = all.iter().filter(|cell| matches!(cell, Owned::Missing)).count();
                prop_assert_eq!(built.missing(), missing);
                prop_assert_eq!(built.counts(0..all.len()).values().sum::<usize>(), all.len() - missing);
                let rows: Vec<usize> = (0..all.len()).rev().collect();
                let selected = built.select(&rows);
                prop_assert!(rows.iter().enumerate().all(|(to, &from)| selected.cell(to) == built.cell(from)));
                let counts = built.counts(0..all.len());
                let indices: HashMap<&str, usize> = counts.keys().map(String::as_str).zip(0..).collect();
                for (row, index) in built.look_up(&rows, &indices).into_iter().enumerate() {
                    let name = built.name(rows[row]);
                    prop_assert_eq!(index, name.map(|name| indices[name.as_ref()]));
                }
            }
        }
    }
}

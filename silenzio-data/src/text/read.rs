//! Reads a text file as columns.

use super::blocks::{Block, BlockError, Blocks};
use super::header::{FirstLines, Known, has_header};
use super::{Dialect, TextError};
use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::place::{Lines, Places};
use crate::reading::{Described, Header};
use crate::source::Source;
use crate::table::{MAX_FEATURES, Table, check_cells};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use rayon::prelude::*;
use silenzio_core::plan::DataPlan;
use std::io::BufRead;

/// The largest number of records with which the first one is compared.
const SAMPLE: usize = 1000;

/// The number of blocks that each thread parses before their columns are joined.
const BLOCKS_PER_THREAD: usize = 2;

/// How a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The fields of the plan.
    pub plan: &'a DataPlan,
    /// What is known about the columns, for all files but the first one of the training data.
    pub known: Option<&'a Known>,
}

/// Reads a text file.
///
/// # Errors
/// [`DataError::Text`] with the line of the first problem; also if the file cannot be read, or the table is too large.
pub fn read(mut source: Source, options: Options<'_>) -> Result<Table, DataError> {
    let dialect = Dialect::find(&source.head, options.plan).map_err(|error| failed(&source, error))?;
    let reader = source.reader();
    let mut blocks = Blocks::new(reader, dialect);
    let first = blocks.next_block().map_err(|error| unread(&source, error))?;
    let first = first.ok_or_else(|| failed(&source, TextError::NoSamples))?;
    let header = header_of(&first, dialect, options).map_err(|error| failed(&source, error))?;
    let mut table = read_blocks(&source, blocks, dialect, Some(first), header)?;
    if let Some(described) = table.described.first_mut() {
        described.delimiter = Some(dialect.delimiter_in_words());
        described.decimal_comma = dialect.decimal == b',';
    }
    Ok(table)
}

/// Reads the records of a file with these column names, whose first `line` lines have already been read.
///
/// # Errors
/// [`DataError::Text`] with the line of the first problem; also if the file cannot be read, or the table is too large.
pub fn read_with(
    source: &Source,
    reader: impl BufRead + Send,
    line: u64,
    dialect: Dialect,
    names: Vec<String>,
) -> Result<Table, DataError> {
    let header = FirstLine { names: Some(names), is_data: true };
    read_blocks(source, Blocks::new(reader, dialect).after(line), dialect, None, header)
}

/// The meaning of the first line.
struct FirstLine {
    /// The names of the columns.
    names: Option<Vec<String>>,
    /// Whether the line is a sample.
    is_data: bool,
}

fn failed(source: &Source, error: TextError) -> DataError {
    DataError::Text { file: source.file.clone(), error }
}

fn unread(source: &Source, error: BlockError) -> DataError {
    match error {
        BlockError::Text(error) => failed(source, error),
        BlockError::Io(error) => source.failed(error),
    }
}

fn reader(text: &[u8], dialect: Dialect) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(dialect.delimiter)
        .quote(dialect.quote)
        .escape((dialect.quote != b'"').then_some(b'\\'))
        .from_reader(text)
}

/// Decides whether the first line is a header.
fn header_of(block: &Block, dialect: Dialect, options: Options<'_>) -> Result<FirstLine, TextError> {
    let mut records = reader(&block.text, dialect).into_records();
    let line_of = |record: usize| block.lines.get(record).copied().unwrap_or(1);
    let first = match records.next() {
        Some(first) => first.map_err(|error| unreadable(line_of(0), &error))?,
        None => return Err(TextError::NoSamples),
    };
    // Damage further down is reported when it is read.
    let below: Vec<StringRecord> = records.map_while(Result::ok).take(SAMPLE).collect();
    let (columns, limit) = (first.len(), MAX_FEATURES + 1);
    if columns > limit {
        return Err(TextError::TooManyColumns { found: columns, limit: MAX_FEATURES });
    }
    if options.known.is_none() && columns < 2 {
        return Err(TextError::OneColumn { delimiter: dialect.delimiter_in_words() });
    }
    let cells = |record: &'_ StringRecord| -> Vec<String> {
        record.iter().map(|cell| cell.trim().to_owned()).collect()
    };
    let below: Vec<Vec<String>> = below.iter().map(cells).collect();
    let first = cells(&first);
    let row_names = below.iter().all(|line| line.len() == columns + 1) && !below.is_empty();
    if row_names && first.iter().any(|cell| matches!(Cell::parse(cell, dialect.decimal), Cell::Text(_))) {
        return Err(TextError::RowNames { header: columns, cells: columns + 1 });
    }
    let lines = FirstLines {
        first: first.iter().map(String::as_str).collect(),
        below: below.iter().map(|line| line.iter().map(String::as_str).collect()).collect(),
        decimal: dialect.decimal,
    };
    let plan = options.plan;
    let header = has_header(&lines, plan.header, plan.named_answer(), options.known)?;
    Ok(FirstLine { names: header.then_some(first), is_data: !header })
}

/// The cells of a block.
struct Cells {
    columns: Vec<Column>,
    lines: Vec<u64>,
}

/// Parses `first` and all further blocks.
fn read_blocks<R: BufRead + Send>(
    source: &Source,
    mut blocks: Blocks<R>,
    dialect: Dialect,
    first: Option<Block>,
    first_line: FirstLine,
) -> Result<Table, DataError> {
    let at_once = BLOCKS_PER_THREAD * rayon::current_num_threads();
    let mut lines = Lines::default();
    let mut width = first_line.names.as_ref().map(Vec::len);
    let mut columns: Vec<Column> = vec![];
    let mut fill = |first: Option<Block>| -> Result<Vec<Block>, BlockError> {
        let mut batch: Vec<Block> = first.into_iter().collect();
        while batch.len() < at_once {
            match blocks.next_block()? {
                Some(block) => batch.push(block),
                None => break,
            }
        }
        Ok(batch)
    };
    let mut batch = fill(first).map_err(|error| unread(source, error))?;
    let mut skip = usize::from(!first_line.is_data);
    while !batch.is_empty() {
        let width = *width.get_or_insert_with(|| width_of(&batch, dialect));
        let parse = || -> Result<Vec<Cells>, TextError> {
            batch
                .par_iter()
                .enumerate()
                .map(|(number, block)| parse(block, dialect, width, if number == 0 { skip } else { 0 }))
                .collect()
        };
        // While these blocks are parsed, the next ones are read from the file.
        let (parsed, next) = rayon::join(parse, || fill(None));
        for cells in parsed.map_err(|error| failed(source, error))? {
            if columns.is_empty() {
                columns = cells.columns;
            } else {
                columns.iter_mut().zip(cells.columns).for_each(|(column, more)| column.append(more));
            }
            cells.lines.into_iter().for_each(|line| lines.push(line));
        }
        let rows = lines.len();
        check_cells(&source.file, rows, width)?;
        skip = 0;
        batch = next.map_err(|error| unread(source, error))?;
    }
    let rows = lines.len();
    if rows == 0 {
        return Err(failed(source, TextError::NoSamples));
    }
    let mut places = Places::default();
    places.add(&source.file, 0, Some(lines));
    let header = if first_line.names.is_some() { Header::FirstLine } else { Header::None };
    let mut described = Described::of(source, "text", rows);
    described.header = Some(header);
    Ok(Table {
        columns,
        names: first_line.names,
        labels: None,
        pixels: false,
        places,
        described: vec![described],
        file: source.file.clone(),
        warnings: vec![],
    })
}

fn width_of(batch: &[Block], dialect: Dialect) -> usize {
    let Some(block) = batch.first() else { return 0 };
    reader(&block.text, dialect)
        .into_byte_records()
        .next()
        .map_or(0, |first| first.map_or(0, |first| first.len()))
}

/// Parses the cells of a block, except for the first `skip` records.
fn parse(block: &Block, dialect: Dialect, width: usize, skip: usize) -> Result<Cells, TextError> {
    let mut columns = vec![Column::default(); width];
    let mut reader = reader(&block.text, dialect);
    let mut record = StringRecord::new();
    let mut number = 0;
    let line_of = |number: usize| block.lines.get(number).copied().unwrap_or(0);
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(unreadable(line_of(number), &error)),
        }
        if number >= skip {
            let (found, expected) = (record.len(), width);
            if found != expected {
                let delimiter = dialect.delimiter.into();
                return Err(TextError::Ragged { line: line_of(number), found, expected, delimiter });
            }
            for (column, cell) in columns.iter_mut().zip(&record) {
                column.push(Cell::parse(cell, dialect.decimal));
            }
        }
        number += 1;
    }
    let lines = block.lines.iter().skip(skip).copied().collect();
    Ok(Cells { columns, lines })
}

fn unreadable(line: u64, error: &csv::Error) -> TextError {
    match error.kind() {
        ErrorKind::Utf8 { .. } => TextError::NotUtf8 { line },
        _ => TextError::Unreadable { line, problem: error.to_string() },
    }
}

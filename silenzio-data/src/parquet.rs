//! Apache Parquet files, read with Apache Arrow's `parquet`.

use crate::DataError;
use crate::cell::Cell;
use crate::column::Column;
use crate::place::Places;
use crate::reading::Described;
use crate::source::Source;
use crate::table::{MAX_FEATURES, Table, check_cells};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;

/// The number of rows that are decoded at once.
const BATCH: usize = 1 << 14;

/// Reads a Parquet file.
///
/// # Errors
/// [`DataError::Parquet`] if it is damaged, [`DataError::Column`] if a column has values that are neither numbers,
/// Booleans, dates, times nor text, [`DataError::NoSamples`] if it has no rows, and [`DataError::TooManyCells`].
pub fn read(mut source: Source) -> Result<Table, DataError> {
    match source.seekable() {
        Some(file) => caught(&source, || read_from(&source, file)),
        None => {
            let bytes = source.bytes()?;
            caught(&source, || read_from(&source, bytes::Bytes::from(bytes)))
        }
    }
}

/// Turns a panic into an error, since the library panics on some damaged pages. Nothing that it was given is used
/// afterwards.
fn caught(source: &Source, read: impl FnOnce() -> Result<Table, DataError>) -> Result<Table, DataError> {
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err(failed(source, "its pages cannot be decoded")))
}

fn failed(source: &Source, problem: impl ToString) -> DataError {
    let problem =
        format!("is a damaged or unknown Parquet file ({}); write or fetch it again", problem.to_string());
    DataError::Parquet { file: source.file.clone(), problem }
}

fn read_from<T: ChunkReader + 'static>(source: &Source, reader: T) -> Result<Table, DataError> {
    // Without Arrow's own metadata, columns have only the types of Parquet itself.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(reader, options)
        .map_err(|error| failed(source, error))?;
    let fields = builder.schema().fields().clone();
    if fields.len() > MAX_FEATURES {
        return Err(failed(source, format!("{} columns", fields.len())));
    }
    let names: Vec<String> = fields.iter().map(|field| field.name().trim().to_owned()).collect();
    let rows = builder.metadata().file_metadata().num_rows();
    check_cells(&source.file, usize::try_from(rows).unwrap_or(usize::MAX), fields.len())?;
    let batches: ParquetRecordBatchReader =
        builder.with_batch_size(BATCH).build().map_err(|error| failed(source, error))?;
    let mut columns = vec![Column::default(); fields.len()];
    for batch in batches {
        let batch: RecordBatch = batch.map_err(|error| failed(source, error))?;
        for ((column, array), name) in columns.iter_mut().zip(batch.columns()).zip(&names) {
            append(column, array).map_err(|problem| DataError::Column {
                file: source.file.clone(),
                column: format!("{name:?}"),
                problem,
            })?;
        }
        check_cells(&source.file, columns.first().map_or(0, Column::len), columns.len())?;
    }
    let rows = columns.first().map_or(0, Column::len);
    if rows == 0 {
        return Err(DataError::NoSamples { file: source.file.clone() });
    }
    let mut places = Places::default();
    places.add(&source.file, 0, None);
    Ok(Table {
        columns,
        names: Some(names),
        labels: None,
        pixels: false,
        places,
        described: vec![Described::of(source, "Parquet", rows)],
        file: source.file.clone(),
        warnings: vec![],
    })
}

/// Adds the values of an array to a column.
fn append(column: &mut Column, array: &ArrayRef) -> Result<(), String> {
    match array.data_type() {
        DataType::UInt8 if array.null_count() == 0 => {
            column.append(Column::of_bytes(array.as_primitive::<UInt8Type>().values().to_vec()));
        }
        DataType::Null => (0..array.len()).for_each(|_| column.push(Cell::Missing)),
        DataType::Boolean => {
            for truth in array.as_boolean() {
                column.push(match truth {
                    Some(true) => Cell::Text("true"),
                    Some(false) => Cell::Text("false"),
                    None => Cell::Missing,
                });
            }
        }
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(|text| push_text(column, text)),
        DataType::Binary => {
            let texts = array.as_binary::<i32>().iter();
            texts
                .for_each(|bytes| push_text(column, bytes.and_then(|bytes| std::str::from_utf8(bytes).ok())));
        }
        DataType::UInt8 => append_numbers::<UInt8Type>(column, array, f64::from),
        DataType::UInt16 => append_numbers::<UInt16Type>(column, array, f64::from),
        DataType::UInt32 => append_numbers::<UInt32Type>(column, array, f64::from),
        DataType::UInt64 => append_numbers::<UInt64Type>(column, array, |number| number as f64),
        DataType::Int8 => append_numbers::<Int8Type>(column, array, f64::from),
        DataType::Int16 => append_numbers::<Int16Type>(column, array, f64::from),
        DataType::Int32 => append_numbers::<Int32Type>(column, array, f64::from),
        DataType::Int64 => append_numbers::<Int64Type>(column, array, |number| number as f64),
        DataType::Float16 => append_numbers::<Float16Type>(column, array, f64::from),
        DataType::Float32 => append_numbers::<Float32Type>(column, array, f64::from),
        DataType::Float64 => append_numbers::<Float64Type>(column, array, |number| number),
        DataType::Decimal128(_, scale) => {
            let unit = 10f64.powi((*scale).into());
            append_numbers::<Decimal128Type>(column, array, |number| number as f64 / unit);
        }
        DataType::Date32 => append_numbers::<Date32Type>(column, array, f64::from),
        DataType::Timestamp(TimeUnit::Second, _) => {
            append_numbers::<TimestampSecondType>(column, array, |time| time as f64);
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            append_numbers::<TimestampMillisecondType>(column, array, |time| time as f64);
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            append_numbers::<TimestampMicrosecondType>(column, array, |time| time as f64);
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            append_numbers::<TimestampNanosecondType>(column, array, |time| time as f64);
        }
        kind => {
            return Err(format!(
                "has values of type {kind}, but only numbers, Booleans, dates, times and text can be read; leave it \
                 out when you write the file"
            ));
        }
    }
    Ok(())
}

fn append_numbers<T: ArrowPrimitiveType>(
    column: &mut Column,
    array: &ArrayRef,
    value: impl Fn(T::Native) -> f64,
) {
    for number in array.as_primitive::<T>() {
        column.push_number(number.map_or(f64::NAN, &value));
    }
}

fn push_text(column: &mut Column, text: Option<&str>) {
    column.push(text.map_or(Cell::Missing, |text| Cell::parse(text, b'.')));
}

//! Reads a text file in blocks of whole records, with the lines on which they begin.

use super::{Dialect, MAX_RECORD, TextError};
use crate::format::BYTE_ORDER_MARK;
use std::io::{self, BufRead};

/// The approximate number of bytes of a block.
const BLOCK: usize = 1 << 20;

/// Records in a normal form, without blank lines, comments and spaces around quotes, and with line feeds as line ends.
#[derive(Debug, Default)]
pub struct Block {
    pub text: Vec<u8>,
    /// The line on which each record begins.
    pub lines: Vec<u64>,
}

/// Reads a file block by block.
pub struct Blocks<R> {
    reader: R,
    dialect: Dialect,
    /// The number of lines read so far.
    line: u64,
    buffer: Vec<u8>,
}

/// A problem with the text, or an error of the operating system.
#[derive(Debug)]
pub enum BlockError {
    Text(TextError),
    Io(io::Error),
}

impl<R: BufRead> Blocks<R> {
    /// Reads from the beginning of a file.
    pub fn new(reader: R, dialect: Dialect) -> Self {
        Self { reader, dialect, line: 0, buffer: vec![] }
    }

    /// Counts lines from `line`, the number of lines that have already been read.
    pub fn after(self, line: u64) -> Self {
        Self { line, ..self }
    }

    /// The next block; `None` at the end of the file.
    ///
    /// # Errors
    /// [`TextError::OpenQuote`] if a quote is never closed, [`TextError::TooLong`] if a record is too long, and errors
    /// of the reader.
    pub fn next_block(&mut self) -> Result<Option<Block>, BlockError> {
        let mut block = Block::default();
        let mut open = None;
        while block.text.len() < BLOCK || open.is_some() {
            if !self.next_line().map_err(BlockError::Io)? {
                if let Some(line) = open {
                    return Err(BlockError::Text(TextError::OpenQuote { line }));
                }
                break;
            }
            if self.line <= self.dialect.skipped_lines {
                continue;
            }
            let record = open.unwrap_or(self.line);
            if block.text.len() > BLOCK + MAX_RECORD || self.buffer.len() > MAX_RECORD {
                let error = if open.is_some() {
                    TextError::OpenQuote { line: record }
                } else {
                    TextError::TooLong { line: record }
                };
                return Err(BlockError::Text(error));
            }
            if open.is_none() {
                let text = self.buffer.trim_ascii();
                if text.is_empty()
                    || (self.dialect.comment.is_some() && text.first() == self.dialect.comment.as_ref())
                {
                    continue;
                }
                block.lines.push(self.line);
            }
            let careful =
                open.is_some() || self.dialect.delimiter == b' ' || self.buffer.contains(&self.dialect.quote);
            if careful {
                let closed = copy_record(&self.buffer, open.is_some(), self.dialect, &mut block.text);
                open = (!closed).then_some(record);
            } else {
                block.text.extend(&self.buffer);
            }
            block.text.push(b'\n');
        }
        Ok((!block.lines.is_empty()).then_some(block))
    }

    /// Reads a line into the buffer, without its line end. Returns false at the end of the file.
    fn next_line(&mut self) -> io::Result<bool> {
        self.buffer.clear();
        let end = if self.dialect.carriage_returns { b'\r' } else { b'\n' };
        // One byte more than allowed shows that a line is too long.
        let mut limited = io::Read::take(&mut self.reader, MAX_RECORD as u64 + 2);
        if limited.read_until(end, &mut self.buffer)? == 0 {
            return Ok(false);
        }
        self.line += 1;
        if self.buffer.last() == Some(&end) {
            self.buffer.pop();
        }
        if end == b'\n' && self.buffer.last() == Some(&b'\r') {
            self.buffer.pop();
        }
        if self.line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }
}

/// The position of a byte within a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// Copies a line without the spaces before its cells. If spaces are the delimiter, one of them remains between cells.
/// Returns whether the record ends with the line, which it does unless a quote is open.
fn copy_record(line: &[u8], open: bool, dialect: Dialect, to: &mut Vec<u8>) -> bool {
    let Dialect { delimiter, quote, .. } = dialect;
    let spaces = delimiter == b' ';
    let mut state = if open { State::Quoted } else { State::Start };
    for &byte in line {
        let is_space = byte == b' ' || byte == b'\t';
        let ends_cell = byte == delimiter || (spaces && is_space);
        state = match state {
            State::Quoted if byte == quote => State::QuoteInQuoted,
            State::Quoted => State::Quoted,
            State::QuoteInQuoted if byte == quote => State::Quoted,
            State::Start if is_space && (spaces || byte != delimiter) => continue,
            State::Start if byte == quote => State::Quoted,
            _ if ends_cell => State::Start,
            _ => State::Plain,
        };
        to.push(if spaces && state == State::Start { b' ' } else { byte });
    }
    if spaces && state == State::Start && to.last() == Some(&b' ') {
        to.pop();
    }
    state != State::Quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> Result<(String, Vec<u64>), TextError> {
        let mut blocks = Blocks::new(text.as_bytes(), dialect);
        match blocks.next_block() {
            Ok(block) => {
                let block = block.unwrap_or_default();
                Ok((String::from_utf8(block.text).unwrap(), block.lines))
            }
            Err(BlockError::Text(error)) => Err(error),
            Err(BlockError::Io(error)) => panic!("{error}"),
        }
    }

    fn dialect(delimiter: u8) -> Dialect {
        Dialect {
            delimiter,
            decimal: b'.',
            quote: b'"',
            comment: Some(b'#'),
            carriage_returns: false,
            skipped_lines: 0,
        }
    }

    #[test]
    fn records_are_cleaned_and_know_their_lines() {
        let text = "\u{feff}a,b\r\n\r\n# note\n1,\"x\ny\"\n  \n2, \"p, q\" ,z";
        let expected = "a,b\n1,\"x\ny\"\n2,\"p, q\" ,z\n".to_owned();
        assert_eq!(read(text, dialect(b',')), Ok((expected, vec![1, 4, 7])));
        assert_eq!(
            read("  18.0   8\t\"a  car\" \n15  7  x\n", dialect(b' ')),
            Ok(("18.0 8 \"a  car\"\n15 7 x\n".into(), vec![1, 2]))
        );
        assert_eq!(read("a\t\"b\"\t\tc\n", dialect(b'\t')), Ok(("a\t\"b\"\t\tc\n".into(), vec![1])));
        let mac = Dialect { carriage_returns: true, ..dialect(b',') };
        assert_eq!(read("a,b\r\r1,2\r", mac), Ok(("a,b\n1,2\n".into(), vec![1, 3])));
    }

    #[test]
    fn open_quotes_are_found() {
        assert_eq!(read("a\n1\n\"x\n2\n", dialect(b',')), Err(TextError::OpenQuote { line: 3 }));
        assert!(read("a,5\" pipe\nb,\"say \"\"no\"\"\"\n", dialect(b',')).is_ok());
    }
}

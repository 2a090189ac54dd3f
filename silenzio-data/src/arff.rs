//! ARFF, the format of Weka and OpenML: attributes, and rows as in CSV below `@data`.
//!
//! Attributes are numbers, names in braces, strings or dates. Only their names are used, since cells show their types
//! themselves. Missing values are question marks, comments begin with `%`, and names and values may have single or
//! double quotes. Sparse rows, which are in braces, are not supported.

use crate::DataError;
use crate::source::Source;
use crate::table::Table;
use crate::text::{Dialect, MAX_RECORD, TextError, read_with};
use std::io::{BufRead, Read};

/// Reads an ARFF file.
///
/// # Errors
/// [`DataError::Text`] with the line of the first problem; also if the file cannot be read, or the table is too large.
pub fn read(mut source: Source) -> Result<Table, DataError> {
    let head = std::mem::take(&mut source.head);
    let quote = quote_of(&head);
    let sparse = is_sparse(&head);
    source.head = head;
    let mut reader = source.reader();
    let failed = |line, problem: String| DataError::Text {
        file: source.file.clone(),
        error: TextError::Arff { line, problem },
    };
    let (mut names, mut line, mut bytes) = (vec![], 0, vec![]);
    loop {
        bytes.clear();
        let mut limited = reader.by_ref().take(MAX_RECORD as u64);
        if limited.read_until(b'\n', &mut bytes).map_err(|error| source.failed(error))? == 0 {
            return Err(failed(line, "the file ends before @data".into()));
        }
        line += 1;
        let text = std::str::from_utf8(&bytes).map_err(|_| failed(line, "is not UTF-8 text".into()))?.trim();
        let keyword = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        match keyword.as_str() {
            "@attribute" => {
                let rest = text.get(keyword.len()..).unwrap_or_default();
                names.push(
                    name_of(rest)
                        .ok_or_else(|| failed(line, "the attribute has no name or no type".into()))?,
                );
            }
            "@data" => break,
            "" | "@relation" => {}
            word if word.starts_with('%') => {}
            word => return Err(failed(line, format!("{word:?} is neither an attribute nor @data"))),
        }
    }
    if names.len() < 2 {
        return Err(failed(
            line,
            "there are fewer than 2 attributes, but features and a label are needed".into(),
        ));
    }
    if sparse {
        return Err(failed(line + 1, "sparse rows cannot be read; write all values out".into()));
    }
    let dialect = Dialect {
        delimiter: b',',
        decimal: b'.',
        quote,
        comment: Some(b'%'),
        carriage_returns: false,
        skipped_lines: 0,
    };
    let mut table = read_with(&source, reader, line, dialect, names)?;
    if let Some(described) = table.described.first_mut() {
        (described.format, described.header) = ("ARFF", None);
    }
    Ok(table)
}

/// The name in an attribute's declaration, before its type; `None` if either is missing.
fn name_of(text: &str) -> Option<String> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'));
    let (name, kind) = match quote {
        Some(quote) => {
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|&(_, character)| {
                let ends = character == quote && !escaped;
                escaped = character == '\\' && !escaped;
                ends
            });
            let (name, rest) = text.split_at_checked(end?.0)?;
            (name.get(1..)?.replace('\\', ""), rest.get(1..)?)
        }
        None => {
            let (name, rest) =
                text.split_once(|character: char| character.is_whitespace() || character == '{')?;
            (name.to_owned(), rest)
        }
    };
    (!kind.trim().is_empty()).then_some(name)
}

/// The lines below `@data` in the first bytes of a file, without comments and blank lines.
fn rows(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let is_data = |line: &&[u8]| line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"@data"));
    lines
        .skip_while(move |line| !is_data(line))
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with(b"%"))
}

/// The kind of quotes, which is the first that occurs in the rows.
fn quote_of(head: &[u8]) -> u8 {
    let quotes = rows(head).flatten().find(|byte| matches!(byte, b'"' | b'\''));
    quotes.copied().unwrap_or(b'\'')
}

fn is_sparse(head: &[u8]) -> bool {
    rows(head).next().is_some_and(|row| row.starts_with(b"{"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_names() {
        for (text, name) in [
            (" sepallength\tREAL", Some("sepallength")),
            (" 'petal width' numeric", Some("petal width")),
            (" \"a 'b'\" {x, y}", Some("a 'b'")),
            ("'it\\'s' real", Some("it's")),
            (" class {a,b}", Some("class")),
            (" class{a,b}", Some("class")),
            (" class", None),
            (" 'open", None),
            ("", None),
        ] {
            assert_eq!(name_of(text).as_deref(), name, "{text}");
        }
        assert_eq!(quote_of(b"@attribute 'a' real\n@data\n1,\"x y\"\n"), b'"');
        assert_eq!(quote_of(b"@attribute \"a\" real\n@data\n1,'x y'\n"), b'\'');
        assert!(is_sparse(b"@DATA\n% c\n{0 1}\n"));
    }
}

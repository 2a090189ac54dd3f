//! The format of a file, which is recognised by its first bytes, since its name may be wrong.

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters.
    Text,
    /// The attribute-relation file format of Weka and OpenML.
    Arff,
    /// Apache Parquet.
    Parquet,
    /// A NumPy array.
    Npy,
    /// A ZIP archive, which may contain NumPy arrays.
    Zip,
    /// An IDX array, like those of MNIST.
    Idx,
    /// A format that cannot be read: its name, and what to do.
    Other(&'static str, &'static str),
}

const EXPORT: &str = "export it as CSV or Parquet";
const FETCH: &str = "often such a page was saved in place of the file: fetch the file itself";
const PICKLE: &str = "save the array with numpy.save, or the table with to_csv";
const UNPACK: &str = "decompress it, or compress it with gzip or Zstandard";

/// Signatures that files begin with.
const SIGNATURES: &[(&[u8], Format)] = &[
    (b"PAR1", Format::Parquet),
    (b"\x93NUMPY", Format::Npy),
    (b"PK\x03\x04", Format::Zip),
    (b"PK\x05\x06", Format::Zip),
    (b"BZh", Format::Other("a bzip2 file", UNPACK)),
    (b"\xfd7zXZ\0", Format::Other("an xz file", UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Format::Other("a 7z archive", UNPACK)),
    (b"Rar!", Format::Other("a RAR archive", UNPACK)),
    (b"\x89HDF\r\n", Format::Other("an HDF5 file", EXPORT)),
    (b"ARROW1", Format::Other("an Arrow (Feather) file", EXPORT)),
    (b"Obj\x01", Format::Other("an Avro file", EXPORT)),
    (b"ORC", Format::Other("an ORC file", EXPORT)),
    (b"SQLite format 3\0", Format::Other("an SQLite database", EXPORT)),
    (b"\xd0\xcf\x11\xe0", Format::Other("an old Excel or Office file", "save the sheet as CSV")),
    (b"%PDF", Format::Other("a PDF file", "look for its table as CSV")),
    (b"\x89PNG", Format::Other("a PNG image", "put images into one IDX or NumPy array")),
    (b"\xff\xd8\xff", Format::Other("a JPEG image", "put images into one IDX or NumPy array")),
    (b"\x80\x02", Format::Other("a Python pickle", PICKLE)),
    (b"\x80\x03", Format::Other("a Python pickle", PICKLE)),
    (b"\x80\x04", Format::Other("a Python pickle", PICKLE)),
    (b"\x80\x05", Format::Other("a Python pickle", PICKLE)),
    (b"\xff\xfe", Format::Other("UTF-16 text", "save it as CSV in UTF-8")),
    (b"\xfe\xff", Format::Other("UTF-16 text", "save it as CSV in UTF-8")),
    (b"SILENZIO", Format::Other("a file of Silenzio's own", "name the table that it was made from")),
    (b"version https://git-lfs", Format::Other("a pointer of Git LFS", "fetch the file with `git lfs pull`")),
];

/// The byte-order mark of UTF-8.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The format of a file that begins with `head`.
pub fn recognise(head: &[u8]) -> Format {
    if let Some((_, format)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return *format;
    }
    if head.starts_with(&[0, 0]) {
        return Format::Idx;
    }
    if is_binary(head) {
        let advice = "CSV, Parquet, ARFF, NumPy and IDX can be read; an IDX file begins with two zero bytes";
        return Format::Other("a binary file of an unknown kind", advice);
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    let begins =
        |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    if begins("<!doctype") || begins("<html") || begins("<head") {
        Format::Other("an HTML page", FETCH)
    } else if begins("<?xml") {
        Format::Other("an XML file", FETCH)
    } else if begins("{") || begins("[{") || begins("[[") {
        Format::Other("JSON", EXPORT)
    } else if is_arff(text) {
        Format::Arff
    } else {
        Format::Text
    }
}

/// Whether bytes are not text: they have a control character other than white space among the first four, or many of
/// them later. A single zero byte in a text may be part of a cell.
fn is_binary(head: &[u8]) -> bool {
    let control =
        |byte: &&u8| **byte < 0x20 && !byte.is_ascii_whitespace() && **byte != 0x0b && **byte != 0x1b;
    let beginning = head.iter().take(4).any(|byte| control(&byte));
    let many = head.iter().filter(control).count() * 16 > head.len();
    beginning || many
}

/// Whether the first line that is neither blank nor a comment begins with `@relation`.
fn is_arff(text: &[u8]) -> bool {
    let lines = text.split(|&byte| byte == b'\n' || byte == b'\r').map(<[u8]>::trim_ascii);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"%"))
        .map(|line| line.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"@relation")))
        .next()
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_they_begin_with() {
        for (head, format) in [
            (&b"a,b\n1,2\n"[..], Format::Text),
            (b"\xef\xbb\xbfa,b\n", Format::Text),
            (b"abc,de\0,f\n1,2,3\n1,2,3\n", Format::Text),
            (b"% about\n\n@RELATION iris\n", Format::Arff),
            (b"PAR1....", Format::Parquet),
            (b"\0\0\x08\x03", Format::Idx),
            (b"1\xffa", Format::Text),
        ] {
            assert_eq!(recognise(head), format, "{head:?}");
        }
        for (head, name) in [
            (&b"\n <!DOCTYPE html><html>"[..], "an HTML page"),
            (b"\xfd7zXZ\0\0", "an xz file"),
            (b"\xff\xfea\0,\0", "UTF-16 text"),
            (b"{\"a\": 1}", "JSON"),
            (b"\x01\0\x08\x03\0\0", "a binary file of an unknown kind"),
        ] {
            assert!(matches!(recognise(head), Format::Other(found, _) if found == name), "{head:?}");
        }
    }
}

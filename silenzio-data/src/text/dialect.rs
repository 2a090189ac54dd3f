//! The dialect of a text file, such as its delimiter, as detected from its first lines.

use super::TextError;
use crate::cell::Cell;
use crate::format::BYTE_ORDER_MARK;
use csv::ReaderBuilder;
use silenzio_core::plan::DataPlan;

/// The notation of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The delimiter between cells. A space stands for any run of spaces and tabs.
    pub delimiter: u8,
    /// The decimal sign.
    pub decimal: u8,
    /// The quote around cells that contain delimiters.
    pub quote: u8,
    /// The mark at the beginning of comment lines.
    pub comment: Option<u8>,
    /// Whether lines end with a carriage return alone, as on old Macs.
    pub carriage_returns: bool,
    /// The number of lines at the beginning that are neither records nor comments.
    pub skipped_lines: u64,
}

/// The delimiters that can be detected, in order of preference.
const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b' '];

/// The largest number of lines by which the dialect is detected.
const SAMPLE: usize = 200;

impl Dialect {
    /// Detects the dialect of a file that begins with `head`, as far as the plan does not state it.
    ///
    /// The delimiter is the one of `,`, `;`, tab, `|` and runs of spaces that divides nearly all lines into the same
    /// number of cells, at least two, with the most numbers among them. The decimal sign is a comma if the delimiter is
    /// not, and some cells are numbers only with a decimal comma, but none only with a decimal point.
    ///
    /// # Errors
    /// [`TextError::Comment`] if the first line looks like a comment, but the plan has no mark for comments.
    pub fn find(head: &[u8], plan: &DataPlan) -> Result<Self, TextError> {
        let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
        let byte = |sign: Option<char>| sign.and_then(|sign| u8::try_from(sign).ok());
        let comment = byte(plan.comment);
        let carriage_returns = !head.contains(&b'\n') && head.contains(&b'\r');
        let ends_line = |&byte: &u8| byte == b'\n' || (carriage_returns && byte == b'\r');
        let mut lines: Vec<&[u8]> = head.split(ends_line).map(<[u8]>::trim_ascii_end).collect();
        // The last line may be incomplete.
        if lines.len() > 1 {
            lines.pop();
        }
        let mut skipped_lines = 0;
        let mut announced = None;
        if let Some([b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter]) = lines.first() {
            // This line tells Excel the delimiter.
            (skipped_lines, announced) = (1, Some(*delimiter));
            lines.remove(0);
        }
        let is_comment =
            |line: &[u8]| comment.is_some_and(|mark| line.trim_ascii_start().first() == Some(&mark));
        lines.retain(|line| !line.trim_ascii().is_empty() && !is_comment(line));
        lines.truncate(SAMPLE);
        if let (None, Some(&mark @ (b'#' | b'%'))) = (comment, lines.first().and_then(|line| line.first())) {
            return Err(TextError::Comment { mark: mark.into() });
        }

        let delimiter = byte(plan.delimiter).or(announced).unwrap_or_else(|| sniffed(&lines));
        let decimal = byte(plan.decimal).unwrap_or_else(|| {
            let cells = Counted::of(&lines, delimiter);
            if delimiter != b',' && cells.comma_numbers > 0 && cells.point_numbers == 0 { b',' } else { b'.' }
        });
        Ok(Self { delimiter, decimal, quote: b'"', comment, carriage_returns, skipped_lines })
    }

    /// The delimiter in words.
    pub fn delimiter_in_words(&self) -> &'static str {
        match self.delimiter {
            b',' => "commas",
            b';' => "semicolons",
            b'\t' => "tabs",
            b'|' => "vertical bars",
            b' ' => "spaces",
            b':' => "colons",
            _ => "the delimiter of the plan",
        }
    }
}

fn sniffed(lines: &[&[u8]]) -> u8 {
    let scored = DELIMITERS.into_iter().filter_map(|delimiter| {
        let cells = Counted::of(lines, delimiter);
        (cells.width > 1).then(|| (cells.score(), delimiter))
    });
    // Of equal scores, the first wins.
    scored
        .fold(None, |best: Option<((bool, usize, usize), u8)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map_or(b',', |(_, delimiter)| delimiter)
}

/// Statistics of the cells into which a delimiter divides lines.
#[derive(Debug, Default)]
struct Counted {
    /// The most frequent number of cells in a line.
    width: usize,
    /// Whether nearly all lines have this number of cells.
    regular: bool,
    lines: usize,
    cells: usize,
    numbers: usize,
    /// Numbers with a decimal comma.
    comma_numbers: usize,
    /// Numbers with a decimal point.
    point_numbers: usize,
}

impl Counted {
    fn of(lines: &[&[u8]], delimiter: u8) -> Self {
        let mut text = Vec::new();
        for line in lines {
            match delimiter {
                b' ' => {
                    let cells =
                        line.split(|&byte| byte == b' ' || byte == b'\t').filter(|cell| !cell.is_empty());
                    text.extend(cells.collect::<Vec<_>>().join(&b' '));
                }
                _ => text.extend(*line),
            }
            text.push(b'\n');
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_slice());
        let mut counted = Self::default();
        let mut widths = Vec::new();
        for record in reader.byte_records().flatten() {
            widths.push(record.len());
            for cell in &record {
                let Ok(cell) = std::str::from_utf8(cell) else { continue };
                counted.cells += 1;
                let is_number = |decimal| matches!(Cell::parse(cell, decimal), Cell::Number(_));
                let with_comma = delimiter != b',' && cell.contains(',') && is_number(b',');
                counted.comma_numbers += usize::from(with_comma);
                counted.point_numbers += usize::from(cell.contains('.') && is_number(b'.'));
                counted.numbers += usize::from(with_comma || is_number(b'.'));
            }
        }
        counted.lines = widths.len();
        let mut sorted = widths;
        sorted.sort_unstable();
        // If lines are regular, the median is the most frequent number.
        counted.width = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let same = sorted.iter().filter(|&&width| width == counted.width).count();
        counted.regular = same * 10 >= sorted.len() * 9;
        counted
    }

    /// The score, of which larger ones are better: regular lines, then the percentage of numbers, then the number of
    /// cells.
    fn score(&self) -> (bool, usize, usize) {
        (self.regular, 100 * self.numbers / self.cells.max(1), self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Dialect {
        Dialect::find(text.as_bytes(), &DataPlan::of_file("x")).unwrap()
    }

    #[test]
    fn delimiters_are_found_out() {
        for (text, delimiter, decimal) in [
            ("a,b,c\n1,2,x\n3,4,y\n", b',', b'.'),
            ("a;b;c\n1.5;2;x\n3;4;y\n", b';', b'.'),
            ("5,1;3,5;1,4;red\n4,9;3,0;1,4;red\n", b';', b','),
            ("a\tb\tc\n1,5\t2\tx\n", b'\t', b','),
            ("a|b\n1|2\n", b'|', b'.'),
            ("18.0   8   307.0\t\"a car\"\n15.0   8   350.0\t\"bus\"\n", b' ', b'.'),
            ("39, State-gov, 77516, Never, <=50K\n50, Self-emp, 83311, Never, >50K\n", b',', b'.'),
            ("the text,kind\nsome words here,a\nother words there,b\n", b',', b'.'),
            ("a\n1\n2\n", b',', b'.'),
            ("sep=;\na;b\n1;2\n", b';', b'.'),
            ("", b',', b'.'),
        ] {
            let dialect = find(text);
            assert_eq!(
                (dialect.delimiter as char, dialect.decimal as char),
                (delimiter as char, decimal as char),
                "{text}"
            );
        }
        assert_eq!(find("sep=;\na;b\n").skipped_lines, 1);
        assert!(find("a,b\r1,2\r").carriage_returns);
        assert!(!find("a,b\r\n1,2\r\n").carriage_returns);
    }

    #[test]
    fn comments_have_to_be_announced() {
        let plan = DataPlan::of_file("x");
        assert_eq!(Dialect::find(b"# a\n1,2\n", &plan), Err(TextError::Comment { mark: '#' }));
        let plan = DataPlan { comment: Some('#'), ..plan };
        assert_eq!(Dialect::find(b"# a;b\n1,2\n", &plan).unwrap().delimiter, b',');
    }
}

//! Line numbers.

/// Finds the lines of ever later positions in a text.
///
/// The parser's own positions are those before the blank lines that precede a record, so its line numbers
/// are too small there.
pub struct Lines<'a> {
    bytes: &'a [u8],
    position: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Starts at line 1 of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, line: 1 }
    }

    /// The line of the first character at or after `position` that does not end a line. Positions may not
    /// decrease from call to call.
    pub fn line_of(&mut self, position: u64) -> u64 {
        while let Some(&byte) = self.bytes.get(self.position) {
            let ends_line = matches!(byte, b'\n' | b'\r');
            if self.position as u64 >= position && !ends_line {
                break;
            }
            self.position += 1;
            // "\r\n" ends one line, at its second byte.
            if ends_line && !(byte == b'\r' && self.bytes.get(self.position) == Some(&b'\n')) {
                self.line += 1;
            }
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_line_ends_count_once() {
        for (text, positions) in [
            ("a\n\nb\nc", [(0, 1), (1, 3), (4, 4), (5, 4)]),
            ("a\r\n\r\nb\r\nc", [(0, 1), (2, 3), (6, 4), (8, 4)]),
            ("a\r\rb\rc", [(0, 1), (2, 3), (4, 4), (99, 4)]),
        ] {
            let mut lines = Lines::new(text.as_bytes());
            for (position, line) in positions {
                assert_eq!(lines.line_of(position), line, "{text:?} at {position}");
            }
        }
    }
}

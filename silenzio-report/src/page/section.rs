//! The sections of a page.

use super::chart::Figure;

/// A section of a page, about one experiment, evaluation or sweep.
pub struct Section {
    pub title: String,
    pub subtitle: String,
    /// The most important numbers, each with its meaning.
    pub numbers: Vec<(String, String)>,
    pub figures: Vec<Figure>,
    pub tables: Vec<TextTable>,
}

/// The addition to a subtitle if scores were measured on validation samples.
pub fn measured_on(validation: bool) -> &'static str {
    if validation { "; scores on validation samples" } else { "" }
}

/// A table of texts.
pub struct TextTable {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Whether the table is unfolded.
    pub open: bool,
}

impl TextTable {
    /// An unfolded table with this header.
    pub fn new(title: &str, header: &[&str], rows: Vec<Vec<String>>) -> Self {
        let header = header.iter().map(|&text| text.to_owned()).collect();
        Self { title: title.to_owned(), header, rows, open: true }
    }

    /// The same table, folded.
    #[must_use]
    pub fn folded(self) -> Self {
        Self { open: false, ..self }
    }
}

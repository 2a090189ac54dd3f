//! What a page consists of.

use super::chart::Figure;

/// The part of a page about one experiment or sweep.
pub struct Section {
    pub title: String,
    pub subtitle: String,
    /// The most important numbers, with what they are.
    pub numbers: Vec<(String, String)>,
    pub figures: Vec<Figure>,
    pub tables: Vec<TextTable>,
}

/// What a subtitle adds where accuracies were not measured on test samples.
pub fn measured_on(validation: bool) -> &'static str {
    if validation { "; accuracies on validation samples" } else { "" }
}

/// A table of texts.
pub struct TextTable {
    pub title: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Whether the reader sees it at once.
    pub open: bool,
}

impl TextTable {
    /// A table with this header, seen at once.
    pub fn new(title: &str, header: &[&str], rows: Vec<Vec<String>>) -> Self {
        let header = header.iter().map(|&text| text.to_owned()).collect();
        Self { title: title.to_owned(), header, rows, open: true }
    }

    /// The same, folded.
    #[must_use]
    pub fn folded(self) -> Self {
        Self { open: false, ..self }
    }
}

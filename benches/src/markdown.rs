//! Tables in Markdown.

/// Prints a table whose first row is its head.
pub fn print(rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, w)| format!("{cell:w$}")).collect();
        println!("| {} |", cells.join(" | "));
    };
    for (number, row) in rows.iter().enumerate() {
        line(row);
        if number == 0 {
            line(&widths.iter().map(|&width| "-".repeat(width)).collect::<Vec<_>>());
        }
    }
}

/// A row of cells.
pub fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

//! Tables in Markdown, and the numbers in them.

/// Prints a table whose first row is its header.
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

/// A positive number with three significant digits, or without decimals, such as "0.0123" or "1,234".
pub fn significant(x: f64) -> String {
    let decimals = (2.0 - x.log10().floor()).clamp(0.0, 6.0) as usize;
    if decimals > 0 { format!("{x:.decimals$}") } else { grouped(x.round() as u64) }
}

/// A number with separated thousands, such as "1,234,567".
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| std::str::from_utf8(g).ok()).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_no_decimals() {
        let written = [0.012_345, 0.5, 1.0, 18.64, 185.2, 22_390.4, 7_668_711.0].map(significant);
        assert_eq!(written, ["0.0123", "0.500", "1.00", "18.6", "185", "22,390", "7,668,711"]);
    }
}

//! The HTML around plots and tables.

use super::chart::Figure;
use super::section::{Section, TextTable};
use super::theme;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");

/// The page. All texts are escaped.
pub fn html(sections: &[Section]) -> String {
    let dark = format!("@media (prefers-color-scheme:dark){{{}}}", theme::dark_rules());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Silenzio results" }
                style { (PreEscaped(STYLE)) (PreEscaped(dark)) }
            }
            body {
                header {
                    h1 { "Silenzio results" }
                    p { "Scores and costs of trainings on ciphertexts (encrypted), of the same trainings on the "
                        "simulator (simulated), and of 32-bit floating point (float)." }
                    @if sections.len() > 1 {
                        nav aria-label="Sections" {
                            @for (number, section) in (1..).zip(sections) {
                                a href={ "#section-" (number) } { (clean(&section.title)) }
                            }
                        }
                    }
                }
                main {
                    @for (number, section) in (1..).zip(sections) {
                        (self::section(number, section))
                    }
                }
                footer { "silenzio " (env!("CARGO_PKG_VERSION")) }
            }
        }
    };
    page.into_string()
}

fn section(number: usize, section: &Section) -> Markup {
    html! {
        section id={ "section-" (number) } {
            h2 { (clean(&section.title)) }
            p.subtitle { (clean(&section.subtitle)) }
            dl.numbers {
                @for (value, what) in &section.numbers {
                    div { dt { (what) } dd { (value) } }
                }
            }
            div.figures { @for figure in &section.figures { (self::figure(figure)) } }
            @for table in &section.tables { (self::table(table)) }
        }
    }
}

fn figure(figure: &Figure) -> Markup {
    // Screen readers read the title; the tables have the numbers.
    let label = html! { svg role="img" aria-label=(clean(&figure.title)) {} }.into_string();
    let opening = label.trim_end_matches("></svg>");
    let svg = figure.svg.replacen("<svg", opening, 1);
    html! {
        figure {
            (PreEscaped(svg))
            figcaption { (figure.caption) " " a href={ (figure.name) ".svg" } { "SVG" } }
        }
    }
}

fn table(table: &TextTable) -> Markup {
    let numeric: Vec<bool> = (0..table.header.len()).map(|column| is_numeric(table, column)).collect();
    html! {
        details open[table.open] {
            summary { (table.title) }
            div.scroll {
                table {
                    thead {
                        tr {
                            @for (cell, &number) in table.header.iter().zip(&numeric) {
                                th.number[number] scope="col" { (clean(cell)) }
                            }
                        }
                    }
                    tbody {
                        @for row in &table.rows {
                            tr {
                                @for (cell, &number) in row.iter().zip(&numeric) {
                                    td.number[number] { (clean(cell)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether every cell of a column begins with a number.
fn is_numeric(table: &TextTable, column: usize) -> bool {
    let begins =
        |cell: &String| cell.is_empty() || cell.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    table.rows.iter().filter_map(|row| row.get(column)).all(begins)
}

/// Removes control characters, which HTML cannot hold.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

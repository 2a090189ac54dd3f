//! Names from data, as people are shown them.

/// A name with control characters escaped, and cut where it is long: no label reaches a terminal as it is.
pub fn shown(name: &str) -> String {
    const SHOWN: usize = 40;
    let cut: String = name.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    // Quotes are no danger.
    let cut = cut.replace("\\\"", "\"").replace("\\'", "'");
    if name.chars().nth(SHOWN).is_some() { cut + "..." } else { cut }
}

/// A list of names, the first of them where there are many.
pub fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    joined(names.into_iter().map(|name| shown(name.as_ref())))
}

/// A list of what is shown already, the first of it where there is much.
pub(crate) fn joined(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 20;
    let mut names = names;
    let first: Vec<String> = names.by_ref().take(SHOWN).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A count with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tame() {
        assert_eq!(shown("ähre \"x\""), "ähre \"x\"");
        assert_eq!(shown("\u{1b}[31m\0\n"), "\\u{1b}[31m\\0\\n");
        assert_eq!(shown(&"é".repeat(50)), "é".repeat(40) + "...");
        assert_eq!(listed((0..22).map(|n| n.to_string())).split(", ").last(), Some("19 and 2 more"));
    }
}

//! The form in which names from data are printed.

/// Escapes control characters, and truncates a long name: no text from data reaches a terminal unchanged.
pub fn shown(name: &str) -> String {
    const SHOWN: usize = 40;
    let cut: String = name.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    // Quotes are harmless.
    let cut = cut.replace("\\\"", "\"").replace("\\'", "'");
    if name.chars().nth(SHOWN).is_some() { cut + "..." } else { cut }
}

/// Lists names, or the first of them if there are many.
pub fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    joined(names.into_iter().map(|name| shown(name.as_ref())))
}

/// Joins names that are escaped already, or the first of them if there are many.
pub(crate) fn joined(names: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 20;
    let mut names = names;
    let first: Vec<String> = names.by_ref().take(SHOWN).collect();
    match names.count() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// A count with its noun, whose plural ends in s, or in es after an s.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let ending = match count {
        1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_count() {
        let counts = [counted(1, "class"), counted(11, "class"), counted(0, "row")];
        assert_eq!(counts, ["1 class", "11 classes", "0 rows"]);
    }

    #[test]
    fn names_are_tame() {
        assert_eq!(shown("ähre \"x\""), "ähre \"x\"");
        assert_eq!(shown("\u{1b}[31m\0\n"), "\\u{1b}[31m\\0\\n");
        assert_eq!(shown(&"é".repeat(50)), "é".repeat(40) + "...");
        assert_eq!(listed((0..22).map(|n| n.to_string())).split(", ").last(), Some("19 and 2 more"));
    }
}

//! Marks of a quoted mail or of Markdown's block quotes: `> ` before each line.

/// The text without the marks, if most of its lines have them.
pub(super) fn clean(text: &str) -> Option<String> {
    let is_quoted = |line: &&str| line.trim_start().starts_with('>');
    let filled = text.lines().filter(|line| !line.trim().is_empty()).count();
    let quoted = text.lines().filter(is_quoted).count();
    if quoted * 2 < filled || (quoted < 3 && quoted < filled) || quoted == 0 {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        clean.push_str(unquoted(line));
    }
    Some(clean)
}

/// A line without its marks; the indentation behind the last one stays, but for the one space that belongs to the mark.
fn unquoted(line: &str) -> &str {
    let mut line = line;
    while let Some(rest) = line.trim_start_matches([' ', '\t']).strip_prefix('>') {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks() {
        assert_eq!(clean("wrote:\n> {\n> >  \"a\": 1\n>\n>}\n").as_deref(), Some("wrote:\n{\n \"a\": 1\n\n}\n"));
        assert_eq!(clean("a\nb\n> c\nd\ne\nf\n> g\n> h\n"), None);
    }
}

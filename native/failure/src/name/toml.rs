//! The part of TOML that rule files use: comments, `[[rule]]`, `key = "text"` and `key = ["text", "text"]`, also over
//! several lines. Strings have no escapes but `\"` and `\\`.

/// One `[[rule]]`: its keys, in order, each with one or more texts, and the line it starts on (1-based).
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) line: usize,
    pub(super) entries: Vec<(String, Vec<String>)>,
}

impl Table {
    /// The texts of a key; none if it is not there.
    pub(super) fn all(&self, key: &str) -> &[String] {
        self.entries.iter().find(|entry| entry.0 == key).map_or(&[], |entry| &entry.1)
    }

    /// The first text of a key.
    pub(super) fn one(&self, key: &str) -> Option<&str> {
        self.all(key).first().map(String::as_str)
    }
}

/// Reads a rule file. The error names the line.
pub(super) fn parse(text: &str) -> Result<Vec<Table>, String> {
    let mut tables: Vec<Table> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let fail = |what: &str| format!("line {}: {what}", number + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "[[rule]]" {
            tables.push(Table { line: number + 1, entries: Vec::new() });
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| fail("neither [[rule]] nor key = value"))?;
        let table = tables.last_mut().ok_or_else(|| fail("a key before the first [[rule]]"))?;
        let mut value = value.trim().to_owned();
        if value.starts_with('[') {
            while !closes(&value) {
                let (_, next) = lines.next().ok_or_else(|| fail("the list does not end"))?;
                value.push('\n');
                value.push_str(next);
            }
        }
        let texts = strings(&value).ok_or_else(|| fail("the value is neither a text nor a list of texts"))?;
        table.entries.push((key.trim().to_owned(), texts));
    }
    Ok(tables)
}

fn closes(value: &str) -> bool {
    strings(value).is_some()
}

/// The texts of a value, if it is whole.
fn strings(value: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut characters = value.chars();
    let (mut list, mut closed) = (false, false);
    while let Some(character) = characters.next() {
        match character {
            '"' if !closed => texts.push(string(&mut characters)?),
            '[' if !list && texts.is_empty() => list = true,
            ']' if list && !closed => closed = true,
            '#' => {
                // A comment runs to the end of its line.
                for skipped in characters.by_ref() {
                    if skipped == '\n' {
                        break;
                    }
                }
            }
            ',' if list && !closed => {}
            c if c.is_whitespace() => {}
            _ => return None,
        }
    }
    (list == closed && (list || texts.len() == 1)).then_some(texts)
}

fn string(characters: &mut std::str::Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                escaped @ ('"' | '\\') => text.push(escaped),
                _ => return None,
            },
            '\n' => return None,
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_rule_files_use() {
        let text =
            "# c\n[[rule]]\nmodule = \"a\" # x\nfunctions = [\n  \"b\", # why\n  \"c\\\"\",\n]\n\n[[rule]]\nx = []\n";
        let tables = parse(text).unwrap();
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].one("module"), Some("a"));
        assert_eq!(tables[0].all("functions"), ["b", "c\""]);
        assert_eq!((tables[0].line, tables[1].line), (2, 9));
        assert_eq!(tables[1].all("x").len(), 0);
    }

    #[test]
    fn names_the_line_of_an_error() {
        for text in ["x = \"1\"", "[[rule]]\nx", "[[rule]]\nx = 1", "[[rule]]\nx = [\"a\"", "[[rule]]\nx = \"a\" \"b\""]
        {
            assert!(parse(text).unwrap_err().starts_with("line "), "{text}");
        }
    }
}

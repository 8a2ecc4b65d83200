//! Reads a file of rules and says everything that is wrong with it.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Action, Rule, System, windows_stem};
use crate::name::choices::Profile;
use crate::name::pattern::Pattern;

/// Something wrong in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// A file as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) version: Option<String>,
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) problems: Vec<Problem>,
}

const KEYS: &[&str] = &[
    "category",
    "module",
    "functions",
    "path",
    "folder",
    "system",
    "profile",
    "action",
    "base",
    "nameless",
    "raised",
    "class",
    "reason",
    "sighting",
];

/// A longer text is not a rule file, and would make every name slow.
const MAX_BYTES: usize = 4 << 20;

/// Rules that are compared with one another; the work grows with the square.
const MAX_COMPARED: usize = 2000;

pub(super) fn read(name: &str, text: &str) -> Read {
    let mut reader = Reader { name, text, read: Read::default() };
    if text.len() > MAX_BYTES {
        reader.problem(0, "the file is larger than 4 MiB".to_owned());
        return reader.read;
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.problem(error.span().map_or(0, |span| span.start), format!("not TOML: {}", error.message()));
    }
    for (key, value) in document.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("version", DeValue::String(version)) => reader.read.version = Some(version.to_string()),
            ("version", DeValue::Integer(version)) => reader.read.version = Some(version.as_str().to_owned()),
            ("version", _) => reader.problem(value.span().start, "version is a text or a whole number".to_owned()),
            ("rule", DeValue::Array(rules)) => {
                for rule in rules.iter() {
                    reader.rule(rule);
                }
            }
            ("rule", _) => reader.problem(key.span().start, "rules are written [[rule]]".to_owned()),
            (other, _) => {
                reader.problem(key.span().start, format!("unknown key {other:?}: a file has version and [[rule]]"))
            }
        }
    }
    reader.unreachable();
    reader.read.problems.sort();
    reader.read.problems.dedup();
    reader.read
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    read: Read,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|&&byte| byte == b'\n').count()
    }

    fn problem(&mut self, offset: usize, message: String) {
        let line = self.line(offset);
        self.read.problems.push(Problem { line, message });
    }

    fn rule(&mut self, value: &Spanned<DeValue<'_>>) {
        let Some(table) = value.get_ref().as_table() else {
            return self.problem(value.span().start, "rules are written [[rule]]".to_owned());
        };
        let before = self.read.problems.len();
        let start = value.span().start;
        for (key, _) in table {
            if !KEYS.contains(&key.get_ref().as_ref()) {
                self.problem(
                    key.span().start,
                    format!("unknown key {:?}; known are {}", key.get_ref(), KEYS.join(", ")),
                );
            }
        }
        let rule = self.fields(table, start);
        if self.read.problems.len() == before {
            self.read.rules.push(Arc::new(rule));
        }
    }

    fn fields(&mut self, table: &DeTable<'_>, start: usize) -> Rule {
        let line = self.line(start);
        let modules = self.texts(table, "module");
        let functions = self.texts(table, "functions");
        let paths = self.texts(table, "path");
        let folders = self.texts(table, "folder");
        if [&modules, &functions, &paths, &folders].iter().all(|texts| texts.is_empty()) {
            self.problem(
                start,
                "a rule needs module, functions, path or folder: this one would match every frame".to_owned(),
            );
        }
        for text in &functions {
            if text.contains('(') && !text.starts_with(['-', '+']) && !text.contains("operator") {
                self.problem(
                    start,
                    format!("the function {text:?} can never match: names are compared without parameters"),
                );
            }
        }
        let systems = self.texts(table, "system");
        let systems = systems
            .iter()
            .filter_map(|text| {
                self.known(
                    start,
                    "system",
                    text,
                    System::named(text),
                    "\"windows\", \"linux\", \"apple\" or \"managed\"",
                )
            })
            .collect();
        let profile = self.one(table, "profile").and_then(|text| {
            let profile = match text.as_str() {
                "wer" => Some(Profile::Wer),
                "windbg" => Some(Profile::Windbg),
                _ => None,
            };
            self.known(start, "profile", &text, profile, "\"wer\" or \"windbg\"")
        });
        let action = self.one(table, "action").and_then(|text| {
            let action =
                [Action::Skip, Action::Above, Action::Blame].into_iter().find(|action| action.as_str() == text);
            self.known(start, "action", &text, action, "\"skip\", \"above\" or \"blame\"")
        });
        let class = self.one(table, "class");
        if let Some(text) = &class
            && (text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b)))
        {
            self.problem(start, format!("class {text:?} may contain only letters, digits, '_', '.' and '-'"));
        }
        let base = self.flag(table, "base");
        let nameless = self.flag(table, "nameless");
        let raised = self.flag(table, "raised");
        if nameless && !functions.is_empty() {
            self.problem(start, "a rule for nameless frames has no functions".to_owned());
        }
        let reason = self.needed(table, start, "reason");
        let place = format!("{}:{line}", self.name);
        let module_texts: Vec<String> = modules.iter().map(|text| windows_stem(text).to_owned()).collect();
        Rule {
            systems,
            modules: module_texts.iter().map(|text| Pattern::new(text)).collect(),
            module_texts,
            functions,
            paths,
            folders,
            profile,
            action: action.unwrap_or(Action::Skip),
            nameless,
            raised,
            base,
            class,
            category: self.needed(table, start, "category"),
            because: format!("{reason} ({place})"),
            reason,
            sighting: self.one(table, "sighting"),
            place,
            line,
        }
    }

    fn known<T>(&mut self, at: usize, key: &str, text: &str, value: Option<T>, what: &str) -> Option<T> {
        if value.is_none() {
            self.problem(at, format!("{key} is {what}, not {text:?}"));
        }
        value
    }

    fn needed(&mut self, table: &DeTable<'_>, start: usize, key: &str) -> String {
        let text = self.one(table, key).unwrap_or_default();
        if text.trim().is_empty() {
            self.problem(start, format!("the rule has no {key}, which is required"));
        }
        text
    }

    fn flag(&mut self, table: &DeTable<'_>, key: &str) -> bool {
        match table.get(key).map(|value| (value.get_ref(), value.span())) {
            None => false,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((_, span)) => {
                self.problem(span.start, format!("{key} is true or false"));
                false
            }
        }
    }

    fn one(&mut self, table: &DeTable<'_>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.problem(value.span().start, format!("{key} is a text"));
        }
        text
    }

    /// A text or a list of texts, none of them empty.
    fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let mut texts = Vec::new();
        let mut add = |reader: &mut Self, value: &DeValue<'_>, span: Range<usize>| match value.as_str() {
            Some(text) if !text.trim().is_empty() && text != "*" => texts.push(text.to_owned()),
            Some(_) => reader.problem(span.start, format!("{key} holds a pattern that matches everything or nothing")),
            None => reader.problem(span.start, format!("{key} is a text or a list of texts")),
        };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().for_each(|item| add(self, item.get_ref(), item.span())),
            one => add(self, one, value.span()),
        }
        texts
    }

    /// Tells of rules that an earlier one leaves nothing to.
    fn unreachable(&mut self) {
        let mut found = Vec::new();
        if self.read.rules.len() > MAX_COMPARED {
            return;
        }
        for (i, rule) in self.read.rules.iter().enumerate() {
            if let Some(earlier) = self.read.rules[..i].iter().find(|earlier| covers(earlier, rule)) {
                let message = format!("never used: the rule of line {} matches all that this one does", earlier.line);
                found.push(Problem { line: rule.line, message });
            }
        }
        self.read.problems.append(&mut found);
    }
}

/// Whether every frame of `rule` is already one of `earlier`, as far as equal texts show it.
fn covers(earlier: &Rule, rule: &Rule) -> bool {
    let all =
        |of: &[String], wide: &[String]| wide.is_empty() || (!of.is_empty() && of.iter().all(|t| wide.contains(t)));
    (earlier.systems.is_empty()
        || (!rule.systems.is_empty() && rule.systems.iter().all(|s| earlier.systems.contains(s))))
        && (earlier.profile.is_none() || earlier.profile == rule.profile)
        && (!earlier.nameless || rule.nameless)
        && (!earlier.raised || rule.raised)
        && all(&rule.module_texts, &earlier.module_texts)
        && all(&rule.functions, &earlier.functions)
        && all(&rule.paths, &earlier.paths)
        && all(&rule.folders, &earlier.folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<(usize, String)> {
        read("f.toml", text).problems.into_iter().map(|p| (p.line, p.message)).collect()
    }

    #[test]
    fn every_fault_has_its_line() {
        let good = "category = \"x\"\nreason = \"r\"\nmodule = \"m\"\n";
        let cases = [
            ("[[rule]]\nmodule = ", 2),
            ("[[rule]]\nmodule = \"a\"\n", 1),
            ("x = 1\n", 1),
            (&format!("[[rule]]\n{good}actoin = \"skip\"\n"), 5),
            (&format!("[[rule]]\n{good}action = \"maybe\"\n"), 1),
            (&format!("\n[[rule]]\n{good}base = \"yes\"\n"), 6),
            (&format!("[[rule]]\n{good}nameless = true\nfunctions = \"f\"\n"), 1),
            (&format!("[[rule]]\n{good}functions = [\"a\", 1]\n"), 5),
            (&format!("[[rule]]\n{good}functions = [\"f(int)\"]\n"), 1),
            (&format!("[[rule]]\n{good}class = \"a b\"\n"), 1),
            (&format!("[[rule]]\n{good}[[rule]]\n{good}"), 5),
            ("[[rule]]\ncategory = \"x\"\nreason = \"r\"\n", 1),
            ("version = 1.5\n", 1),
            ("rule = 1\n", 1),
        ];
        for (text, line) in cases {
            let found = problems(text);
            assert!(found.iter().any(|problem| problem.0 == line), "{text}: {found:?}");
        }
        assert_eq!(problems(&format!("version = 3\n[[rule]]\n{good}")), []);
        assert_eq!(problems(""), []);
    }

    #[test]
    fn hostile_files_are_only_wrong() {
        for text in ["[".repeat(100_000), "[[rule]]\n".repeat(20_000), "a = ".repeat(10_000), "\0\u{1f4a5}".to_owned()]
        {
            assert!(!problems(&text).is_empty());
        }
    }
}

//! How much a file describes.

use super::Counts;
use super::module::ModuleRecord;

/// What a file describes at best, from little to much: of the files of one module the one with the most is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// Nothing that names an address.
    Nothing,
    /// Unwind rules, and no names.
    UnwindRules,
    /// The functions that a binary exports; what lies between them has the name of the one before it.
    Exports,
    /// A symbol table: names of functions, without lines and inlined calls.
    SymbolTable,
    /// Functions with their ends, from debug information.
    Functions,
    /// Functions with source lines.
    Lines,
}

impl Content {
    /// What a file with these records has.
    pub(super) fn of(counts: &Counts, module: Option<&ModuleRecord>) -> Self {
        let (functions, publics) = match module.and_then(|module| module.only.as_deref()) {
            Some("exports") => (Self::Exports, Self::Exports),
            Some("table") => (Self::SymbolTable, Self::SymbolTable),
            _ => (Self::Functions, Self::SymbolTable),
        };
        [
            (counts.lines, Self::Lines),
            (counts.functions, functions),
            (counts.publics, publics),
            (counts.cfi_inits + counts.wins, Self::UnwindRules),
        ]
        .into_iter()
        .find_map(|(count, content)| (count > 0).then_some(content))
        .unwrap_or(Self::Nothing)
    }

    /// Its name in reports; empty for nothing.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::UnwindRules => "unwind rules",
            Self::Exports => "exports",
            Self::SymbolTable => "symbol table",
            Self::Functions => "functions",
            Self::Lines => "lines",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::SymbolMap;

    #[test]
    fn the_most_that_a_text_has_counts() {
        for (text, expected) in [
            ("", ""),
            ("FILE 0 a.c\n", ""),
            ("STACK CFI INIT 10 1 .cfa: $rsp\n", "unwind rules"),
            ("INFO SYMBOLS exports\nPUBLIC 10 0 a\nSTACK CFI INIT 10 1 .cfa: $rsp\n", "exports"),
            ("INFO SYMBOLS other\nPUBLIC 10 0 a\n", "symbol table"),
            ("INFO SYMBOLS table\nFUNC 20 8 0 b\n", "symbol table"),
            ("INFO SYMBOLS exports\nFUNC 20 8 0 b\n", "exports"),
            ("PUBLIC 10 0 a\nFUNC 20 8 0 b\n", "functions"),
            ("INFO SYMBOLS exports\nFUNC 20 8 0 b\n20 8 1 0\n", "lines"),
        ] {
            let map = SymbolMap::from_text(format!("MODULE Linux x86_64 0 a\n{text}").into_bytes());
            assert_eq!(map.content().name(), expected, "{text}");
        }
    }
}

//! The result of the search for a module's symbols: every location looked at, and the symbols if one has them.

use std::sync::Arc;

use symbols::SymbolMap;
use symbols::index::Content;
use unwind_tables::Tables;

/// What became of one candidate. The names are those in the report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CandidateOutcome {
    /// Symbols of this very build; they are used.
    Found,
    /// Nothing is there: no such file, or the server has none (404, 410).
    Missing,
    /// The source does not let it be read: permission denied, 401, 403, or it refuses to serve it now (429, 5xx).
    Refused,
    /// A rule or a limit of this program forbids looking: offline, an address that is not allowed, too many files.
    Denied,
    /// A file is there, and names another build.
    Mismatched,
    /// A file is there, and holds nothing usable.
    Malformed,
    /// The source did not answer in time.
    TimedOut,
    /// Symbols of this very build, of which another file has more.
    Unused,
}

impl CandidateOutcome {
    const ALL: [Self; 8] = [
        Self::Found,
        Self::Missing,
        Self::Refused,
        Self::Denied,
        Self::Mismatched,
        Self::Malformed,
        Self::TimedOut,
        Self::Unused,
    ];

    /// The word that reports and messages have for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Denied => "denied",
            Self::Mismatched => "mismatched",
            Self::Malformed => "malformed",
            Self::TimedOut => "timed out",
            Self::Unused => "unused",
        }
    }

    /// The outcome of a name; `None` for an unknown word.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// One location where a module's symbols may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Its path or address.
    pub location: String,
    /// The source that it belongs to: the folder, file or address that was named for symbols.
    pub source: String,
    /// What became of it.
    pub outcome: CandidateOutcome,
    /// The other build's id if mismatched, else the reason in words; may be empty.
    pub detail: String,
}

impl Candidate {
    /// Symbols that are used.
    #[must_use]
    pub fn found(location: &str, source: &str) -> Self {
        Self::new(location, source, CandidateOutcome::Found, "")
    }

    /// A location where nothing is.
    #[must_use]
    pub fn missing(location: &str, source: &str) -> Self {
        Self::new(location, source, CandidateOutcome::Missing, "")
    }

    /// A candidate of any outcome.
    #[must_use]
    pub fn new(location: &str, source: &str, outcome: CandidateOutcome, detail: &str) -> Self {
        Self { location: location.to_owned(), source: source.to_owned(), outcome, detail: detail.to_owned() }
    }
}

/// The result for a module as a whole. The names are those in the report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Symbols of this very build are used.
    Loaded,
    /// No source has a file for the module.
    Missing,
    /// A file is there and cannot be used.
    Malformed,
    /// A file is where the module's belongs, and names another build.
    Mismatch,
}

impl Status {
    /// The word that reports have for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
        }
    }
}

/// A file with unwind rules of a module.
#[derive(Clone)]
pub struct UnwindFile {
    /// The path of the file.
    pub location: String,
    /// Its rules.
    pub rules: FileRules,
}

/// The unwind rules in a file.
#[derive(Clone)]
pub enum FileRules {
    /// The tables of a binary or a debug file.
    Tables(Arc<Tables>),
    /// The records of a Breakpad text that has less symbols than the file that is used for them.
    Records(Arc<SymbolMap>),
}

impl FileRules {
    /// The usual names of the tables or records, in the order in which they are tried.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Tables(tables) => tables.names(),
            Self::Records(symbols) => {
                let counts = symbols.counts();
                let kinds = [(counts.wins, "STACK WIN"), (counts.cfi_inits, "STACK CFI")];
                kinds.into_iter().filter_map(|(count, name)| (count > 0).then_some(name)).collect()
            }
        }
    }
}

/// The result of the search for one module's symbols.
#[derive(Clone, Default)]
pub struct Resolution {
    symbols: Option<Arc<SymbolMap>>,
    unwind: Vec<UnwindFile>,
    candidates: Vec<Candidate>,
    decisive: Option<usize>,
}

impl Resolution {
    /// Symbols were found, at the last of the candidates.
    #[must_use]
    pub fn loaded(symbols: Arc<SymbolMap>, candidates: Vec<Candidate>) -> Self {
        Self { symbols: Some(symbols), unwind: Vec::new(), decisive: candidates.len().checked_sub(1), candidates }
    }

    /// No symbols were found. `decisive` is the candidate that the status is about: a file that was opened and is
    /// malformed or of another build. Without one there was no file at all.
    #[must_use]
    pub fn missing(candidates: Vec<Candidate>, decisive: Option<usize>) -> Self {
        Self { symbols: None, unwind: Vec::new(), candidates, decisive }
    }

    /// The same if another candidate than the last has the symbols.
    #[must_use]
    pub fn at(self, decisive: usize) -> Self {
        Self { decisive: Some(decisive), ..self }
    }

    /// The same with unwind tables, those of the binary first. A module may have them without symbols.
    #[must_use]
    pub fn with_unwind(self, unwind: Vec<UnwindFile>) -> Self {
        Self { unwind, ..self }
    }

    /// The symbols, if there are any.
    #[must_use]
    pub fn symbols(&self) -> Option<&Arc<SymbolMap>> {
        self.symbols.as_ref()
    }

    /// Whether functions are known by the exports of the binary alone, so that their names are guesses.
    #[must_use]
    pub fn has_only_exports(&self) -> bool {
        self.symbols.as_ref().is_some_and(|symbols| symbols.content() == Content::Exports)
    }

    /// The unwind tables, in the order in which they are tried.
    #[must_use]
    pub fn unwind(&self) -> &[UnwindFile] {
        &self.unwind
    }

    /// The locations looked at, in order.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The candidate that the status is about; `None` if no file was found.
    #[must_use]
    pub fn decisive(&self) -> Option<&Candidate> {
        self.candidates.get(self.decisive?)
    }

    /// What became of the symbols as a whole.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.symbols.is_some() {
            return Status::Loaded;
        }
        match self.decisive().map(|candidate| candidate.outcome) {
            Some(CandidateOutcome::Mismatched) => Status::Mismatch,
            Some(CandidateOutcome::Malformed) => Status::Malformed,
            _ => Status::Missing,
        }
    }

    /// The same as one of the outcomes of candidates, so that a source that did not answer differs from one that has
    /// nothing: that of the file that is used or was opened; else the first of what may be otherwise another time.
    #[must_use]
    pub fn outcome(&self) -> CandidateOutcome {
        let opened =
            if self.symbols.is_some() { Some(CandidateOutcome::Found) } else { self.decisive().map(|one| one.outcome) };
        opened.unwrap_or_else(|| {
            let passing = [CandidateOutcome::TimedOut, CandidateOutcome::Refused, CandidateOutcome::Denied];
            let others = [CandidateOutcome::Malformed, CandidateOutcome::Mismatched];
            let is_there = |outcome: &CandidateOutcome| self.candidates.iter().any(|one| one.outcome == *outcome);
            passing.into_iter().chain(others).find(is_there).unwrap_or(CandidateOutcome::Missing)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_name_of_its_own() {
        for outcome in CandidateOutcome::ALL {
            assert_eq!(CandidateOutcome::parse(outcome.name()), Some(outcome));
        }
        assert_eq!(CandidateOutcome::parse("loaded"), None);
    }

    #[test]
    fn the_status_is_that_of_the_decisive_candidate() {
        let noted = Candidate::new("/s/other.dSYM", "/s", CandidateOutcome::Mismatched, "AB1");
        let opened = Candidate::new("/s/app.sym", "/s", CandidateOutcome::Malformed, "line 1");
        let candidates = vec![noted, opened];
        assert_eq!(Resolution::missing(candidates.clone(), None).status(), Status::Missing);
        assert_eq!(Resolution::missing(candidates.clone(), Some(0)).status(), Status::Mismatch);
        let malformed = Resolution::missing(candidates, Some(1));
        assert_eq!(malformed.status(), Status::Malformed);
        assert_eq!(malformed.decisive().map(|one| one.location.as_str()), Some("/s/app.sym"));
        assert_eq!(Resolution::default().status(), Status::Missing);
    }

    #[test]
    fn a_source_that_did_not_answer_differs_from_one_that_has_nothing() {
        let of = |outcomes: &[CandidateOutcome], decisive| {
            let candidates = outcomes.iter().map(|&outcome| Candidate::new("/s/app.sym", "/s", outcome, "")).collect();
            Resolution::missing(candidates, decisive).outcome()
        };
        let [_, missing, refused, denied, mismatched, malformed, timed_out, _] = CandidateOutcome::ALL;
        assert_eq!(of(&[], None), missing);
        assert_eq!(of(&[missing, refused, timed_out], None), timed_out);
        assert_eq!(of(&[missing, denied, missing], None), denied);
        assert_eq!(of(&[mismatched, missing], None), mismatched);
        assert_eq!(of(&[timed_out, malformed], Some(1)), malformed);
    }
}

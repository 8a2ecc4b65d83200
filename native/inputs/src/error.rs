//! Why an input cannot be used at all. What is only damaged is reported in notes instead.

/// An input, or one crash of it, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No bytes, or nothing but white space.
    #[error("the input is empty")]
    Empty,
    /// None of the formats.
    #[error(
        "not a crash: expected a minidump, an App Center log container, an Apple report (.ips, .crash or MetricKit), \
         an Android report (tombstone, ANR), a report of Windows Error Reporting (event, Report.wer) or the text of an \
         exception, each also compressed; it begins with {0}"
    )]
    Unrecognised(String),
    /// JSON, but none of the known documents.
    #[error(
        "not a crash: expected an App Center log container, an Apple .ips report or a MetricKit payload; this is JSON \
         with {0}"
    )]
    UnknownJson(String),
    /// A known kind of file or text that is not read.
    #[error("not a crash: this is {name}{}{hint}", if hint.is_empty() { "" } else { "; " })]
    OtherKind {
        /// What it is, with its article.
        name: &'static str,
        /// What to do about it; empty if there is nothing to do.
        hint: &'static str,
    },
    /// A report of something else than a crash.
    #[error("not a crash report: {0}")]
    NotACrash(String),
    /// A compressed input that does not decompress, or to too much, or an archive without exactly one crash.
    #[error("{format}: {message}")]
    Compressed {
        /// `gzip`, `zstd`, `xz`, `bzip2`, `zip`.
        format: &'static str,
        /// Why.
        message: String,
    },
    /// Brackets nested deeper than anything real.
    #[error("{place}: nested deeper than {limit} brackets")]
    TooDeep {
        /// Where: `byte 4711`.
        place: String,
        /// The limit.
        limit: usize,
    },
    /// More bytes than are taken.
    #[error("{what} has {size} bytes; the limit is {limit}")]
    TooBig {
        /// What has them.
        what: &'static str,
        /// How many it has at least.
        size: u64,
        /// How many are taken.
        limit: u64,
    },
    /// A text has more lines than are read.
    #[error("a text of {lines} lines: more than {limit} are not read")]
    TooManyLines {
        /// How many it has.
        lines: u64,
        /// How many are read.
        limit: u64,
    },
    /// A part that must be there is not.
    #[error("{place}: {message}")]
    Missing {
        /// Where.
        place: String,
        /// What.
        message: String,
    },
    /// There is no crash of this index.
    #[error("there is no crash {index}: the input has {len}")]
    NoSuchCrash {
        /// The requested index.
        index: usize,
        /// How many there are.
        len: usize,
    },
}

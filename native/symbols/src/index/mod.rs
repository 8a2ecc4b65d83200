//! The symbol index: a small file beside an untouched Breakpad text, or a file with the records of a debug file.
//!
//! One pass over the text finds where functions, public symbols and unwind records are; their lines
//! and inlined calls are read from the text on demand. Nothing in a text makes building
//! fail: malformed lines are skipped, counted and listed in [`SymbolIndex::diagnostics`].
//!
//! # Which record an address belongs to
//!
//! * Of the FUNC records that cover it, the one that starts last, of those the shortest, of those the
//!   first in the file (or the first with a name). So a nested function has its own addresses and the
//!   outer one the rest.
//! * Else the nearest PUBLIC (or FUNC of size 0) below it, if no FUNC starts from there on. It reaches
//!   to the next symbol; to the end of the run of unwind records (gaps up to 16 bytes are padding) that it begins in or that
//!   begins within its first 64 bytes, else to the next unwind record; the last symbol, with nothing to
//!   bound it, for 64 KiB; in a file with unwind records, for 256 bytes. On 32-bit ARM the Thumb bit of a
//!   PUBLIC is no part of its address.
//! * Line records: the first in the file that covers it, within its FUNC.
//! * Unwind records: of the STACK CFI INIT records that cover it, chosen like FUNC, and all STACK CFI
//!   records from its start to the address, wherever they stand. STACK WIN likewise, type 4 before
//!   type 0.
//!
//! A FUNC's lines are the line and INLINE records after it up to the next FUNC or PUBLIC, well-formed
//! or not; other records between them do no harm.
//!
//! # The file, version 3
//!
//! All numbers are little-endian. The head, at offset 0:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `SYMIDX` CR LF |
//! | 4, 4 | version; number of sections (22) |
//! | 8 | bytes of the source: the text, or the file that packed records were made from |
//! | 8 | modification time of the source, nanoseconds since 1970; 0 if it was not a file |
//! | 8 | fingerprint of the text or of the packed records: a checksum over the length and 16 samples |
//! | 8 | bytes of the index file |
//! | 8 | checksum of everything after the head and before the packed records |
//! | 16 each | offset and bytes of each section |
//! | 8 | checksum of the head up to here |
//!
//! The sections follow at multiples of 8, padded with zeros:
//!
//! | number | section | entries |
//! |---|---|---|
//! | 0 | records | u64 offsets of the MODULE line and the INFO lines that count, at most 8 |
//! | 1 | counts | nine u64: FUNC, PUBLIC, line, INLINE, FILE, INLINE_ORIGIN, CFI INIT, CFI, WIN |
//! | 2 | diagnostics | u32 kind, u32 0, u64 count, eight u64 line numbers (0: no more) |
//! | 3–5 | symbols | a table of FUNC and PUBLIC lines; flag: folded |
//! | 6–8 | unwind records | a table of STACK CFI INIT lines |
//! | 9–11, 12–14 | stack records | tables of STACK WIN lines of type 4 and of type 0 |
//! | 15 | deltas | u64 address, u64 offset: STACK CFI lines that do not follow their INIT, or whose INIT overlaps another; sorted |
//! | 16 | tails | u64 offset of a FUNC line, u64 offset where its lines end: FUNCs with other records among their lines, or with INLINE after line records; sorted |
//! | 17, 18 | files | u32 ids, sorted; 40-bit offsets of their FILE lines |
//! | 19, 20 | origins | the same for INLINE_ORIGIN |
//! | 21 | packed records | empty over a text; else the last section, see below |
//!
//! A table is three sections. The address space is cut at boundaries; each has a value that holds up
//! to the next. *Starts* are the low 32 bits of the boundaries, u32, in order. *Values* are 40 bits:
//! the offset of a line in 39, a flag above; all ones for "nothing here". *Pages* (u32 high bits,
//! u32 0, u64 number of the first boundary) say which boundaries have which high 32 bits.
//!
//! Offsets count from the first byte of the text, which may have 512 GiB. Offsets are hints: the reader parses the line
//! they point to and uses what that gives. So a wrong index may give wrong answers but never a fault, and the checksums
//! make sure that a damaged one is not used.
//!
//! # Packed records
//!
//! An index need not have a text: [`IndexBuilder`] makes one from records, such as those of a debug file. Then offsets
//! count from the first byte of section 21. It holds the MODULE, INFO, FILE, INLINE_ORIGIN, FUNC and PUBLIC records as
//! lines of Breakpad text, which the same code reads; the lines and inlined calls of a function, which are most of any
//! text, follow its FUNC line as a packed block (`packed/mod.rs`). Look-ups give what they would give in the index of the
//! text with the same records in the same order.

mod build;
mod builder;
mod checksum;
mod content;
mod counts;
mod diagnostics;
mod error;
mod extent;
mod format;
mod functions;
mod map;
mod module;
mod open;
mod publics;
pub(crate) mod samples;
mod scan;
mod symbol_index;
pub(crate) mod table;
mod writer;

pub use builder::IndexBuilder;
pub use content::Content;
pub use counts::Counts;
pub use diagnostics::{Diagnostic, Kind};
pub use error::{Error, Unfinished};
pub use format::Stamp;
pub use functions::Functions;
pub use map::Bytes;
pub use module::ModuleRecord;
pub use symbol_index::SymbolIndex;

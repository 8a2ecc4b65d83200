//! Bounds on the work and memory that a file can cause.
//!
//! DWARF lets many entries refer to the same long list, and a few bytes repeat many rows. Real compilers do so a little;
//! each bound here is several times what real files reach. A file that exceeds one loses the rest of the unit, or all
//! further records, and that is reported.

/// The longest name, in bytes; longer ones are cut. Real files have names of 155 KB.
pub const NAME: usize = 256 << 10;
/// The longest path of a source file, in bytes; longer ones are cut.
pub const PATH: usize = 4096;
/// The longest scope that qualifies a name, in bytes.
pub const SCOPE: usize = 4096;
/// How many scopes are read for it.
pub const SCOPES: usize = 128;
/// How many references are followed from an entry to its name.
pub const HOPS: usize = 16;
/// How deeply inlined calls may nest: as deeply as a look-up follows them.
pub const INLINE_DEPTH: u32 = 1024;
/// How deeply the scopes of a module's symbols may nest: functions, blocks and inlined calls.
pub const NESTED_SCOPES: usize = 1024;
/// How many attributes an abbreviation may have. Real ones have up to thirty.
pub const ATTRIBUTES: usize = 128;
/// How many bytes of a name are read to classify it: blank, mangled, equal to another.
pub const START: usize = 4096;
/// Slices in a fat file. A Java class file has the same magic, and its version, at least 45, where the count is.
pub const SLICES: u32 = 44;

/// Bytes that any file may have of something, however small it is. Fewer under the fuzzer, whose files are small.
const FREE: u64 = if cfg!(fuzzing) { 64 << 10 } else { 8 << 20 };

/// How long a text may be for a slice of so many bytes, decompressed. Those of real files have 0.1 to 1.1 times the bytes.
#[must_use]
pub const fn text(bytes: u64) -> u64 {
    bytes.saturating_mul(2).saturating_add(FREE)
}

/// How much of it may be of one unit of so many bytes: the units of a batch are written in parallel, into memory. A real
/// function of some hundred bytes may have a name of some thousand.
#[must_use]
pub const fn unit_text(bytes: u64) -> u64 {
    bytes.saturating_mul(32).saturating_add(1024)
}

/// Bytes of the names of a unit that are composed from scopes.
#[must_use]
pub const fn unit_names(bytes: u64) -> u64 {
    bytes.saturating_mul(2).saturating_add(512)
}

/// Bytes of the paths of a unit whose line program has so many. The paths of real units have up to as many.
#[must_use]
pub const fn unit_paths(bytes: u64) -> u64 {
    bytes.saturating_mul(8).saturating_add(512)
}

/// Rows of a line program of so many bytes. Compilers write columns, too, and 3 bytes and more for a row. Go's assembler writes
/// one byte for a row (5,110 rows in 5,130 bytes of the runtime's SHA-3), and no program has more.
#[must_use]
pub const fn rows(bytes: u64) -> u64 {
    bytes
}

/// Lines of code without functions, of all units of a slice of so many bytes. They are held until the end, while the
/// records of a unit are released. In real files only code of assemblers has them.
#[must_use]
pub const fn loose_lines(bytes: u64) -> u64 {
    bytes / 64 + 65_536
}

/// Bytes of object files that are looked at for the entries of a debug map, if those that were found have so many. Each belongs to
/// one entry in real files.
#[must_use]
pub const fn objects(bytes: u64) -> u64 {
    bytes.saturating_mul(2)
}

/// Addresses whose units are found by `.debug_aranges`: more have code in most units, so that all are listed anyway.
pub const LISTED: usize = 256;

/// Source files of a line program. A unit of a hundred megabytes has some thousand.
pub const FILES: usize = 1 << 16;
/// Bytes of a line program's header, which lists them.
pub const LINE_HEADER: u64 = 2 << 20;

/// Bytes of all decompressed sections of a slice of so many bytes. Debug information is compressed to a third or a fourth.
#[must_use]
pub const fn decompressed(bytes: u64) -> u64 {
    bytes.saturating_mul(3).saturating_add(FREE)
}

/// Bytes of all chunks of a compressed PDB of so many bytes. Real ones are compressed to a fourth or a fifth.
#[must_use]
pub const fn chunks(bytes: u64) -> u64 {
    bytes.saturating_mul(if cfg!(fuzzing) { 4 } else { 16 }).saturating_add(FREE)
}

/// Window or dictionary that a compressed section may ask for, beyond its own size.
pub const WINDOW: u64 = if cfg!(fuzzing) { 1 << 20 } else { 64 << 20 };

/// Bytes in memory for what describes the units of a file of so many bytes of debug information: the units themselves and
/// their abbreviations, each. A real unit has some thousand bytes, and its abbreviations a twentieth of that.
#[must_use]
pub const fn descriptions(bytes: u64) -> u64 {
    bytes.saturating_add(FREE * 2)
}

/// An amount that is used up.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: u64,
}

impl Budget {
    /// A budget of this amount.
    #[must_use]
    pub const fn new(left: u64) -> Self {
        Self { left }
    }

    /// Use some of it; `false` if less is left, and from then on.
    #[must_use]
    pub const fn take(&mut self, amount: u64) -> bool {
        match self.left.checked_sub(amount) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }

    /// The rest.
    #[must_use]
    pub const fn left(self) -> u64 {
        self.left
    }

    /// The same, or no more than this.
    #[must_use]
    pub const fn at_most(self, amount: u64) -> Self {
        if self.left < amount { self } else { Self { left: amount } }
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_used_up(&self) -> bool {
        self.left == 0
    }
}

//! The Breakpad text of a module whose binary and debug file are two files.

use std::io::{self, Write};

use symbols::breakpad;
use unwind_tables::{Tables, cfi};

/// Bytes of unwind rules of one file. The rules of the largest libraries have 50 MB.
const MOST: u64 = 1 << 30;

/// Inserts lines after the first one of a text.
pub(crate) struct WithLines<W> {
    out: W,
    /// What is inserted; empty when it is written.
    lines: Vec<u8>,
}

impl<W: Write> WithLines<W> {
    pub(crate) fn new(out: W, lines: Vec<u8>) -> Self {
        Self { out, lines }
    }
}

impl<W: Write> Write for WithLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let first = if self.lines.is_empty() { None } else { bytes.iter().position(|&byte| byte == b'\n') };
        let Some(line) = first.and_then(|end| bytes.get(..=end)) else { return self.out.write(bytes) };
        self.out.write_all(line)?;
        self.out.write_all(&std::mem::take(&mut self.lines))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The line that names the binary of a module: `INFO CODE_ID id name`.
pub(crate) fn code_line(id: &str, name: &str) -> Vec<u8> {
    let name: String = name.chars().map(|one| if one.is_control() { '_' } else { one }).collect();
    format!("INFO CODE_ID {} {name}\n", id.to_uppercase()).into_bytes()
}

/// Write the unwind rules of tables, without those of functions that the `others` have rules for.
pub(crate) fn write_rules(tables: &Tables, others: &[&Tables], out: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    cfi::records_beside(tables, others, MOST, &mut |record| {
        line.clear();
        breakpad::write(record, &mut line);
        out.write_all(&line)
    })?;
    Ok(())
}

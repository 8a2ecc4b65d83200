//! Functions that only the symbol table has, and code of assemblers that has lines only.

use std::io;

use symbols::breakpad::{Func, Line};

use crate::image::Image;
use crate::limits::Budget;
use crate::numbering::NO_FILE_ID;
use crate::sink::{FunctionSink, RecordSink};
use crate::wanted::Wanted;

/// Code with lines and without a function of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LooseLine {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) line: u32,
    /// FILE id.
    pub(crate) file: u32,
}

/// How many records were given to the sink, and how many symbols exceeded the budget.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) functions: u64,
    pub(crate) excess: u64,
}

/// Bytes of a record beside its name, at most.
const RECORD: usize = 128;
/// Bytes of text to collect before a sink gets them.
const PIECE: u64 = 64 << 10;

/// Give a sink the symbols that `covered`, sorted and apart, leaves open, as long as the budget lasts; if only some addresses
/// are `wanted`, those that name one of them.
///
/// They are FUNC records with the lines of `loose`. One ends where the symbol table says; if it does not, with its function,
/// as unwind tables say, or where the next one begins that they describe; and in any case where the next symbol, the next
/// described function, or other than code begins. Beside DWARF, code without a line has 0, which is "no line".
///
/// Some of them are left out if the time of the image is over.
///
/// # Errors
/// The sink's.
pub(crate) fn write_symbols<S: RecordSink>(
    image: &Image<'_>,
    wanted: Option<&Wanted>,
    has_dwarf: bool,
    covered: &[(u64, u64)],
    loose: &[LooseLine],
    mut budget: Budget,
    out: &mut S,
) -> io::Result<Written> {
    let mut written = Written::default();
    let mut group = S::functions(0);
    let chosen = wanted.map(|wanted| chosen(image, wanted));
    let all = chosen.is_none().then_some(0..image.symbols.len());
    let mut watch = image.deadline.watch();
    for at in all.into_iter().flatten().chain(chosen.into_iter().flatten()) {
        if watch.is_over() {
            break;
        }
        let Some(symbol) = image.symbols.get(at) else { continue };
        let start = symbol.address;
        let Some((_, limit)) = image.code_at(start) else { continue };
        let next = covered.partition_point(|part| part.1 <= start);
        let described = covered.get(next).map_or(u64::MAX, |part| part.0);
        let mut end = symbol.end.min(limit).min(described);
        // A symbol of a function that is described already needs no unwind tables, which are read whole.
        if !symbol.is_sized && end > start {
            end = end.min(image.functions.end_of(start));
        }
        if end <= start {
            continue;
        }
        if !budget.take((symbol.name.len() + RECORD) as u64) {
            written.excess += 1;
            continue;
        }
        group.function(&Func { address: start, size: end - start, param_size: 0, folded: false, name: symbol.name });
        written.functions += 1;
        lines(loose, start, end, has_dwarf, &mut group);
        if group.text_bytes() > PIECE {
            out.append(std::mem::replace(&mut group, S::functions(0)))?;
        }
    }
    out.append(group)?;
    Ok(written)
}

/// The symbols of the addresses.
fn chosen(image: &Image<'_>, wanted: &Wanted) -> Vec<usize> {
    let mut chosen: Vec<usize> = wanted.as_slice().iter().filter_map(|&address| image.symbol_at(address)).collect();
    chosen.dedup();
    chosen
}

/// Write the lines of some code; if `mark_gaps`, with 0 where there is none. Each line is in the code of one symbol, or a few,
/// so they need no budget.
fn lines(loose: &[LooseLine], start: u64, end: u64, mark_gaps: bool, out: &mut impl FunctionSink) {
    let gap = |from: u64, to: u64, out: &mut _| {
        if mark_gaps && from < to {
            FunctionSink::line(out, &Line { address: from, size: to - from, line: 0, file: NO_FILE_ID });
        }
    };
    let mut from = start;
    let first = loose.partition_point(|line| line.end <= start);
    for line in loose.get(first..).unwrap_or_default().iter().take_while(|line| line.start < end) {
        gap(from, line.start, out);
        let (start, end) = (line.start.max(from), line.end.min(end));
        if start < end {
            out.line(&Line { address: start, size: end - start, line: line.line, file: line.file });
            from = end;
        }
    }
    gap(from, end, out);
}

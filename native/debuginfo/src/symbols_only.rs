//! Functions that only the symbol table has, and code of assemblers that has lines only.

use std::io;

use symbols::breakpad::{Func, Line, Public};

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
    pub(crate) publics: u64,
    pub(crate) excess: u64,
}

/// Bytes of a record beside its name, at most.
const RECORD: usize = 128;
/// Bytes of text to collect before a sink gets them.
const PIECE: u64 = 64 << 10;

/// Give a sink the symbols that `covered`, sorted and apart, leaves open, as long as the budget lasts; if only some addresses
/// are `wanted`, those that name one of them.
///
/// In a file without DWARF they are PUBLIC records. Beside DWARF they are FUNC records that end where the next symbol or
/// described function begins: with the lines of `loose`, and 0, which is "no line", where there is none.
///
/// # Errors
/// The sink's.
pub(crate) fn write_symbols<S: RecordSink>(
    image: &Image<'_>,
    wanted: Option<&Wanted>,
    covered: &[(u64, u64)],
    loose: &[LooseLine],
    mut budget: Budget,
    out: &mut S,
) -> io::Result<Written> {
    let mut written = Written::default();
    let mut group = S::functions(0);
    let chosen = wanted.map(|wanted| chosen(image, wanted));
    let all = chosen.is_none().then_some(0..image.symbols.len());
    for at in all.into_iter().flatten().chain(chosen.into_iter().flatten()) {
        let Some(symbol) = image.symbols.get(at) else { continue };
        let start = symbol.address;
        let next = covered.partition_point(|part| part.1 <= start);
        let described = covered.get(next).copied();
        if described.is_some_and(|part| part.0 <= start) {
            continue;
        }
        let mut end = image.code_at(start).map_or(start, |section| section.1);
        end = image.symbols.get(at + 1).map_or(end, |next| end.min(next.address));
        end = described.map_or(end, |part| end.min(part.0));
        if !covered.is_empty() && (end <= start || wanted.is_some_and(|wanted| wanted.within(start, end).is_empty())) {
            continue;
        }
        if !budget.take((symbol.name.len() + RECORD) as u64) {
            written.excess += 1;
            continue;
        }
        if covered.is_empty() {
            group.public(&Public { address: start, param_size: 0, folded: false, name: symbol.name });
            written.publics += 1;
        } else {
            let size = end - start;
            group.function(&Func { address: start, size, param_size: 0, folded: false, name: symbol.name });
            written.functions += 1;
            lines(loose, start, end, &mut group);
        }
        if group.text_bytes() > PIECE {
            out.append(std::mem::replace(&mut group, S::functions(0)))?;
        }
    }
    out.append(group)?;
    Ok(written)
}

/// The symbols at or before each address, and the ones after these, which end their extent.
fn chosen(image: &Image<'_>, wanted: &Wanted) -> Vec<usize> {
    let mut chosen = Vec::new();
    for &address in wanted.as_slice() {
        let next = image.symbols.partition_point(|symbol| symbol.address <= address);
        chosen.extend(next.checked_sub(1).into_iter().chain([next]));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// Write the lines of some code. Each line is in the code of one symbol, or a few, so they need no budget.
fn lines(loose: &[LooseLine], start: u64, end: u64, out: &mut impl FunctionSink) {
    let mut from = start;
    let first = loose.partition_point(|line| line.end <= start);
    for line in loose.get(first..).unwrap_or_default().iter().take_while(|line| line.start < end) {
        no_line(from, line.start, out);
        let (start, end) = (line.start.max(from), line.end.min(end));
        if start < end {
            out.line(&Line { address: start, size: end - start, line: line.line, file: line.file });
            from = end;
        }
    }
    no_line(from, end, out);
}

fn no_line(start: u64, end: u64, out: &mut impl FunctionSink) {
    if start < end {
        out.line(&Line { address: start, size: end - start, line: 0, file: NO_FILE_ID });
    }
}

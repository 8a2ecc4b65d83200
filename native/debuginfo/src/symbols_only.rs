//! What the symbol table alone knows: functions without DWARF, and code of assemblers that has lines only.

use symbols::breakpad::{Func, Line, Public, Record, write};

use crate::image::Image;
use crate::text::NO_FILE_ID;

/// Code with lines and without a function of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LooseLine {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) line: u32,
    /// FILE id.
    pub(crate) file: u32,
}

/// Write the symbols that `covered`, sorted and apart, leaves open. How many FUNC and PUBLIC records there were.
///
/// In a file without DWARF they are PUBLIC records. Beside DWARF they are FUNC records that end where the next symbol or
/// described function begins: with the lines of `loose`, and 0, which is "no line", where there is none.
pub(crate) fn write_symbols(
    image: &Image<'_>,
    covered: &[(u64, u64)],
    loose: &[LooseLine],
    out: &mut Vec<u8>,
) -> (u64, u64) {
    let (mut functions, mut publics) = (0, 0);
    for (at, symbol) in image.symbols.iter().enumerate() {
        let start = symbol.address;
        let next = covered.partition_point(|part| part.1 <= start);
        let described = covered.get(next).copied();
        if described.is_some_and(|part| part.0 <= start) {
            continue;
        }
        if covered.is_empty() {
            write(&Record::Public(Public { address: start, param_size: 0, folded: false, name: symbol.name }), out);
            publics += 1;
            continue;
        }
        let mut end = image.code_at(start).map_or(start, |section| section.1);
        end = image.symbols.get(at + 1).map_or(end, |next| end.min(next.address));
        end = described.map_or(end, |part| end.min(part.0));
        if end <= start {
            continue;
        }
        let func = Func { address: start, size: end - start, param_size: 0, folded: false, name: symbol.name };
        write(&Record::Func(func), out);
        functions += 1;
        let mut from = start;
        let first = loose.partition_point(|line| line.end <= start);
        for line in loose.get(first..).unwrap_or_default().iter().take_while(|line| line.start < end) {
            no_line(from, line.start, out);
            let (start, end) = (line.start.max(from), line.end.min(end));
            if start < end {
                write(&Record::Line(Line { address: start, size: end - start, line: line.line, file: line.file }), out);
                from = end;
            }
        }
        no_line(from, end, out);
    }
    (functions, publics)
}

fn no_line(start: u64, end: u64, out: &mut Vec<u8>) {
    if start < end {
        write(&Record::Line(Line { address: start, size: end - start, line: 0, file: NO_FILE_ID }), out);
    }
}

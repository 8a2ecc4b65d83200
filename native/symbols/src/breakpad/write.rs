//! Records to canonical text.

use super::func::{Func, Line, Public};
use super::inline::{Dialect, Inline, InlineOrigin};
use super::record::Record;
use super::stack::{CfiDelta, CfiInit, Win};
use std::io::Write as _;

/// Append one record and a newline: lower-case hexadecimal, one space between fields.
///
/// Bytes that would end or cut the line in a reader (CR, LF, NUL) become `_` in names. An old-dialect
/// INLINE record is written in the new dialect with the call file unknown (`-1`), so that every
/// record of a written file has one dialect.
pub fn write(record: &Record<'_>, out: &mut Vec<u8>) {
    match record {
        Record::Module(module) => {
            out.extend_from_slice(b"MODULE ");
            word(module.os, out);
            out.push(b' ');
            word(module.arch, out);
            out.push(b' ');
            word(module.id, out);
            named(module.name, out);
        }
        Record::Info(info) => {
            out.extend_from_slice(b"INFO ");
            word(info.key, out);
            named(info.value, out);
        }
        Record::File(file) => {
            number(out, format_args!("FILE {}", file.id));
            named(file.name, out);
        }
        Record::InlineOrigin(InlineOrigin { id, name }) => {
            number(out, format_args!("INLINE_ORIGIN {id}"));
            named(name, out);
        }
        Record::Func(Func { address, size, param_size, folded, name }) => {
            let m = if *folded { "m " } else { "" };
            number(out, format_args!("FUNC {m}{address:x} {size:x} {param_size:x}"));
            named(name, out);
        }
        Record::Public(Public { address, param_size, folded, name }) => {
            let m = if *folded { "m " } else { "" };
            number(out, format_args!("PUBLIC {m}{address:x} {param_size:x}"));
            named(name, out);
        }
        Record::Line(Line { address, size, line, file }) => {
            number(out, format_args!("{address:x} {size:x} {line} {file}"));
        }
        Record::Inline(inline) => write_inline(inline, out),
        Record::Win(win) => write_win(win, out),
        Record::CfiInit(CfiInit { address, size, rules }) => {
            number(out, format_args!("STACK CFI INIT {address:x} {size:x}"));
            named(rules, out);
        }
        Record::CfiDelta(CfiDelta { address, rules }) => {
            number(out, format_args!("STACK CFI {address:x}"));
            named(rules, out);
        }
    }
    out.push(b'\n');
}

fn write_inline(inline: &Inline<'_>, out: &mut Vec<u8>) {
    number(out, format_args!("INLINE {} {}", inline.depth, inline.call_line));
    for id in [inline.call_file.filter(|_| inline.dialect == Dialect::New), inline.origin] {
        match id {
            Some(id) => number(out, format_args!(" {id}")),
            None => out.extend_from_slice(b" -1"),
        }
    }
    for (address, size) in inline.ranges.iter() {
        number(out, format_args!(" {address:x} {size:x}"));
    }
}

fn write_win(win: &Win<'_>, out: &mut Vec<u8>) {
    number(out, format_args!("STACK WIN {:x} {:x} {:x}", win.kind, win.address, win.size));
    for size in
        [win.prolog_size, win.epilog_size, win.param_size, win.saved_regs_size, win.locals_size, win.max_stack_size]
    {
        number(out, format_args!(" {size:x}"));
    }
    match win.program {
        Some(program) => {
            out.extend_from_slice(b" 1");
            named(program, out);
        }
        None => number(out, format_args!(" 0 {}", u8::from(win.allocates_base_pointer))),
    }
}

fn number(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _ = out.write_fmt(text);
}

/// A space and the text, if there is any.
fn named(text: &[u8], out: &mut Vec<u8>) {
    if !text.is_empty() {
        out.push(b' ');
        out.extend(text.iter().map(|&b| if matches!(b, b'\n' | b'\r' | 0) { b'_' } else { b }));
    }
}

/// A field that must stay one field.
fn word(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        out.push(b'?');
    }
    out.extend(text.iter().map(|&b| if matches!(b, b'\n' | b'\r' | 0 | b' ' | b'\t') { b'_' } else { b }));
}

//! Problem signatures: which parameter of which event says what.
//!
//! ```text
//!               P1        P2       P3          P4      P5       P6          P7      P8      P9
//! APPCRASH      program   version  time stamp  module  version  time stamp  code    offset
//! BEX, BEX64    program   version  time stamp  module  version  time stamp  offset  code    data
//! CLR20r3       program   version  time stamp  assembly version time stamp  method  IL      type
//! ```
//!
//! Those of packaged applications (`MoAppCrash`, `MoBEX`) have the package's full name before it.

use crate::{Crash, Error, Exception, Frame, Image, Kind, Language, ManagedFrame, Os, Thread, Thrown};

/// The events whose signatures have crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// An exception.
    Crash,
    /// A buffer overflow, or code that was executed as data.
    Overflow,
    /// An exception of .NET.
    Managed,
}

/// Parameters of an event; there are ten at most.
pub(super) const PARAMETERS: usize = 10;

/// `STATUS_ACCESS_VIOLATION`, `STATUS_IN_PAGE_ERROR`.
const ACCESSES: [u64; 2] = [0xc000_0005, 0xc000_0006];

/// Whether a word names an event of a program that crashed or stopped responding.
pub(super) fn is_event(name: &str) -> bool {
    layout(name).is_some() || is_hang(name)
}

fn layout(event: &str) -> Option<(Layout, bool)> {
    Some(match event {
        "APPCRASH" => (Layout::Crash, false),
        "MoAppCrash" => (Layout::Crash, true),
        "BEX" | "BEX64" => (Layout::Overflow, false),
        "MoBEX" | "MoBEX64" => (Layout::Overflow, true),
        "CLR20r3" => (Layout::Managed, false),
        _ => return None,
    })
}

fn is_hang(event: &str) -> bool {
    ["AppHang", "MoAppHang", "HANG_"].iter().any(|start| event.starts_with(start))
}

/// The crash of an event and its parameters. None if the parameters do not fit the event.
pub(super) fn crash(kind: Kind, event: &str, values: &[&str]) -> Option<Result<Crash, Error>> {
    let Some((layout, packaged)) = layout(event) else {
        return is_name(event).then(|| {
            let what = if is_hang(event) { "a program that did not respond" } else { "something else than a crash" };
            Err(Error::NotACrash(format!("it is a report of Windows Error Reporting on {what} ({event})")))
        });
    };
    let (package, values) = if packaged { (values.first().copied(), values.get(1..)?) } else { (None, values) };
    let value = |index: usize| values.get(index).map_or("", |value| value.trim());
    let mut crash = Crash { kind: Some(kind), fatal: Some(true), ..Crash::default() };
    crash.system.os = Os::Windows;
    crash.system.name = Some("Windows".to_owned());
    crash.app.identifier = package.and_then(owned);
    crash.app.version = owned(value(1));
    // `praid:App`: the application within its package.
    let program = value(0).strip_prefix("praid:").unwrap_or(value(0));
    crash.process.name = Some(owned(program)?);
    if program.contains('.') {
        crash.images.push(Image { name: program.to_owned(), version: owned(value(1)), ..Image::default() });
    }
    crash.more.push(("event".to_owned(), event.to_owned()));
    for (name, stamp) in [("application time stamp", value(2)), ("module time stamp", value(5))] {
        crash.more.extend(owned(stamp).map(|stamp| (name.to_owned(), stamp)));
    }
    let module = module(&mut crash, value(3), value(4));
    match layout {
        Layout::Managed => managed(&mut crash, module, [value(6), value(7), value(8)])?,
        Layout::Crash => {
            let exception = Exception { codes: vec![code(value(6))?], ..Exception::default() };
            native(&mut crash, exception, module, number(value(7))?);
        }
        Layout::Overflow => {
            let (code, data) = (code(value(7))?, number(value(8)));
            let exception =
                Exception { codes: [Some(code), data].into_iter().flatten().collect(), ..Exception::default() };
            native(&mut crash, exception, module, number(value(6))?);
        }
    }
    Some(Ok(crash))
}

/// The image of the faulting module. None where the address was in none: `unknown`, `StackHash_1a2b`.
fn module(crash: &mut Crash, name: &str, version: &str) -> Option<usize> {
    if name.is_empty() || name.eq_ignore_ascii_case("unknown") || name.starts_with("StackHash_") {
        return None;
    }
    let known = crash.images.iter().position(|image| image.name.eq_ignore_ascii_case(name));
    known.or_else(|| {
        crash.images.push(Image { name: name.to_owned(), version: owned(version), ..Image::default() });
        Some(crash.images.len() - 1)
    })
}

/// The one frame that is known: an offset in the module, or an address where there is no module.
fn native(crash: &mut Crash, mut exception: Exception, image: Option<usize>, offset: u64) {
    if image.is_none() {
        exception.address = Some(offset);
    }
    if ACCESSES.contains(&exception.codes[0]) {
        exception.note = Some("the report does not say which address was accessed".to_owned());
    }
    crash.exception = Some(exception);
    let frame = Frame { address: Some(offset), image, ..Frame::default() };
    crash.threads.push(Thread { frames: vec![frame], ..Thread::default() });
    crash.crashed = Some(0);
}

/// The method is known by its number in the assembly's metadata alone.
fn managed(crash: &mut Crash, image: Option<usize>, [method, offset, type_name]: [&str; 3]) -> Option<()> {
    number(method)?;
    let frame = ManagedFrame {
        module: image.and_then(|image| crash.images.get(image)).map(|image| image.name.clone()),
        native: Some(Frame { image, ..Frame::default() }),
        text: Some(format!("method {method}, IL offset {offset}")),
        ..ManagedFrame::default()
    };
    crash.thrown.push(Thrown {
        language: Language::Clr,
        type_name: owned(type_name),
        frames: vec![frame],
        ..Thrown::default()
    });
    Some(())
}

/// An exception code: eight digits, with `0x` or without.
fn code(text: &str) -> Option<u64> {
    number(text).filter(|&code| code != 0 && u32::try_from(code).is_ok())
}

/// A hexadecimal number, with `0x` or without.
pub(super) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

/// `6.0.822.36306`; empty where the file has none.
pub(super) fn is_version(text: &str) -> bool {
    text.is_empty() || (text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn is_name(event: &str) -> bool {
    (1..=32).contains(&event.len()) && event.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(super) fn owned(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

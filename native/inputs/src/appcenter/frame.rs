//! Frames: of native code (`address`, `code`) and of managed code (`className`, `methodName`).

use crate::json::Reader;
use crate::json::value::{hexadecimal, trim};
use crate::{Frame, Given, ManagedFrame};

/// Bits of an address below the smallest page of an Apple system; an image starts where a page does.
const PAGE_BITS: u64 = 0xfff;

/// Read the frame that is next, of a thread, into an empty one.
pub(super) fn native(reader: &mut Reader<'_>, frame: &mut Frame) {
    let (mut class, mut method, mut file, mut line) = (None, None, None, None);
    let mut code = None;
    reader.object(|reader, name| match name {
        "address" => frame.address = reader.address(),
        "code" => code = reader.string(),
        "className" => class = reader.text(),
        "methodName" => method = reader.text(),
        "fileName" => file = reader.text(),
        "lineNumber" => line = line_number(reader),
        "frameworkName" | "moduleName" => frame.image_name = reader.text(),
        _ => {}
    });
    if let Some(code) = code {
        read_code(&code, frame);
    }
    if class.is_some() || method.is_some() || file.is_some() {
        let given = frame.given.get_or_insert_default();
        if let Some(function) = joined(class, method) {
            given.function = Some(function);
        }
        (given.file, given.line) = (file, line);
    }
}

/// Read the frame that is next, of an exception.
pub(super) fn managed(reader: &mut Reader<'_>) -> ManagedFrame {
    let mut frame = ManagedFrame::default();
    let (mut address, mut code) = (None, None);
    reader.object(|reader, name| match name {
        "className" => frame.class = reader.text(),
        "methodName" => frame.method = reader.text(),
        "methodParams" => frame.parameters = reader.text(),
        "fileName" => frame.file = reader.text(),
        "lineNumber" => frame.line = line_number(reader),
        "columnNumber" => frame.column = line_number(reader),
        "frameworkName" | "moduleName" => frame.module = reader.text(),
        "address" => address = reader.address(),
        "code" => code = reader.text(),
        _ => {}
    });
    let mut native = Frame { address, ..Frame::default() };
    if let Some(code) = code {
        if address.is_some() {
            read_code(&code, &mut native);
        } else {
            frame.text = Some(code);
        }
    }
    frame.native = address.map(|_| native);
    frame
}

/// Whether a frame says nothing at all.
pub(super) fn is_empty(frame: &ManagedFrame) -> bool {
    frame.class.is_none()
        && frame.method.is_none()
        && frame.file.is_none()
        && frame.native.is_none()
        && frame.text.is_none()
}

/// `0x18ad87000 + 122224` has the image's start, `CFRunLoopRunSpecific + 444` a function.
fn read_code(code: &str, frame: &mut Frame) {
    let code = trim(code);
    if code.is_empty() {
        return;
    }
    // The last " + " with digits after it, a few bytes before the end.
    let plus = code.bytes().rposition(|b| b == b'+');
    let parts = plus.and_then(|at| Some((code[..at].strip_suffix(' ')?, trim(&code[at + 1..]).parse::<u64>().ok()?)));
    let (name, offset) = parts.map_or((code, None), |(name, offset)| (trim(name), Some(offset)));
    if name.starts_with("0x")
        && let Some(base) = hexadecimal(name)
    {
        if let Some(offset) = offset {
            frame.image_base = Some(base);
            frame.address = frame.address.or_else(|| base.checked_add(offset));
        } else if base & PAGE_BITS == 0 && frame.address.is_some_and(|address| base != 0 && base < address) {
            // The start of an image alone.
            frame.image_base = Some(base);
        }
        return;
    }
    frame.given = Some(Given { function: Some(name.to_owned()), offset, ..Given::default() });
}

/// A line; negative ones mark Java's native methods and are not lines.
fn line_number(reader: &mut Reader<'_>) -> Option<u32> {
    reader.integer().and_then(|line| u32::try_from(line).ok()).filter(|&line| line > 0)
}

fn joined(class: Option<String>, method: Option<String>) -> Option<String> {
    match (class, method) {
        (Some(class), Some(method)) => Some(format!("{class}.{method}")),
        (class, method) => class.or(method),
    }
}

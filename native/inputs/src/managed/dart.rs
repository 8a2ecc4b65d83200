//! Exceptions as Dart prints them: with source positions, as Flutter and `package:stack_trace` write them, or with the
//! addresses of code that was compiled ahead of time without its names.
//!
//! ```text
//! Unhandled exception:                                     [ERROR:flutter/…] Unhandled Exception: Bad state: No element
//! Bad state: No element                                    *** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***
//! #0      List.first (dart:core-patch/array.dart:343:5)    pid: 8353, tid: 8399, name 1.ui
//! #1      Cart.total (package:shop/cart.dart:31:18)        os: android arch: arm64 comp: yes sim: no
//! <asynchronous suspension>                                build_id: '083986ecd5337898b3b58b5e06cb8b9e'
//!                                                          isolate_dso_base: 751c2b3000, vm_dso_base: 751c2b3000
//!                                                              #00 abs 000000751c519567 virt 0000000000266567 _kDart…
//! ```

use vocabulary::DebugId;

use super::builder::{Builder, Index};
use super::frame::{mark, owned, position, source_leaf};
use super::head;
use super::lines::Lines;
use crate::crash::{Arch, Frame, Image, Language, ManagedFrame, Os};

/// What exceptions say of themselves that do not print their type, by the words that they begin with.
const WORDS: [(&str, &str); 11] = [
    ("Bad state", "StateError"),
    ("Invalid argument", "ArgumentError"),
    ("Unsupported operation", "UnsupportedError"),
    ("Concurrent modification during iteration", "ConcurrentModificationError"),
    ("Null check operator used on a null value", "TypeError"),
    ("type '", "TypeError"),
    ("Stack Overflow", "StackOverflowError"),
    ("Out of Memory", "OutOfMemoryError"),
    ("Reading static variable", "CyclicInitializationError"),
    ("Throw of null", "NullThrownError"),
    ("IntegerDivisionByZeroException", "UnsupportedError"),
];

/// Words before a message.
const UNHANDLED: [&str; 2] = ["Unhandled exception:", "Unhandled Exception:"];

pub(super) fn parse(lines: &mut Lines<'_>, builder: &mut Builder) {
    let mut current: Option<Index> = None;
    let mut type_name = None;
    let mut message: Vec<&str> = Vec::new();
    let mut program = Program::default();
    let mut numbers = 0;
    while let Some(line) = lines.next() {
        let text = plain(line);
        let found = address(text).map(|address| program.frame(&address)).or_else(|| frame(text));
        let Some(found) = found else {
            if current.is_none() {
                before(text, &mut type_name, &mut message);
                program.header(text, builder);
            } else if text == "<asynchronous suspension>" || text.starts_with("===== asynchronous gap") {
                builder.frame(lines.number(), current.unwrap_or_default(), mark(text));
            }
            continue;
        };
        let number = lines.number();
        // A second trace begins.
        if number_of(text) == Some(0) && numbers > 0 {
            builder.note(number, "a further trace is left out");
            break;
        }
        numbers += usize::from(number_of(text).is_some());
        let index = *current.get_or_insert_with(|| {
            let (name, text) = type_and_message(type_name, &message);
            builder.begin(number, Language::Dart, (name.as_deref(), &text), None)
        });
        builder.frame(number, index, found);
    }
    if current.is_none() && (type_name.is_some() || !message.is_empty()) {
        let (name, text) = type_and_message(type_name, &message);
        builder.begin(lines.number(), Language::Dart, (name.as_deref(), &text), None);
    }
    builder.images.extend(program.image());
    builder.arch = program.arch;
}

/// A line without what Flutter's tools put before it: `flutter: `, `flutter : `.
pub(super) fn plain(line: &str) -> &str {
    let text = line.trim();
    let rest = text.strip_prefix("flutter").map(|rest| rest.trim_start_matches(' '));
    rest.and_then(|rest| rest.strip_prefix(": ")).map_or(text, str::trim)
}

/// A line before the first frame.
fn before<'t>(text: &'t str, type_name: &mut Option<&'t str>, message: &mut Vec<&'t str>) {
    /// Lines of a message.
    const MOST: usize = 64;
    if let Some(rest) = UNHANDLED.iter().find_map(|words| text.split_once(words).map(|(_, rest)| rest.trim())) {
        message.clear();
        message.extend(Some(rest).filter(|rest| !rest.is_empty()));
        return;
    }
    // `The following StateError was thrown building CartPage(dirty):` begins the message of a report of Flutter's.
    if let Some((name, _)) = text.strip_prefix("The following ").and_then(|rest| rest.split_once(" was thrown")) {
        message.clear();
        *type_name = Some(name.trim_end_matches(" object"));
        return;
    }
    let no_message = text.is_empty()
        || text.starts_with("***")
        || text.starts_with('═')
        || text.starts_with("Warning: This VM has been configured")
        || text.starts_with("When the exception was thrown")
        || text.starts_with("The relevant error-causing widget was")
        || ["pid: ", "os: ", "build_id: ", "isolate_dso_base: ", "isolate_instructions: "]
            .iter()
            .any(|name| text.starts_with(name));
    if !no_message && message.len() < MOST {
        message.push(text);
    }
}

/// The type of an exception and its message: by what Flutter says of it, by the name before the message, or by its words.
fn type_and_message(flutter: Option<&str>, message: &[&str]) -> (Option<String>, String) {
    let whole = message.join("\n");
    let first = message.first().copied().unwrap_or("");
    if whole.contains("Failed assertion:") {
        return (Some("AssertionError".to_owned()), whole);
    }
    if let Some(name) = flutter {
        // What implements AssertionError and has no assertion is an error of Flutter's.
        let name = if name == "assertion" { "FlutterError" } else { name.trim_start_matches('_') };
        return (Some(name.to_owned()).filter(|name| head::is_type(name) && name != "message"), whole);
    }
    if let Some((_, name)) = WORDS.iter().find(|(words, _)| first.starts_with(words)) {
        return (Some((*name).to_owned()), whole);
    }
    if let Some(name) = first.strip_prefix("Instance of '").and_then(|rest| rest.split('\'').next()) {
        return (Some(name.trim_start_matches('_').to_owned()).filter(|name| head::is_type(name)), whole);
    }
    // `FormatException: x`, `RangeError (index): x`, `PlatformException(code, x)`, `DioException [connection error]: x`.
    let end = first.find([':', '(', '[', ' ']).unwrap_or(first.len());
    let (name, rest) = first.split_at(end);
    if !head::is_surely_type(name) {
        return (None, whole);
    }
    let message = match rest.strip_prefix(':') {
        Some(rest) if message.len() == 1 => rest.trim().to_owned(),
        _ => whole,
    };
    (Some(name.trim_start_matches('_').to_owned()), message)
}

/// A frame with its source position.
pub(super) fn frame(text: &str) -> Option<ManagedFrame> {
    let (function, place) = match numbered(text) {
        Some(rest) => rest.strip_suffix(')')?.rsplit_once(" (")?,
        None => terse(text)?,
    };
    // `file:1:2`, or `file 1:2`.
    let (file, line, column) = match place.rsplit_once(' ') {
        Some((file, at)) => {
            let mut numbers = at.split(':').map(|number| number.parse().ok());
            (file, numbers.next().flatten(), numbers.next().flatten())
        }
        None => position(place),
    };
    if !is_source(file) {
        return None;
    }
    Some(ManagedFrame {
        method: owned(function),
        module: library(file),
        file: owned(file),
        line: line.filter(|&line| line > 0),
        column,
        ..ManagedFrame::default()
    })
}

/// What follows a frame's number: `#1      f (package:a/b.dart:1:2)`.
fn numbered(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('#')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest.get(digits..).filter(|rest| (1..=6).contains(&digits) && rest.starts_with([' ', '\t']))?;
    Some(rest.trim_start())
}

fn number_of(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('#')?;
    rest.split([' ', '\t']).next()?.parse().ok()
}

/// As `package:stack_trace` and browsers print it: `package:shop/cart.dart 31:18  Cart.total`.
fn terse(text: &str) -> Option<(&str, &str)> {
    let (place, function) = text.split_once("  ")?;
    let (file, at) = place.rsplit_once(' ')?;
    let is_position = at.contains(|c: char| c.is_ascii_digit()) && at.bytes().all(|b| b.is_ascii_digit() || b == b':');
    (is_position && is_source(file) && !function.trim().is_empty()).then(|| (function.trim(), place))
}

/// A file of Dart: `package:shop/cart.dart`, `dart:core-patch/array.dart`, `file:///a/b.dart`, `lib/ui/hooks.dart`.
fn is_source(file: &str) -> bool {
    !file.contains(char::is_whitespace) && (file.ends_with(".dart") || file.starts_with("dart:"))
}

/// The package or the library of a file: `shop`, `dart:core`.
fn library(file: &str) -> Option<String> {
    if let Some(rest) = file.strip_prefix("package:").or_else(|| file.strip_prefix("packages/")) {
        return rest.split('/').next().and_then(owned);
    }
    if file.starts_with("dart:") {
        let library = file.split('/').next().unwrap_or(file);
        return owned(library.strip_suffix("-patch").unwrap_or(library));
    }
    owned(source_leaf(file))
}

/// A frame of code without names.
pub(super) struct Address<'t> {
    /// The address in the library.
    offset: u64,
    /// The library's path, which old versions print.
    path: Option<&'t str>,
    text: &'t str,
}

/// `#00 abs 000000751c519567 virt 0000000000266567 _kDartIsolateSnapshotInstructions+0x19fc27`.
pub(super) fn address(text: &str) -> Option<Address<'_>> {
    let mut words = numbered(text)?.split_whitespace();
    let hex = |word: Option<&str>| u64::from_str_radix(word?, 16).ok();
    (words.next()? == "abs").then_some(())?;
    hex(words.next())?;
    (words.next()? == "virt").then_some(())?;
    let offset = hex(words.next())?;
    Some(Address { offset, path: words.next().filter(|word| word.starts_with('/')), text })
}

/// The library with the program's code, as the lines before the frames describe it.
#[derive(Default)]
struct Program {
    os: Os,
    arch: Option<Arch>,
    build_id: Option<String>,
    base: u64,
    path: Option<String>,
    used: bool,
}

impl Program {
    fn header(&mut self, text: &str, builder: &mut Builder) {
        if let Some(rest) = text.strip_prefix("pid: ") {
            builder.process.id = rest.split(',').next().and_then(|pid| pid.trim().parse().ok());
        } else if let Some(rest) = text.strip_prefix("os: ") {
            let mut words = rest.split_whitespace();
            self.os = match words.next() {
                Some("android") => Os::Android,
                Some("ios") => Os::Ios,
                Some("macos") => Os::MacOs,
                Some("linux") => Os::Linux,
                Some("windows") => Os::Windows,
                _ => Os::Unknown,
            };
            self.arch = match words.nth(1) {
                Some("arm64") => Some(Arch::Arm64),
                Some("arm") => Some(Arch::Arm),
                Some("x64") => Some(Arch::Amd64),
                Some("ia32") => Some(Arch::X86),
                _ => None,
            };
            builder.os = self.os;
        } else if let Some(rest) = text.strip_prefix("build_id: ") {
            let id = rest.trim_matches(['\'', '"', ' ']);
            let is_id = id.len() >= 8 && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            self.build_id = Some(id.to_ascii_lowercase()).filter(|_| is_id);
        } else if let Some(rest) = text.strip_prefix("isolate_dso_base: ") {
            let digits = rest.split(',').next().unwrap_or("").trim();
            self.base = u64::from_str_radix(digits.strip_prefix("0x").unwrap_or(digits), 16).unwrap_or(0);
        }
    }

    fn name(&self) -> &str {
        match (&self.path, self.os) {
            (Some(path), _) => source_leaf(path),
            (None, Os::Ios | Os::MacOs) => "App",
            (None, Os::Windows) => "app.so",
            (None, _) => "libapp.so",
        }
    }

    fn frame(&mut self, address: &Address<'_>) -> ManagedFrame {
        if self.path.is_none() {
            self.path = address.path.map(str::to_owned);
        }
        self.used = true;
        let native = Frame {
            address: Some(self.base.wrapping_add(address.offset)),
            image: Some(0),
            image_name: Some(self.name().to_owned()),
            image_base: Some(self.base),
            ..Frame::default()
        };
        ManagedFrame {
            module: Some(self.name().to_owned()),
            native: Some(native),
            text: owned(address.text),
            ..ManagedFrame::default()
        }
    }

    fn image(&self) -> Option<Image> {
        let id = self.build_id.as_deref();
        let bytes = |id: &str| -> Option<Vec<u8>> {
            let pairs = id.as_bytes().as_chunks::<2>().0;
            pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
        };
        let bytes = id.and_then(bytes).unwrap_or_default();
        let is_apple = matches!(self.os, Os::Ios | Os::MacOs);
        let uuid = <[u8; 16]>::try_from(bytes.as_slice()).ok().filter(|_| is_apple).map(DebugId::from_uuid);
        self.used.then(|| Image {
            start: self.base,
            name: self.name().to_owned(),
            path: self.path.clone(),
            debug_id: uuid.or_else(|| DebugId::from_build_id(&bytes)),
            code_id: id.map(str::to_owned),
            ..Image::default()
        })
    }
}

/// Whether a line is surely of Dart.
pub(super) fn is_sure(line: &str) -> bool {
    let text = plain(line);
    address(text).is_some() || frame(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let parts = |text| frame(text).map(|frame| (frame.method, frame.module, frame.file, frame.line));
        let some = |text: &str| Some(text.to_owned());
        let cart = (some("Cart.total"), some("shop"), some("package:shop/cart.dart"), Some(31));
        assert_eq!(parts("#1      Cart.total (package:shop/cart.dart:31:18)"), Some(cart));
        let first = (some("List.first"), some("dart:core"), some("dart:core-patch/growable_array.dart"), Some(343));
        assert_eq!(parts("#0      List.first (dart:core-patch/growable_array.dart:343:5)"), Some(first));
        let terse = parts("packages/shop/cart.dart 31:18    Cart.total");
        assert_eq!(terse.map(|parts| (parts.0, parts.1, parts.3)), Some((some("Cart.total"), some("shop"), Some(31))));
        let closure = parts("#17      f.<anonymous closure> (lib/ui/hooks.dart:439)").unwrap_or_default();
        assert_eq!((closure.0, closure.3), (some("f.<anonymous closure>"), Some(439)));
        for text in ["#0  main () at a.c:3", "# Title (a.dart:1:2)", "#0 /a.php(3): f()", "a.dart 3"] {
            assert!(parts(text).is_none(), "{text}");
        }
    }

    #[test]
    fn types() {
        let of = |text: &str| type_and_message(None, &[text]);
        let some = |name: &str, message: &str| (Some(name.to_owned()), message.to_owned());
        assert_eq!(of("Bad state: No element"), some("StateError", "Bad state: No element"));
        assert_eq!(of("FormatException: x"), some("FormatException", "x"));
        assert_eq!(of("RangeError (index): x"), some("RangeError", "RangeError (index): x"));
        assert_eq!(of("PlatformException(a, b)").0.as_deref(), Some("PlatformException"));
        assert_eq!(of("Instance of 'CartFailure'").0.as_deref(), Some("CartFailure"));
        assert_eq!(of("'package:a/b.dart': Failed assertion: line 1").0.as_deref(), Some("AssertionError"));
        assert_eq!(of("it went wrong").0, None);
    }
}

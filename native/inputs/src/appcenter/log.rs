//! One log as a crash.

use super::exception::Exceptions;
use super::{binary, device, thread};
use crate::apple::{codes, cpu};
use crate::json::Reader;
use crate::{Arch, Crash, Error, Exception, Frame, Kind, Language, LastException, Os, Thread, Thrown, limits};

/// What a log says besides the crash.
pub(super) struct Facts {
    /// It announces a minidump, or has no stack of its own.
    pub(super) wants_minidump: bool,
}

/// Fields that are put together when all are read, since they come in any order.
#[derive(Default)]
struct Fields {
    error_thread: Option<u64>,
    error_thread_name: Option<String>,
    cpu: Option<u64>,
    variant: u64,
    os_type: Option<String>,
    os_code: Option<String>,
    os_address: Option<u64>,
    raised_type: Option<String>,
    raised_reason: Option<String>,
    architecture: Option<String>,
    registers: Vec<(String, u64)>,
    exceptions: Exceptions,
    image_archs: Vec<Option<Arch>>,
}

/// Read a log of a kind.
pub(super) fn decode(mut reader: Reader<'_>, kind: Kind) -> Result<(Crash, Facts), Error> {
    let apple = kind == Kind::AppCenterApple;
    let mut crash = Crash { kind: Some(kind), fatal: Some(kind != Kind::AppCenterHandled), ..Crash::default() };
    let mut fields = Fields::default();
    reader.object(|reader, name| member(reader, name, apple, &mut crash, &mut fields));
    let wants_minidump = finish(&mut reader, apple, &mut crash, fields);
    let (notes, fault) = reader.finish();
    crash.notes = notes;
    fault.map_or(Ok((crash, Facts { wants_minidump })), Err)
}

fn member(reader: &mut Reader<'_>, name: &str, apple: bool, crash: &mut Crash, fields: &mut Fields) {
    match name {
        "type" => {}
        "id" => crash.id = reader.text(),
        "timestamp" => crash.time = reader.text(),
        "appLaunchTimestamp" => crash.process.launched = reader.text(),
        // The schema of a handled error has no `fatal`: its type says that the program went on.
        "fatal" if crash.kind != Some(Kind::AppCenterHandled) => crash.fatal = reader.boolean().or(crash.fatal),
        "fatal" => _ = reader.boolean(),
        "userId" => crash.user = reader.text(),
        "processId" => crash.process.id = reader.unsigned(),
        "processName" => crash.process.name = reader.text(),
        "parentProcessId" => crash.process.parent_id = reader.unsigned(),
        "parentProcessName" => crash.process.parent_name = reader.text(),
        "applicationPath" => crash.process.path = reader.text(),
        "appNamespace" => {
            if let Some(identifier) = reader.text() {
                crash.app.identifier = Some(identifier);
            }
        }
        "errorThreadId" => fields.error_thread = reader.unsigned(),
        "errorThreadName" => fields.error_thread_name = reader.text(),
        "architecture" => fields.architecture = reader.text(),
        "primaryArchitectureId" => fields.cpu = reader.bits(),
        "architectureVariantId" => fields.variant = reader.bits().unwrap_or_default(),
        "osExceptionType" => fields.os_type = reader.text(),
        "osExceptionCode" => {
            fields.os_code = reader.scalar().map(|code| code.into_owned()).filter(|code| !code.is_empty())
        }
        "osExceptionAddress" => fields.os_address = reader.address(),
        "exceptionType" => fields.raised_type = reader.text(),
        "exceptionReason" => fields.raised_reason = reader.text(),
        "device" => device::read(reader, crash),
        "exception" => fields.exceptions = Exceptions::read(reader),
        "threads" => thread::read(reader, crash),
        "binaries" => {
            (crash.images, fields.image_archs) = binary::read(reader, apple);
        }
        "registers" => {
            fields.registers.clear();
            reader.members(|reader, name| {
                if fields.registers.len() < limits::REGISTERS
                    && let Some(value) = reader.address()
                {
                    fields.registers.push((name.to_owned(), value));
                }
            });
        }
        "properties" => properties(reader, crash),
        _ => more(reader, name, crash),
    }
}

/// Read a map of properties that is next.
fn properties(reader: &mut Reader<'_>, crash: &mut Crash) {
    reader.members(|reader, name| {
        if let Some(text) = reader.any() {
            if crash.properties.len() < limits::ENTRIES {
                crash.properties.push((name.to_owned(), text));
            } else {
                reader.note("more properties than are taken");
            }
        }
    });
}

/// Store a member that has no field of its own.
fn more(reader: &mut Reader<'_>, name: &str, crash: &mut Crash) {
    if crash.more.len() >= limits::ENTRIES {
        return;
    }
    if let Some(text) = reader.any() {
        crash.more.push((name.to_owned(), text));
    }
}

/// Combine the members. Returns whether a minidump is expected.
fn finish(reader: &mut Reader<'_>, apple: bool, crash: &mut Crash, mut fields: Fields) -> bool {
    fields.exceptions.finish(language_hint(crash, fields.exceptions.wrapper.as_deref()));
    let Exceptions { thrown, wrapper, .. } = std::mem::take(&mut fields.exceptions);
    let announced = thrown.first().and_then(|outer| outer.type_name.as_deref()).is_some_and(is_minidump_type);
    let ndk =
        wrapper.as_deref().or_else(|| property(crash, "wrapperSdkName")).is_some_and(|name| name.ends_with(".ndk"));
    if let Some(wrapper) = wrapper
        && property(crash, "wrapperSdkName").is_none()
    {
        crash.properties.push(("wrapperSdkName".to_owned(), wrapper));
    }
    system(apple, crash, &fields);
    if fields.os_type.is_some() || fields.os_code.is_some() || fields.os_address.is_some() {
        crash.exception = Some(native_exception(&fields));
    }
    let exceptions = if announced { Vec::new() } else { thrown };
    let exceptions = if apple { native_frames(crash, exceptions, &fields) } else { exceptions };
    raised(crash, &mut fields);
    let offset = crash.thrown.len();
    crash.thrown.extend(exceptions.into_iter().map(|mut thrown| {
        thrown.parent = thrown.parent.map(|parent| parent + offset);
        thrown
    }));
    crash.crashed = crash.crashed.or_else(|| crashed_thread(reader, apple, crash, &fields));
    if let Some(thread) = crash.crashed.and_then(|i| crash.threads.get_mut(i)) {
        thread.registers = fields.registers;
        if thread.name.is_none() {
            thread.name = fields.error_thread_name;
        }
    } else if let Some(name) = fields.error_thread_name {
        crash.more.push(("errorThreadName".to_owned(), name));
        crash.more.extend(fields.error_thread.map(|id| ("errorThreadId".to_owned(), id.to_string())));
    }
    let no_stack = crash.thrown.iter().all(|thrown| thrown.frames.is_empty() && thrown.stack_trace.is_none())
        && crash.threads.iter().all(|thread| thread.frames.is_empty());
    !apple && (announced || (ndk && no_stack))
}

/// Which processor and system.
fn system(apple: bool, crash: &mut Crash, fields: &Fields) {
    let main = main_image(crash);
    let of_number = fields.cpu.and_then(|number| cpu::of_numbers(number, fields.variant).0);
    let of_name = || fields.architecture.as_deref().and_then(cpu::of_name);
    let of_image = || fields.image_archs.get(main?).copied().flatten();
    crash.system.arch = of_number.or_else(of_name).or_else(of_image);
    if apple && crash.system.os == Os::Unknown {
        crash.system.os = Os::Ios;
    }
    let simulator = |path: &String| path.contains("/CoreSimulator/");
    crash.system.simulator =
        crash.process.path.iter().chain(crash.images.iter().filter_map(|i| i.path.as_ref())).any(simulator);
}

/// The image of the program itself, else the first one.
fn main_image(crash: &Crash) -> Option<usize> {
    let process = &crash.process;
    let by_path = crash.images.iter().position(|image| image.path.is_some() && image.path == process.path);
    let by_name =
        || crash.images.iter().position(|image| process.name.as_ref().is_some_and(|name| *name == image.name));
    by_path.or_else(by_name).or(if crash.images.is_empty() { None } else { Some(0) })
}

fn native_exception(fields: &Fields) -> Exception {
    let mut exception = Exception { address: fields.os_address, ..Exception::default() };
    match &fields.os_type {
        Some(name) if codes::is_signal(name) => exception.signal = Some(name.clone()),
        name => exception.kind = name.clone(),
    }
    if let Some(code) = &fields.os_code {
        exception.codes = codes::numbers(code);
        exception.subtype = Some(code.clone());
    }
    exception
}

/// In an Apple log, frames of `exception` that are addresses alone are a native stack: that of the crashed thread if it
/// is not among the threads, else that of the last Objective-C exception. Returns what is left as exception objects.
fn native_frames(crash: &mut Crash, mut exceptions: Vec<Thrown>, fields: &Fields) -> Vec<Thrown> {
    let Some(outer) = exceptions.first_mut() else { return exceptions };
    let all_native = !outer.frames.is_empty()
        && outer.frames.iter().all(|frame| frame.native.is_some() && frame.class.is_none() && frame.method.is_none());
    if all_native {
        let frames: Vec<Frame> = outer.frames.drain(..).filter_map(|frame| frame.native).collect();
        let id = fields.error_thread;
        let listed = crash.threads.iter().any(|thread| id.is_some() && thread.id == id);
        if listed || (id.is_none() && !crash.threads.is_empty()) {
            crash.last_exception.get_or_insert(LastException { frames });
        } else {
            crash.crashed = Some(crash.threads.len());
            crash.threads.push(Thread { id, frames, ..Thread::default() });
        }
    }
    // A type that only repeats the signal is not an exception object.
    let repeats = outer.frames.is_empty() && outer.stack_trace.is_none() && outer.type_name == fields.os_type;
    if repeats && exceptions.len() == 1 {
        exceptions.clear();
    }
    exceptions
}

/// The Objective-C exception that `exceptionType` and `exceptionReason` describe.
fn raised(crash: &mut Crash, fields: &mut Fields) {
    if fields.raised_type.is_none() && fields.raised_reason.is_none() {
        return;
    }
    if let Some(thrown) = crash.thrown.first_mut() {
        thrown.type_name = thrown.type_name.take().or(fields.raised_type.take());
        thrown.message = thrown.message.take().or(fields.raised_reason.take());
        return;
    }
    crash.thrown.push(Thrown {
        language: Language::ObjectiveC,
        type_name: fields.raised_type.take(),
        message: fields.raised_reason.take(),
        ..Thrown::default()
    });
}

/// Which thread crashed: the one of `errorThreadId`, else thread 0, else the first one. In managed logs the stack is
/// that of the exception, and a thread is only the crashed one if the log says so.
fn crashed_thread(reader: &mut Reader<'_>, apple: bool, crash: &Crash, fields: &Fields) -> Option<usize> {
    let of_id = |id: u64| crash.threads.iter().position(|thread| thread.id == Some(id));
    if let Some(id) = fields.error_thread {
        let found = of_id(id);
        if found.is_some() || !apple {
            return found;
        }
        reader.note(format!("errorThreadId {id} is not in the list of threads"));
    }
    if !apple || crash.threads.is_empty() {
        return None;
    }
    Some(of_id(0).unwrap_or(0))
}

fn property<'a>(crash: &'a Crash, name: &str) -> Option<&'a str> {
    crash.properties.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
}

fn is_minidump_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("minidump")
}

/// What the SDK and the system say of the language.
fn language_hint(crash: &Crash, wrapper: Option<&str>) -> Option<Language> {
    let names = [property(crash, "sdkName"), property(crash, "wrapperSdkName"), wrapper, crash.system.name.as_deref()];
    let names = names.map(|name| name.unwrap_or_default().to_ascii_lowercase());
    let has = |known: &[&str]| names.iter().any(|name| known.iter().any(|word| name.contains(word)));
    if has(&["xamarin", "uwp", "wpf", "winforms", "unity", "dotnet", ".net", "maui"]) {
        Some(Language::Clr)
    } else if has(&["react-native", "cordova", "javascript", "electron"]) {
        Some(Language::JavaScript)
    } else if has(&["python"]) {
        Some(Language::Python)
    } else if has(&["android"]) {
        Some(Language::Jvm)
    } else {
        None
    }
}

/// Whether a log announces a minidump.
pub(super) fn announces_minidump(mut reader: Reader<'_>) -> bool {
    let mut announces = false;
    reader.object(|reader, name| {
        if name == "exception" {
            reader.object(|reader, name| match name {
                "type" => announces |= reader.string().is_some_and(|name| is_minidump_type(&name)),
                "wrapperSdkName" => announces |= reader.string().is_some_and(|name| name.ends_with(".ndk")),
                _ => {}
            });
        }
    });
    announces
}

/// Add the properties of an event that reports a crash.
pub(super) fn read_event(mut reader: Reader<'_>, crash: &mut Crash) {
    reader.object(|reader, name| match name {
        "properties" => properties(reader, crash),
        "typedProperties" => reader.items(|reader, _| {
            let (mut key, mut value) = (None, None);
            reader.object(|reader, name| match name {
                "name" => key = reader.text(),
                "value" => value = reader.any(),
                _ => {}
            });
            if let (Some(key), Some(value)) = (key, value)
                && crash.properties.len() < limits::ENTRIES
            {
                crash.properties.push((key, value));
            }
        }),
        _ => {}
    });
    crash.notes.extend(reader.finish().0);
}

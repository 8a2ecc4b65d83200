//! The JSON document of a report, as far as it becomes a row.

mod keys;

use keys::{Document, Needed, Stacked};

use crate::error::Error;
use crate::instant;
use crate::json;
use crate::row;

/// Decode a document and use its row.
///
/// # Errors
/// The document is not JSON. Values of an unexpected type are null.
pub(crate) fn with_row(
    source: &str,
    number: i64,
    json: &[u8],
    use_row: impl FnOnce(&row::Row<'_>),
) -> Result<(), Error> {
    let document: Document<'_> = json::decode(json).map_err(|error| Error::Document(error.to_string()))?;
    use_row(&row_of(source, number, &document));
    Ok(())
}

/// As [`with_row`], by the keys of the document and the JSON of their values.
///
/// # Errors
/// As there.
pub(crate) fn with_row_of_values<'a>(
    source: &'a str,
    number: i64,
    values: impl Iterator<Item = (&'a str, &'a [u8])>,
    use_row: impl FnOnce(&row::Row<'_>),
) -> Result<(), Error> {
    let document: Document<'_> = json::decode_values(values).map_err(|error| Error::Document(error.to_string()))?;
    use_row(&row_of(source, number, &document));
    Ok(())
}

fn row_of<'a>(source: &'a str, number: i64, document: &'a Document<'a>) -> row::Row<'a> {
    let Document { input, failure, crash_info, device, app, crashing_thread: thread, .. } = document;
    let (info, sent) = (&document.system_info, &document.crashpad.annotations);
    let main = document.main_module.and_then(|index| document.modules.as_ref()?.get(usize::try_from(index).ok()?));
    let process = main
        .and_then(|module| file_name(module.filename.filled()))
        .or_else(|| file_name(document.process.path.filled().or(document.process.name.filled())))
        .or(app.identifier.filled());
    let product = sent.product().or(app.name.filled()).or(process.map(stem));
    let exceptions = document.exceptions.as_deref().unwrap_or_default();
    let exception = exceptions.iter().find(|one| one.blamed == Some(true)).or(exceptions.first());
    let frames = thread.frames.as_deref();
    let unnamed = frames.map(|frames| frames.iter().filter(|frame| frame.function.get().is_none()).count());
    row::Row {
        source,
        number: Some(number),
        error_kind: None,
        error: None,
        kind: input.kind.get(),
        size: input.size,
        time: input.time.get().and_then(instant::milliseconds),
        writer: input.writer.get(),
        report_id: document.report.id.filled().or(document.crashpad.report_id.filled()),
        os: device.os_name.filled().or(info.os.filled()),
        os_version: device.os_version.filled().or(info.os_ver.filled()),
        os_build: device.os_build.filled(),
        cpu: info.cpu_arch.filled(),
        device_model: device.model.filled(),
        app: app.identifier.filled(),
        app_build: app.build.filled(),
        process,
        version: app.version.filled().or(sent.version()).or_else(|| main.and_then(|module| module.version.filled())),
        product,
        uptime: document.process_uptime,
        failure_name: failure.name.get(),
        failure_hash: failure.hash.get(),
        failure_symbol: failure.symbol.get(),
        problem_classes: failure.problem_classes.as_ref().map(|all| all.iter().filter_map(json::Text::get).collect()),
        failure_code: failure.code.get(),
        failure_image: failure.image.get(),
        failure_function: failure.function.get(),
        event_type: failure.event_type.get(),
        blamed_thread: failure.blamed.thread,
        blamed_frame: failure.blamed.frame,
        blamed_inline: failure.blamed.inline,
        hash_strict: failure.hashes.strict.get(),
        hash_coarse: failure.hashes.coarse.get(),
        hash_address: failure.hashes.address.get(),
        reason: crash_info.reason.get(),
        address: crash_info.address.0,
        access: crash_info.access.get(),
        assertion: crash_info.assertion.get(),
        exception_type: exception.and_then(|one| one.exception.get()),
        exception_message: exception.and_then(|one| one.message.get()),
        thread_count: document.thread_count,
        crashing_thread: crash_info.crashing_thread,
        thread_name: thread.thread_name.filled(),
        frames: frames.map(stack),
        exception_frames: document.last_exception_backtrace.as_deref().map(stack),
        frames_named: frames.zip(unnamed).map(|(frames, unnamed)| index(frames.len() - unnamed)),
        frames_unnamed: unnamed.map(index),
        frames_omitted: thread.frames_omitted,
        symbols_needed: document.symbols_needed.as_ref().map(|all| all.iter().map(needed).collect()),
        faults: faults(document),
        truncated: Some(document.truncated.0),
    }
}

/// Calls innermost first, inlined ones before the function that they are inlined into.
fn stack<'a>(frames: &'a [Stacked<'a>]) -> Vec<row::Frame<'a>> {
    let inlined = frames.iter().flat_map(|frame| &frame.inlines).map(Vec::len).sum::<usize>();
    let mut calls = Vec::with_capacity(frames.len() + inlined);
    for (i, frame) in frames.iter().enumerate() {
        let call = |inline, function: &'a json::Text<'a>, file: &'a json::Text<'a>, line| row::Frame {
            frame: Some(index(i)),
            module: frame.module.get(),
            function: function.get(),
            file: file.get(),
            line,
            offset: frame.module_offset.0,
            trust: frame.trust.get(),
            inline: Some(inline),
        };
        let inlines = frame.inlines.as_deref().unwrap_or_default();
        calls.extend(inlines.iter().map(|one| call(true, &one.function, &one.file, one.line)));
        calls.push(call(false, &frame.function, &frame.file, frame.line));
    }
    calls
}

fn needed<'a>(module: &'a Needed<'a>) -> row::Needed<'a> {
    row::Needed {
        module: module.module.filled(),
        debug_file: module.debug_file.filled(),
        debug_id: module.debug_id.filled(),
        code_id: module.code_id.filled(),
        outcome: module.outcome.get(),
        unnamed_frames: module.unnamed_frames.crashing_thread,
        scanned_frames: module.scanned_frames.crashing_thread,
    }
}

fn faults(document: &Document<'_>) -> Option<i64> {
    let (listed, omitted) = (document.faults.0, document.faults_omitted);
    if listed.is_none() && omitted.is_none() {
        return Some(0);
    }
    Some(listed.unwrap_or(0).saturating_add(omitted.unwrap_or(0)))
}

/// The last part of a path, of Windows or another system.
fn file_name(path: Option<&str>) -> Option<&str> {
    path.and_then(|path| path.rsplit(['\\', '/']).next()).filter(|name| !name.is_empty())
}

/// A program's file name without `.exe`.
fn stem(name: &str) -> &str {
    match name.char_indices().rev().nth(3) {
        Some((end, _)) if name.get(end..).is_some_and(|end| end.eq_ignore_ascii_case(".exe")) => &name[..end],
        _ => name,
    }
}

fn index(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

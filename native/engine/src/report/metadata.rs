//! App, device and delivery metadata of a crash: of one whose stacks arrive unwound, and of a dump that comes in a log.

use inputs::{Crash, Note};

use crate::json::{Text, Writer};

/// `app`, `device`, `report`, `attachments`, `more`.
pub(super) fn write(w: &mut Writer, crash: &Crash) {
    app(w, crash);
    device(w, crash);
    report(w, crash);
    attachments(w, crash);
    w.key("more");
    w.list("more", &crash.more, |w, (name, value)| {
        w.begin_object();
        w.field("name", name);
        w.field("value", Text(value));
        w.end_object();
    });
}

/// Entries of `faults`: what was tolerated in the text of an input.
pub(super) fn notes(w: &mut Writer, notes: &[Note]) {
    w.as_many_as_fit("faults", notes, |w, note| {
        w.begin_object();
        w.field("place", &note.place);
        w.field("message", Text(&note.message));
        w.end_object();
    });
}

fn texts(w: &mut Writer, texts: &[(&str, &Option<String>)]) {
    for (key, text) in texts {
        w.field(key, text.as_deref());
    }
}

fn app(w: &mut Writer, crash: &Crash) {
    w.key("app");
    w.begin_object();
    let app = &crash.app;
    texts(w, &[("identifier", &app.identifier), ("version", &app.version), ("build", &app.build)]);
    w.end_object();
}

fn device(w: &mut Writer, crash: &Crash) {
    let system = &crash.system;
    w.key("device");
    w.begin_object();
    texts(
        w,
        &[
            ("model", &system.model),
            ("manufacturer", &system.manufacturer),
            ("os_name", &system.name),
            ("os_version", &system.version),
            ("os_build", &system.build),
            ("os_release", &system.release),
            ("locale", &system.locale),
            ("country", &system.country),
        ],
    );
    w.key("time_zone_offset");
    match system.time_zone_offset {
        Some(minutes) => w.raw(minutes.to_string().as_bytes()),
        None => w.null(),
    }
    w.field("translated", system.translated);
    w.field("simulator", system.simulator);
    w.end_object();
}

fn report(w: &mut Writer, crash: &Crash) {
    w.key("report");
    w.begin_object();
    texts(w, &[("id", &crash.id), ("time", &crash.time)]);
    w.key("fatal");
    match crash.fatal {
        Some(fatal) => w.bool(fatal),
        None => w.null(),
    }
    w.field("user", crash.user.as_deref());
    w.key("properties");
    w.entries("properties", crash.properties.iter().enumerate(), |w, (index, (name, value))| {
        // Where a name comes twice, the later one counts, as everywhere in JSON.
        if !crash.properties.iter().skip(index + 1).take(64).any(|(later, _)| later == name) {
            w.foreign_key(name);
            w.text(value);
        }
    });
    w.end_object();
}

fn attachments(w: &mut Writer, crash: &Crash) {
    w.key("attachments");
    w.list("attachments", &crash.attachments, |w, attachment| {
        w.begin_object();
        texts(w, &[("id", &attachment.id), ("name", &attachment.name), ("content_type", &attachment.content_type)]);
        w.field("size", attachment.size);
        w.field("fault", attachment.fault.as_deref());
        w.end_object();
    });
}

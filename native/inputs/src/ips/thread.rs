//! `threads` and `threadState`.

use super::frame::Frames;
use crate::json::Reader;
use crate::json::reader::Shape;
use crate::json::value::up_to;
use crate::{Thread, limits};

/// Read the threads that are next; the second is the one that was triggered.
pub(super) fn read(reader: &mut Reader<'_>, frames: &mut Frames) -> (Vec<Thread>, Option<usize>) {
    let (mut threads, mut triggered) = (Vec::new(), None);
    reader.items(|reader, index| {
        if index == limits::THREADS {
            reader.note(format!("more threads than {index}; the rest is left out but for the crashed one"));
        }
        let mut thread = Thread::default();
        let mut crashed = false;
        reader.members(|reader, name| match name {
            "id" => thread.id = reader.unsigned(),
            "name" => thread.name = reader.text(),
            "queue" => thread.queue = reader.text(),
            "triggered" => crashed = reader.boolean().unwrap_or_default(),
            "threadState" => state(reader, &mut thread),
            "frames" if index < limits::THREADS || crashed => thread.frames = frames.read(reader),
            _ => {}
        });
        if crashed && triggered.is_none() {
            triggered = Some(threads.len());
        }
        if index < limits::THREADS || crashed {
            threads.push(thread);
        }
    });
    (threads, triggered)
}

/// Read the registers that are next: `{"flavor": …, "x": [{"value": …}, …], "esr": {"value": …, "description": …}}`.
fn state(reader: &mut Reader<'_>, thread: &mut Thread) {
    reader.members(|reader, name| match (up_to(name, limits::LABEL_BYTES), reader.shape()) {
        ("flavor", _) => push_state(thread, name, reader.text()),
        (name, Shape::Array) => {
            let mut names = name.to_owned();
            let stem = names.len();
            reader.items(|reader, index| {
                names.truncate(stem);
                names.push_str(&index.to_string());
                register(reader, &names, thread);
            });
        }
        (name, _) => register(reader, name, thread),
    });
}

fn register(reader: &mut Reader<'_>, name: &str, thread: &mut Thread) {
    let mut value = None;
    if reader.shape() == Shape::Object {
        reader.members(|reader, member| match member {
            "value" => value = reader.bits(),
            "matchesCrashFrame" => {}
            // `description` of esr and trap, `symbol` and `sourceFile` of a register that points into code.
            _ => {
                let text = reader.any();
                let member = up_to(member, limits::LABEL_BYTES);
                let name = if member == "description" { name.to_owned() } else { format!("{name}.{member}") };
                push_state(thread, &name, text);
            }
        });
    } else {
        value = reader.bits();
    }
    if let Some(value) = value
        && thread.registers.len() < limits::REGISTERS
    {
        thread.registers.push((name.to_owned(), value));
    }
}

fn push_state(thread: &mut Thread, name: &str, text: Option<String>) {
    if let Some(text) = text
        && thread.state.len() < limits::REGISTERS
    {
        thread.state.push((name.to_owned(), text.trim().to_owned()));
    }
}

//! `callStackTree`: stacks as chains of frames.

use std::borrow::Cow;
use std::collections::HashMap;

use vocabulary::DebugId;

use crate::json::Reader;
use crate::json::value::up_to;
use crate::{Crash, Frame, Image, Thread, limits};

/// Images start at a page; of 4 KiB at least.
const PAGE: u64 = 0x1000;

/// The stacks of a diagnostic.
#[derive(Default)]
pub(super) struct Tree {
    threads: Vec<Thread>,
    crashed: Option<usize>,
    images: Vec<Image>,
    /// Images by UUID and start.
    known: HashMap<(String, u64), usize>,
    /// `binaryInfo`: names by UUID.
    names: HashMap<String, String>,
    frames: usize,
    /// Frames beyond the first one of a `subFrames`: a crash has none.
    siblings: usize,
    /// Frames whose offset leads to no start of an image.
    unaligned: usize,
}

/// A frame that is being read.
#[derive(Default)]
struct Call<'a> {
    uuid: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    address: Option<u64>,
    offset: Option<u64>,
}

/// What is open while a chain is read.
enum Open {
    /// A `subFrames`, and how many frames of it were read.
    List(usize),
    /// The frame of an index.
    Frame(usize),
}

impl Tree {
    /// Read the `callStackTree` that is next.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>) {
        reader.members(|reader, name| match name {
            "callStacks" => self.read_stacks(reader),
            "binaryInfo" => self.read_binaries(reader),
            _ => {}
        });
    }

    /// Read the `callStacks` that are next.
    pub(super) fn read_stacks(&mut self, reader: &mut Reader<'_>) {
        reader.items(|reader, index| {
            if !reader.within(index, limits::THREADS, "threads") {
                return;
            }
            let mut thread = Thread::default();
            let mut attributed = false;
            reader.members(|reader, name| match name {
                "threadAttributed" => attributed = reader.boolean().unwrap_or_default(),
                "callStackRootFrames" | "rootFrames" | "frames" => thread.frames = self.chain(reader),
                "threadName" | "name" => thread.name = reader.text(),
                "threadID" | "threadId" => thread.id = reader.unsigned(),
                _ => {}
            });
            if attributed && self.crashed.is_none() {
                self.crashed = Some(self.threads.len());
            }
            self.threads.push(thread);
        });
    }

    /// Read the `binaryInfo` that is next: a map from UUIDs, or a list.
    pub(super) fn read_binaries(&mut self, reader: &mut Reader<'_>) {
        let mut add = |uuid: Option<String>, name: Option<String>| {
            if let (Some(uuid), Some(name)) = (uuid, name)
                && self.names.len() < limits::IMAGES
            {
                self.names.insert(uuid.to_ascii_uppercase(), name);
            }
        };
        let read = |reader: &mut Reader<'_>| {
            let (mut uuid, mut binary) = (None, None);
            reader.members(|reader, name| match name {
                "binaryUUID" | "uuid" => uuid = reader.text(),
                "binaryName" | "name" => binary = reader.text(),
                _ => {}
            });
            (uuid, binary)
        };
        if reader.shape() == crate::json::reader::Shape::Object {
            reader.members(|reader, key| {
                if reader.shape() == crate::json::reader::Shape::String {
                    add(Some(key.to_owned()), reader.text());
                } else {
                    let (uuid, name) = read(reader);
                    add(uuid.or(Some(key.to_owned())), name);
                }
            });
        } else {
            reader.items(|reader, _| {
                let (uuid, name) = read(reader);
                add(uuid, name);
            });
        }
    }

    /// Read the frames that are next. Not recursive: a chain nests as deep as the stack was.
    fn chain(&mut self, reader: &mut Reader<'_>) -> Vec<Frame> {
        let mut calls: Vec<Call<'_>> = Vec::new();
        let mut open = Vec::new();
        if reader.begin_array() {
            open.push(Open::List(0));
        }
        while let Some(top) = open.last_mut() {
            match top {
                Open::List(count) => {
                    if !reader.next_item() {
                        open.pop();
                    } else if *count > 0 || self.frames >= limits::FRAMES {
                        self.siblings += 1;
                        reader.skip();
                    } else if reader.begin_object() {
                        *count += 1;
                        self.frames += 1;
                        open.push(Open::Frame(calls.len()));
                        calls.push(Call::default());
                    }
                }
                Open::Frame(index) => {
                    let call = &mut calls[*index];
                    match reader.next_member().as_deref() {
                        None => {
                            open.pop();
                        }
                        Some("binaryUUID") => call.uuid = reader.string(),
                        Some("binaryName") => call.name = reader.string(),
                        Some("address") => call.address = reader.bits(),
                        Some("offsetIntoBinaryTextSegment" | "offsetIntoBinary") => call.offset = reader.bits(),
                        Some("subFrames") => {
                            if reader.begin_array() {
                                open.push(Open::List(0));
                            }
                        }
                        Some(_) => {}
                    }
                }
            }
        }
        calls.into_iter().map(|call| self.frame(call)).collect()
    }

    /// The frame of a call; its image is added when it is first seen.
    fn frame(&mut self, call: Call<'_>) -> Frame {
        let base = call.address.zip(call.offset).and_then(|(address, offset)| address.checked_sub(offset));
        let start = base.filter(|base| base % PAGE == 0 && call.offset != call.address);
        if call.offset.is_some() && start.is_none() {
            self.unaligned += 1;
        }
        let uuid = call.uuid.map(|uuid| uuid.to_ascii_uppercase()).unwrap_or_default();
        let name = call.name.map(Cow::into_owned).unwrap_or_default();
        let mut frame = Frame { address: call.address, ..Frame::default() };
        if uuid.is_empty() && name.is_empty() {
            return frame;
        }
        let key = (if uuid.is_empty() { name.clone() } else { uuid.clone() }, start.unwrap_or_default());
        let next = self.images.len();
        let index = *self.known.entry(key).or_insert(next);
        if index == next {
            let debug_id = DebugId::parse(&uuid).filter(|id| !id.is_nil());
            self.images.push(Image { start: start.unwrap_or_default(), name, debug_id, ..Image::default() });
        }
        frame.image = Some(index);
        frame.image_base = start;
        frame
    }

    /// Hand the stacks over.
    pub(super) fn finish(self, reader: &mut Reader<'_>, crash: &mut Crash) {
        if self.siblings > 0 {
            reader.note(format!("frames beside the chain of a stack, which are left out: {}", self.siblings));
        }
        if self.unaligned > 0 {
            reader.note(format!("frames whose offset leads to no start of an image: {}", self.unaligned));
        }
        let names: HashMap<DebugId, &String> =
            self.names.iter().filter_map(|(uuid, name)| Some((DebugId::parse(uuid)?, name))).collect();
        crash.images = self.images;
        for image in &mut crash.images {
            if image.name.is_empty()
                && let Some(id) = image.debug_id
            {
                image.name = names.get(&id).map(|name| up_to(name, limits::LABEL_BYTES).to_owned()).unwrap_or_default();
            }
        }
        crash.crashed = self.crashed.or(if self.threads.is_empty() { None } else { Some(0) });
        crash.threads = self.threads;
    }
}

//! `binaries`: images of Mach-O (Apple) and of PE (UWP).

use vocabulary::DebugId;
use vocabulary::path::leaf;

use crate::apple::cpu;
use crate::json::Reader;
use crate::{Arch, Image, limits};

/// The images that are next, and the architecture of each.
pub(super) fn read(reader: &mut Reader<'_>, apple: bool) -> (Vec<Image>, Vec<Option<Arch>>) {
    let (mut images, mut archs) = (Vec::new(), Vec::new());
    reader.items(|reader, index| {
        if reader.within(index, limits::IMAGES, "images") {
            images.push(Image::default());
            archs.extend(images.last_mut().map(|image| read_image(reader, apple, image)));
        }
    });
    (images, archs)
}

/// Read the image that is next into an empty one. Returns its architecture.
fn read_image(reader: &mut Reader<'_>, apple: bool, image: &mut Image) -> Option<Arch> {
    let (mut end, mut id, mut cpu, mut variant) = (None, None, None, 0);
    reader.object(|reader, name| match name {
        "id" => id = reader.string(),
        "startAddress" => image.start = reader.address().unwrap_or_default(),
        "endAddress" => end = reader.address(),
        "name" => image.name = reader.text().unwrap_or_default(),
        "path" => image.path = reader.text(),
        "architecture" => image.arch = reader.text(),
        "primaryArchitectureId" => cpu = reader.bits(),
        "architectureVariantId" => variant = reader.bits().unwrap_or_default(),
        _ => {}
    });
    let pdb = id.as_deref().and_then(guid_and_age);
    image.debug_id = pdb.or_else(|| id.as_deref().and_then(uuid));
    if pdb.is_some() {
        // UWP gives the PDB's file name as the path.
        image.debug_file = image.path.take();
    }
    if image.name.is_empty()
        && let Some(path) = image.path.as_ref().or(image.debug_file.as_ref())
    {
        image.name = leaf(path).to_owned();
    }
    if let Some(end) = end {
        // PLCrashReporter's end is the last byte, UWP's is one past it. Other writers copy either: real images end with
        // a page.
        let inclusive = apple || (pdb.is_none() && end & 0xfff == 0xfff);
        image.end = if inclusive { end.saturating_add(1) } else { end };
        if image.end <= image.start {
            reader.note("the image ends before it starts; its end is not used");
            image.end = 0;
        }
    }
    let (arch, name) = cpu.map_or((None, None), |cpu| cpu::of_numbers(cpu, variant));
    let arch = arch.or_else(|| image.arch.as_deref().and_then(cpu::of_name));
    if image.arch.is_none() {
        image.arch = name.map(str::to_owned);
    }
    arch
}

/// `{32 digits or GUID}-{age in decimal}`, as the UWP SDK writes the id of a PDB.
fn guid_and_age(id: &str) -> Option<DebugId> {
    let (guid, age) = id.trim().rsplit_once('-')?;
    let digits = guid.bytes().filter(|&b| b != b'-' && b != b'{' && b != b'}').count();
    if digits != 32 {
        return None;
    }
    let age: u32 = age.trim_end_matches('}').parse().ok()?;
    DebugId::parse(&format!("{}{age:x}", guid.trim_matches(['{', '}'])))
}

/// A UUID with or without dashes. None for the marks that stand for "unknown".
fn uuid(id: &str) -> Option<DebugId> {
    let id = id.trim().trim_matches(['{', '}', '<', '>']);
    let digits = id.bytes().filter(|&b| b != b'-').count();
    DebugId::parse(id).filter(|id| digits >= 32 && !id.is_nil())
}

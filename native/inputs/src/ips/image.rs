//! `usedImages`.

use vocabulary::DebugId;

use crate::json::Reader;
use crate::{Image, limits};

/// Read the images that are next.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Image> {
    let mut images = Vec::new();
    reader.items(|reader, index| {
        if reader.within(index, limits::IMAGES, "images") {
            images.push(one(reader));
        }
    });
    images
}

fn one(reader: &mut Reader<'_>) -> Image {
    let mut image = Image::default();
    let (mut size, mut build) = (0, None);
    reader.members(|reader, name| match name {
        "base" => image.start = reader.bits().unwrap_or_default(),
        "size" => size = reader.bits().unwrap_or_default(),
        "uuid" => image.debug_id = reader.string().and_then(|id| DebugId::parse(&id)).filter(|id| !id.is_nil()),
        "arch" => image.arch = reader.text(),
        "path" => image.path = reader.text(),
        "name" => image.name = reader.text().unwrap_or_default(),
        "source" => image.source = reader.text(),
        "CFBundleIdentifier" => image.identifier = reader.text(),
        "CFBundleShortVersionString" => image.version = reader.text(),
        "CFBundleVersion" => build = reader.text(),
        _ => {}
    });
    image.version = match (image.version, build) {
        (Some(version), Some(build)) => Some(format!("{version} - {build}")),
        (version, build) => version.or(build),
    };
    if image.name.is_empty()
        && let Some(path) = &image.path
    {
        image.name = path.rsplit('/').next().unwrap_or_default().to_owned();
    }
    image.end = image.start.checked_add(size).unwrap_or_else(|| {
        reader.note("the image ends beyond the last address; its end is not used");
        0
    });
    if size == 0 {
        image.end = 0;
    }
    image
}

//! `Report.wer`: lines of `name=value`, in UTF-16 as Windows writes it. The names of the parameters are translated,
//! their numbers are not.

use super::signature::{self, PARAMETERS, owned};
use crate::{Arch, Crash, Error, Image, Kind, limits};

/// The machine of an i386 program, as the header of its file has it.
const I386: &str = "332";

/// The crash of a text. None for other texts.
pub(super) fn read(text: &str) -> Option<Result<Crash, Error>> {
    let mut values = [""; PARAMETERS];
    let (mut event, mut signed) = (None, false);
    for (name, value) in fields(text) {
        if name == "EventType" {
            event.get_or_insert(value);
        } else if let Some((index, "Value")) = indexed(name, "Sig[")
            && let Some(slot) = values.get_mut(index)
        {
            (*slot, signed) = (value, true);
        }
    }
    let event = event.filter(|_| signed)?;
    let mut outcome = signature::crash(Kind::WerReport, event, &values)?;
    if let Ok(crash) = &mut outcome {
        details(text, crash);
    }
    Some(outcome)
}

/// What the report says besides its signature.
fn details(text: &str, crash: &mut Crash) {
    for (name, value) in fields(text) {
        match name {
            "ReportIdentifier" => crash.id = owned(value),
            "EventTime" => crash.more.extend(owned(value).map(|time| ("EventTime".to_owned(), time))),
            "AppPath" => crash.process.path = owned(value),
            "Wow64Guest" if value == I386 => crash.system.arch = Some(Arch::X86),
            // `10.0.19044.2.0.0.256.48`: version and build, then the service pack and the edition.
            "DynamicSig[1].Value" => {
                let end = value.match_indices('.').nth(2).map_or(value.len(), |(at, _)| at);
                crash.system.version = owned(&value[..end]).filter(|version| signature::is_version(version));
            }
            _ => {
                if let Some((_, "")) = indexed(name, "LoadedModule[") {
                    module(value, crash);
                }
            }
        }
    }
}

/// A module that was loaded.
fn module(path: &str, crash: &mut Crash) {
    let name = path.rsplit(['\\', '/']).next().unwrap_or(path);
    // Those of the signature come first.
    let signed =
        crash.images.iter_mut().take(2).find(|image| image.path.is_none() && image.name.eq_ignore_ascii_case(name));
    if let Some(image) = signed {
        image.path = owned(path);
    } else if !name.is_empty() && crash.images.len() < limits::IMAGES {
        crash.images.push(Image { name: name.to_owned(), path: owned(path), ..Image::default() });
    }
}

/// The fields of a report.
fn fields(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.trim().split_once('='))
}

/// The number and the rest of a name: 3 and `Value` of `Sig[3].Value`.
fn indexed<'t>(name: &'t str, start: &str) -> Option<(usize, &'t str)> {
    let (number, rest) = name.strip_prefix(start)?.split_once(']')?;
    Some((number.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

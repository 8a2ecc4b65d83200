//! `device`: the machine, its system, and the program's version.

use crate::apple::os::{family, fill};
use crate::json::Reader;
use crate::{Crash, Os, limits};

/// Read the `device` that is next. What has no field of its own becomes a property.
pub(super) fn read(reader: &mut Reader<'_>, crash: &mut Crash) {
    let Crash { system, app, properties, .. } = crash;
    reader.object(|reader, name| match name {
        "appVersion" => app.version = reader.text(),
        "appBuild" => app.build = reader.text(),
        "appNamespace" => {
            if let Some(text) = reader.text() {
                fill(&mut app.identifier, &text);
            }
        }
        "osName" => system.name = reader.text(),
        "osVersion" => system.version = reader.text(),
        "osBuild" => system.build = reader.text(),
        "model" => system.model = reader.text(),
        "oemName" => system.manufacturer = reader.text(),
        "locale" => system.locale = reader.text(),
        "carrierCountry" => system.country = reader.text(),
        "timeZoneOffset" => system.time_zone_offset = reader.integer().and_then(|minutes| i32::try_from(minutes).ok()),
        _ => {
            if properties.len() < limits::ENTRIES
                && let Some(text) = reader.any()
            {
                properties.push((name.to_owned(), text));
            }
        }
    });
    if let Some(name) = &system.name {
        system.os = family(name);
    }
    if system.os == Os::Unknown {
        let sdk = properties.iter().find(|(name, _)| name == "sdkName");
        system.os = sdk.map_or(Os::Unknown, |(_, name)| family(name.rsplit('.').next().unwrap_or_default()));
    }
}

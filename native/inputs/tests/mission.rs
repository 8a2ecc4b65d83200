//! Every documented example of App Center's upload, taken verbatim out of the document where it is at hand.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use inputs::{Arch, Container, Crash, Item, Kind, Os, Relation};

/// The bodies of the document's `-d '…'`.
fn examples() -> Option<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/mission/app-center-upload-crashes.txt");
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.split("-d '").skip(1).map(|part| part.split("\n}'").next().unwrap().to_owned() + "\n}").collect())
}

fn unwound(container: &Container, index: usize) -> Box<Crash> {
    match container.crash(index).unwrap() {
        Item::Unwound(crash) => crash,
        Item::Minidump { .. } => panic!("a minidump"),
    }
}

#[test]
fn documented_examples() {
    let Some(examples) = examples() else { return };
    assert_eq!(examples.len(), 6);
    let opened: Vec<Container> = examples.iter().map(|text| Container::open(text.as_str()).unwrap()).collect();
    assert!(opened.iter().all(|container| container.len() == 1));
    let crashes: Vec<Box<Crash>> = opened.iter().map(|container| unwound(container, 0)).collect();
    let noted = |i: usize, place: &str, message: &str| {
        let found = crashes[i].notes.iter().any(|note| note.place == place && note.message.contains(message));
        assert!(found, "{place} {message}: {:?}", crashes[i].notes);
    };

    let report = &crashes[0];
    assert_eq!((report.process.id, report.app.identifier.as_deref()), (Some(123), Some("com.contoso.myapp")));
    assert_eq!(report.thrown.len(), 2);
    assert_eq!((report.thrown[0].frames.len(), report.thrown[1].frames.len()), (8, 3));
    assert_eq!((report.thrown[1].parent, report.thrown[1].relation), (Some(0), Relation::Cause));
    assert_eq!(report.thrown[0].frames[4].class.as_deref(), Some("android.app.ActivityThread$H"));
    noted(0, "logs[0].processId", "a string instead of a number");

    let apple = &crashes[1];
    assert_eq!(
        (apple.kind, apple.system.arch, apple.crashed),
        (Some(Kind::AppCenterApple), Some(Arch::Arm64), Some(0))
    );
    assert_eq!(apple.threads.iter().map(|thread| thread.frames.len()).collect::<Vec<_>>(), [4, 4, 2]);
    assert_eq!(apple.threads[0].frames[1].address, Some(0x1_0446_3884));
    assert_eq!(apple.threads[0].frames[1].image_base, Some(0x1_0445_c000));
    assert_eq!((apple.images[0].start, apple.images[0].end), (0x1_0438_8000, 0x1_0441_4000));
    assert_eq!(apple.images[0].debug_id.unwrap().to_string(), "D449E33D7E74379D8B7915EE104ED1DF0");
    let exception = apple.exception.as_ref().unwrap();
    assert_eq!(exception.kind.as_deref(), Some("CustomerIssue (TestIssue)"));
    assert_eq!((exception.signal.as_deref(), exception.address, &exception.codes[..]), (None, Some(0), &[0][..]));
    noted(1, "logs[0].fatal", "given twice");
    assert!(apple.more.contains(&("isTestMessage".to_owned(), "false".to_owned())));

    let custom = &crashes[2];
    assert_eq!((custom.crashed, custom.threads.len(), custom.system.arch), (None, 2, Some(Arch::Arm)));
    let native = custom.threads[0].frames[0].given.as_ref().unwrap();
    assert_eq!((native.function.as_deref(), native.line), (Some("dalvik.system.NativeStart.run"), None));
    assert_eq!(custom.thrown[1].type_name.as_deref(), Some("android.app.CustomNotCalledException"));

    // The minidump of the example is a placeholder: the crash is delivered all the same.
    let breakpad = &crashes[3];
    assert_eq!(breakpad.time.as_deref(), Some("2019-10-08T06:22:23.516Z"));
    assert_eq!((breakpad.system.os, breakpad.system.arch), (Os::Windows, Some(Arch::Amd64)));
    assert!(breakpad.thrown.is_empty() && breakpad.attachments[0].fault.as_deref().unwrap().contains("invalid base64"));
    noted(3, "logs[0].timestamp", "given twice");
    noted(3, "", "the minidump of this crash is missing");

    let error = &crashes[4];
    assert_eq!((error.kind, error.fatal), (Some(Kind::AppCenterHandled), Some(false)));
    let parents: Vec<_> = error.thrown.iter().map(|thrown| (thrown.parent, thrown.relation)).collect();
    assert_eq!(
        parents,
        [(None, Relation::Outer), (Some(0), Relation::Cause), (Some(0), Relation::Beside), (Some(2), Relation::Cause)]
    );
    assert_eq!(error.notes.iter().filter(|note| note.message == "a comma before a closing bracket").count(), 3);

    let attached = &crashes[5];
    assert_eq!(attached.attachments[0].size, Some(5));
    assert_eq!(attached.attachments[0].fault, None);
    noted(5, "logs[0].fatal", "given twice");
}

/// All examples in one container: ids come twice then, and the minidump's attachment belongs to the managed log.
#[test]
fn ids_are_reused() {
    let Some(examples) = examples() else { return };
    let log = |text: &str| text[text.find('[').unwrap() + 1..text.rfind(']').unwrap()].to_owned();
    let mut all: Vec<String> = examples.iter().map(|text| log(text)).collect();
    all[3] = all[3].replace("<base64 encoded minidump>", "TURNUA==");
    // The attachment stands right behind the Apple log.
    all.swap(1, 2);
    let container = Container::open(format!("{{\"logs\": [{}]}}", all.join(","))).unwrap();
    assert_eq!(container.len(), 6);
    let Item::Minidump { bytes, context } = container.crash(3).unwrap() else { panic!() };
    assert_eq!((bytes.as_ref(), context.unwrap().kind), (&b"MDMP"[..], Some(Kind::AppCenterManaged)));
    assert!(unwound(&container, 2).attachments.is_empty());
    assert!(unwound(&container, 0).attachments.is_empty());
    assert_eq!(unwound(&container, 5).attachments.len(), 1);
}

//! Crashes as Windows Error Reporting describes them: what is read of them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use inputs::{Container, Crash, Error, Item, Kind, Language, Os};

fn bytes(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/windows-errors");
    std::fs::read(folder.join(name)).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).unwrap()
}

fn crash(input: impl AsRef<[u8]>) -> Box<Crash> {
    match Container::open(input.as_ref()).unwrap().crash(0).unwrap() {
        Item::Unwound(crash) => crash,
        Item::Minidump { .. } => panic!("a minidump"),
    }
}

fn refusal(text: &str) -> String {
    Container::open(text).unwrap_err().to_string()
}

/// Program, module, exception's codes, offset.
fn outline(crash: &Crash) -> (&str, Option<&str>, &[u64], Option<u64>) {
    let frame = &crash.threads[0].frames[0];
    (
        crash.process.name.as_deref().unwrap(),
        frame.image.map(|image| crash.images[image].name.as_str()),
        &crash.exception.as_ref().unwrap().codes,
        frame.address,
    )
}

const SHOP: (&str, Option<&str>, &[u64], Option<u64>) =
    ("Shop.exe", Some("coreclr.dll"), &[0xc000_0005], Some(0x1d_1fdd));

#[test]
fn an_application_error() {
    let crash = crash(bytes("event-1000.txt"));
    assert_eq!(crash.kind, Some(Kind::WindowsEvent));
    assert_eq!(crash.system.os, Os::Windows);
    assert_eq!(outline(&crash), SHOP);
    assert_eq!((crash.process.id, crash.process.path.as_deref()), (Some(0x3ed8), Some(r"C:\Data\Shop.exe")));
    assert_eq!(crash.app.version.as_deref(), Some("1.0.0.0"));
    assert_eq!(crash.id.as_deref(), Some("00000000-7583-4540-8f3a-471a6655e70a"));
    let module = &crash.images[1];
    assert_eq!(module.version.as_deref(), Some("6.0.822.36306"));
    assert!(module.path.as_deref().unwrap().ends_with(r"\6.0.8\coreclr.dll"));
    assert!(
        crash.more.contains(&("module time stamp".to_owned(), "62cf0045".to_owned())) || {
            crash.more.contains(&("module time stamp".to_owned(), "0x62cf0045".to_owned()))
        }
    );
}

#[test]
fn an_application_error_as_it_is_pasted_and_in_other_languages() {
    let original = text("event-1000.txt");
    let quoted: String = original.lines().map(|line| format!("> {line}\n")).collect();
    let field = original.replacen("Faulting", "Message : Faulting", 1).replace('\n', "\n          ");
    let spaced = original.replace('\n', "\r\n\r\n");
    let old = "Faulting application Shop.exe, version 1.0.0.0, time stamp 0x62cf0990, faulting module coreclr.dll, version \
        6.0.822.36306, time stamp 0x62cf0045, exception code 0xc0000005, fault offset 0x00000000001d1fdd, process id 0x3ed8, \
        application start time 0x01d8c47bc2e2313a.\n";
    let japanese = "障害が発生しているアプリケーション名: Shop.exe、バージョン: 1.0.0.0、タイム スタンプ: 0x62cf0990\n\
        障害が発生しているモジュール名: coreclr.dll、バージョン: 6.0.822.36306、タイム スタンプ: 0x62cf0045\n\
        例外コード: 0xc0000005\n障害オフセット: 0x00000000001d1fdd\n障害が発生しているプロセス ID: 0x3ed8\n";
    let french = "Nom de l’application défaillante Shop.exe, version : 1.0.0.0, horodatage : 0x62cf0990\n\
        Nom du module défaillant : coreclr.dll, version : 6.0.822.36306, horodatage : 0x62cf0045\n\
        Code d’exception : 0xc0000005\nDécalage d’erreur : 0x00000000001d1fdd\nID du processus défaillant : 0x3ed8\n";
    for text in [&quoted, &field, &spaced, old, japanese, french] {
        let crash = crash(text);
        assert_eq!(outline(&crash), SHOP, "{text}");
        assert_eq!(crash.process.id, Some(0x3ed8), "{text}");
    }
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(original.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(outline(&crash(utf16)), SHOP);
    let german = crash(bytes("event-1000-german.txt"));
    assert_eq!(outline(&german), ("My Shop.exe", Some("ntdll.dll"), &[0xc000_0374][..], Some(0xe_6763)));
    assert_eq!(german.process.path.as_deref(), Some(r"C:\Daten\My Shop.exe"));
    assert_eq!(german.app.identifier, None);
}

#[test]
fn events_as_xml() {
    let xml = text("event-1000.xml");
    let named = xml.replacen("<Data>", "<Data Name=\"AppName\">", 1).replace('\n', "");
    for xml in [xml.clone(), named, format!("<?xml version=\"1.0\"?><Events>{xml}{xml}</Events>")] {
        let crash = crash(xml);
        assert_eq!(outline(&crash), ("Shop.exe", Some("ucrtbase.dll"), &[0xc000_0409][..], Some(0x7_286e)));
        assert_eq!(crash.process.path.as_deref(), Some(r"C:\Data & more\Shop.exe"));
        assert_eq!(crash.time.as_deref(), Some("2022-09-09T08:11:12.000000000Z"));
    }
    let report = "<Event><System/><EventData><Data>12</Data><Data>5</Data><Data>APPCRASH</Data><Data>None</Data><Data>0</Data>\
        <Data>Shop.exe</Data><Data>1.0.0.0</Data><Data>62cf0990</Data><Data>coreclr.dll</Data><Data>6.0.822.36306</Data>\
        <Data>62cf0045</Data><Data>c0000005</Data><Data>00000000001d1fdd</Data></EventData></Event>";
    assert_eq!(outline(&crash(report)), SHOP);
}

#[test]
fn signatures_of_reports() {
    let overflow = crash(bytes("event-1001.txt"));
    assert_eq!(outline(&overflow), ("Shop.exe", Some("ucrtbase.dll"), &[0xc000_0409, 7][..], Some(0x7_286e)));
    let managed = crash(bytes("signature-clr.txt"));
    let thrown = &managed.thrown[0];
    assert_eq!((thrown.language, thrown.type_name.as_deref()), (Language::Clr, Some("System.NullReferenceException")));
    assert_eq!(thrown.frames[0].module.as_deref(), Some("Shop.Core"));
    assert_eq!(managed.process.name.as_deref(), Some("Shop.exe"));
    let dialog = "Problem signature:\n  Problem Event Name:\tAPPCRASH\n  Application Name:\tShop.exe\n  Application Version:\t1.0.0.0\n  \
        Application Timestamp:\t62cf0990\n  Fault Module Name:\tcoreclr.dll\n  Fault Module Version:\t6.0.822.36306\n  \
        Fault Module Timestamp:\t62cf0045\n  Exception Code:\tc0000005\n  Exception Offset:\t00000000001d1fdd\n  OS Version:\t6.1\n";
    assert_eq!(outline(&crash(dialog)), SHOP);
}

#[test]
fn a_report_s_file() {
    let report = crash(bytes("Report.wer"));
    assert_eq!(report.kind, Some(Kind::WerReport));
    assert_eq!(outline(&report), SHOP);
    assert_eq!(report.process.path.as_deref(), Some(r"C:\Data\Shop.exe"));
    assert_eq!(report.system.version.as_deref(), Some("10.0.19044"));
    assert_eq!(report.system.arch, None);
    let names: Vec<&str> = report.images.iter().map(|image| image.name.as_str()).collect();
    assert_eq!(names, ["Shop.exe", "coreclr.dll", "ntdll.dll"]);
    assert!(report.images.iter().all(|image| image.path.is_some()));

    let packaged = "EventType=MoAppCrash\r\nSig[0].Value=Shop_1.0.0.0_x64__8wekyb3d8bbwe\r\nSig[1].Value=praid:App\r\n\
        Sig[2].Value=1.0.0.0\r\nSig[3].Value=62cf0990\r\nSig[4].Value=coreclr.dll\r\nSig[5].Value=6.0.822.36306\r\n\
        Sig[6].Value=62cf0045\r\nSig[7].Value=c0000005\r\nSig[8].Value=00000000001d1fdd\r\n";
    let packaged = crash(packaged);
    assert_eq!(outline(&packaged), ("App", Some("coreclr.dll"), &[0xc000_0005][..], Some(0x1d_1fdd)));
    assert_eq!(packaged.app.identifier.as_deref(), Some("Shop_1.0.0.0_x64__8wekyb3d8bbwe"));
}

#[test]
fn an_address_in_no_module() {
    let text = text("event-1000.txt").replace("coreclr.dll, version: 6.0.822.36306", "unknown, version: 0.0.0.0");
    let crash = crash(text);
    assert_eq!(outline(&crash), ("Shop.exe", None, &[0xc000_0005][..], Some(0x1d_1fdd)));
    assert_eq!(crash.images.len(), 1);
}

#[test]
fn what_is_no_crash_is_refused_by_name() {
    let hang = "EventType=AppHangB1\nSig[0].Name=Application Name\nSig[0].Value=Shop.exe\nSig[3].Value=a5d1\n";
    assert!(refusal(hang).contains("did not respond (AppHangB1)"), "{}", refusal(hang));
    let update = hang.replace("AppHangB1", "WindowsUpdateFailure3");
    assert!(refusal(&update).contains("something else than a crash (WindowsUpdateFailure3)"));
    let cut = "EventType=APPCRASH\nSig[0].Name=Application Name\nSig[0].Value=Shop.exe\n";
    assert!(refusal(cut).contains("the signature of its crash is incomplete"));
    assert!(matches!(Container::open("P1: a.exe\nP2: 1.0\n"), Err(Error::Unrecognised(_) | Error::OtherKind { .. })));
}

//! Android's text reports: what is read of them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use inputs::{Arch, Container, Crash, Item, Kind, Os};

fn report(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../symbols-fixtures/android-reports");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn crash(text: &str) -> Box<Crash> {
    match Container::open(text).unwrap().crash(0).unwrap() {
        Item::Unwound(crash) => crash,
        Item::Minidump { .. } => panic!("a minidump"),
    }
}

fn functions(crash: &Crash, thread: usize) -> Vec<&str> {
    let given = crash.threads[thread].frames.iter().map(|frame| frame.given.as_ref().unwrap());
    given.map(|given| given.function.as_deref().unwrap()).collect()
}

#[test]
fn a_tombstone() {
    let text = report("tombstone.txt");
    let crash = crash(&text);
    assert_eq!(crash.kind, Some(Kind::AndroidTombstone));
    assert_eq!((crash.system.os, crash.system.arch), (Os::Android, Some(Arch::Arm64)));
    assert_eq!(crash.system.version.as_deref(), Some("14"));
    assert_eq!(crash.system.build.as_deref(), Some("UQ1A.240105.004"));
    assert_eq!(crash.process.name.as_deref(), Some("com.example.shop"));
    assert_eq!(crash.process.id, Some(9001));
    let exception = crash.exception.as_ref().unwrap();
    assert_eq!(exception.signal.as_deref(), Some("SIGSEGV"));
    assert_eq!(exception.subtype.as_deref(), Some("SEGV_MAPERR"));
    assert_eq!((exception.address, &*exception.codes), (Some(0x10), &[1][..]));
    assert_eq!(exception.note.as_deref(), Some("null pointer dereference"));
    assert_eq!((crash.crashed, crash.threads.len()), (Some(0), 1));
    let thread = &crash.threads[0];
    assert_eq!((thread.id, thread.name.as_deref()), (Some(9055), Some("DefaultDispatch")));
    assert_eq!(thread.registers[0], ("x0".to_owned(), 0));
    assert_eq!(thread.registers.iter().find(|(name, _)| name == "pc").unwrap().1, 0x7f_1f82_11b8);
    assert_eq!(
        functions(&crash, 0),
        ["cart::total(cart::Item const*)", "Java_com_example_shop_Cart_total", "art_quick_generic_jni_trampoline"]
    );
    assert_eq!((thread.frames[0].address, thread.frames[0].image), (Some(0x411b8), Some(0)));
    let image = &crash.images[0];
    assert_eq!((image.name.as_str(), crash.images.len()), ("libshop.so", 2));
    assert_eq!(image.code_id.as_deref(), Some("3914dc78c1683aa29e25f1ec66091638a0598489"));
    assert_eq!(image.debug_id.unwrap().to_string(), "78DC143968C1A23A9E25F1EC660916380");
}

#[test]
fn a_tombstone_from_the_log_and_its_other_threads() {
    let other = "--- --- --- --- --- --- --- --- --- --- --- --- --- --- --- ---\n\
        pid: 9001, tid: 9060, name: worker  >>> com.example.shop <<<\n    x0  0000000000000001  pc  0000000000000002\n\n\
        1 total frames\nbacktrace:\n      #00 pc 00000000000a1b2c  /apex/com.android.runtime/lib64/bionic/libc.so (syscall+28)\n";
    let logged: String = (report("tombstone.txt") + other)
        .lines()
        .map(|line| format!("01-19 10:18:58.123  9100  9100 F DEBUG   : {line}\n"))
        .collect();
    let seen = crash(&logged);
    let direct = crash(&report("tombstone.txt"));
    assert_eq!(seen.threads[0], direct.threads[0]);
    assert_eq!((seen.exception.as_ref(), &seen.system), (direct.exception.as_ref(), &direct.system));
    assert_eq!((seen.threads.len(), seen.crashed), (2, Some(0)));
    assert_eq!((seen.threads[1].id, functions(&seen, 1)), (Some(9060), vec!["syscall"]));
}

#[test]
fn an_export_of_play_console() {
    let crash = crash(
        "pid: 0, tid: 0 >>> com.example.game <<<\n\nbacktrace:\n  #00  pc 0x0000000000012a34  /a/libgame.so (f+12)\n",
    );
    assert_eq!((crash.process.name.as_deref(), crash.process.id), (Some("com.example.game"), None));
    assert_eq!((crash.threads[0].id, functions(&crash, 0)), (None, vec!["f"]));
}

#[test]
fn an_abort_says_why() {
    let text = "pid: 1, tid: 1, name: a  >>> a <<<\nsignal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------\n\
        Abort message: 'no items'\n    #00 pc 0001  /system/lib/libc.so (abort+2)\n";
    let crash = crash(text);
    assert_eq!(crash.messages, [(None, "no items".to_owned())]);
    assert_eq!(crash.exception.as_ref().unwrap().address, None);
    assert_eq!(crash.exception.as_ref().unwrap().codes, [u64::from(u32::MAX)]);
}

#[test]
fn a_hang() {
    let text = report("anr.txt");
    let crash = crash(&text);
    assert_eq!(crash.kind, Some(Kind::AndroidAnr));
    assert_eq!(crash.process.name.as_deref(), Some("com.example.shop"));
    assert_eq!(crash.process.id, Some(9001));
    assert_eq!(crash.time.as_deref(), Some("2024-01-19 10:18:58.400"));
    assert_eq!((crash.crashed, crash.threads.len()), (Some(0), 2));
    assert_eq!((crash.threads[0].id, crash.threads[0].name.as_deref()), (Some(9001), Some("main")));
    assert_eq!(
        functions(&crash, 0),
        [
            "java.lang.Thread.sleep",
            "java.lang.Thread.sleep",
            "com.example.shop.CartActivity.onCreate",
            "android.os.Looper.loop"
        ]
    );
    assert_eq!(
        crash.threads[0].state,
        [("waits".to_owned(), "sleeping on <0x0a1b2c3d> (a java.lang.Object)".to_owned())]
    );
    assert_eq!(crash.threads[1].name.as_deref(), Some("Signal Catcher"));
    assert_eq!(functions(&crash, 1), ["art::DumpNativeStack"]);
    assert_eq!(crash.threads[1].frames[0].address, Some(0x53_a6e0));
    assert_eq!(crash.images[0].path.as_deref(), Some("/apex/com.android.art/lib64/libart.so"));
}

/// Only the process that did not respond is read, and a thread dump of another virtual machine is not an ANR.
#[test]
fn other_processes_and_machines() {
    let text = report("anr.txt") + "----- end 9001 -----\n\n" + &report("anr.txt").replace("9001", "9002");
    assert_eq!(crash(&text).threads.len(), 2);
    let jstack = "Full thread dump OpenJDK 64-Bit Server VM (17):\n\n\"main\" #1 prio=5 os_prio=0 tid=0x00007f nid=0x1 waiting\n\
        \tat java.lang.Thread.sleep(Native Method)\n\tat a.B.c(B.java:1)\n";
    let error = Container::open(jstack).unwrap_err().to_string();
    assert!(error.contains("thread dump of a Java"), "{error}");
}

#[test]
fn counts_are_bounded() {
    let frame = "    #00 pc 0001  /a/libx.so (f+2)\n";
    let many = crash(&("pid: 1, tid: 1, name: a  >>> a <<<\n".to_owned() + &frame.repeat(300_000)));
    assert_eq!(many.threads.iter().map(|thread| thread.frames.len()).sum::<usize>(), 50_000);
    assert_eq!(many.notes.len(), 1);
    let thread = "\"a\" prio=5 tid=1 Native\n  | sysTid=1\n  at a.B.c(B.java:1)\n";
    assert_eq!(crash(&thread.repeat(20_000)).threads.len(), 4_096);
}

#[test]
fn a_second_tombstone_is_noted_and_not_read() {
    let first = report("tombstone.txt");
    let first = if first.starts_with("*** ***") { first } else { format!("*** *** *** *** *** ***\n{first}") };
    let (alone, both) = (crash(&first), crash(&format!("{first}\n{}", first.replace("9001", "9002"))));
    assert_eq!((&both.threads, &both.images), (&alone.threads, &alone.images));
    assert!(both.notes.iter().any(|note| note.message.contains("another report follows")), "{:?}", both.notes);
    assert!(!alone.notes.iter().any(|note| note.message.contains("another report follows")), "{:?}", alone.notes);
}

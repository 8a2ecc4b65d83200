//! Names of managed exceptions: class, code, the frame to blame, and what of its name is kept.
#![allow(clippy::unwrap_used)]

use failure::name::{Facts, Frame, Rules, Thrown, failure_name};
use failure::record::{Naming, name};
use vocabulary::{Language, Os};

/// Frames as the text of an exception has them; `module#function` where it tells a module.
fn frames<'a>(texts: &[&'a str]) -> Vec<Frame<'a>> {
    let frame = |text: &&'a str| match text.split_once('#') {
        Some((module, function)) => {
            Frame { module: Some(module), function: Some(function).filter(|f| !f.is_empty()), ..Frame::default() }
        }
        None => Frame { function: Some(text), ..Frame::default() },
    };
    texts.iter().map(frame).collect()
}

fn facts<'a>(language: Language, type_name: &'a str, frames: &'a [Frame<'a>]) -> Facts<'a> {
    let platform = match language {
        Language::Clr => Os::Windows,
        Language::Jvm => Os::Android,
        Language::JavaScript => Os::Ios,
        _ => Os::Linux,
    };
    let thrown = Some(Thrown { language, type_name: Some(type_name), hresult: None });
    Facts { platform, process: Some("App"), thrown, frames, ..Facts::default() }
}

#[track_caller]
fn check(language: Language, type_name: &str, stack: &[&str], expected: &str) {
    let frames = frames(stack);
    assert_eq!(failure_name(&facts(language, type_name, &frames)).name, expected);
}

#[test]
fn dotnet() {
    let clr = |type_name, stack: &[&str], expected| check(Language::Clr, type_name, stack, expected);
    clr(
        "System.NullReferenceException",
        &["Shop.Cart.<LoadAsync>d__12.MoveNext", "System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess"],
        "CLR_EXCEPTION_System.NullReferenceException_80004003_App!Shop.Cart.LoadAsync",
    );
    // Throw helpers and what throws an exception once more are skipped; frameworks are not.
    clr(
        "System.ArgumentNullException",
        &["System.ThrowHelper.ThrowArgumentNullException", "System.Linq.Enumerable.Where", "Shop.Cart.Sum"],
        "CLR_EXCEPTION_System.ArgumentNullException_80004003_App!System.Linq.Enumerable.Where",
    );
    clr(
        "System.IO.IOException",
        &[
            "System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw",
            "System.Runtime.CompilerServices.TaskAwaiter.HandleNonSuccessAndDebuggerNotification",
            "Shop.Disk.<>c__DisplayClass3_0.<<Save>b__0>d.MoveNext",
        ],
        "CLR_EXCEPTION_System.IO.IOException_80131620_App!Shop.Disk.Save.{lambda}",
    );
    // A type of the program's own has the code of any exception; type arguments are no part of it.
    clr(
        "Shop.Fault`1[[System.Int32, mscorlib]]",
        &["Shop.Program.<<Main>$>g__Run|0_3"],
        "CLR_EXCEPTION_Shop.Fault_1_80131500_App!Shop.Program.Main.Run",
    );
    // Nothing but plumbing.
    clr(
        "System.Exception",
        &["System.Threading.ThreadHelper.ThreadStart"],
        "CLR_EXCEPTION_System.Exception_80131500_App!System.Threading.ThreadHelper.ThreadStart",
    );
    clr("System.Exception", &[], "CLR_EXCEPTION_System.Exception_80131500_App!unknown_function");
    // What a debugger printed stays, so that Microsoft's hashes are met. A debugger reports the exception's code, the text of
    // an exception has none.
    let frames = frames(&["PowerLauncher.dll#PowerLauncher.App+<>c__DisplayClass22_0.<Dispose>b__0"]);
    let debugged = Facts { code: Some(0xe043_4352), ..facts(Language::Clr, "System.NullReferenceException", &frames) };
    assert_eq!(
        failure_name(&debugged).name,
        "CLR_EXCEPTION_System.NullReferenceException_80004003_PowerLauncher.dll!PowerLauncher.App+__c__DisplayClass22_0._Dispose_b__0",
    );
}

#[test]
fn java_and_kotlin() {
    let jvm = |type_name, stack: &[&str], expected| check(Language::Jvm, type_name, stack, expected);
    jvm(
        "java.lang.NullPointerException",
        &[
            "java.util.Objects.requireNonNull",
            "com.shop.Cart$$ExternalSyntheticLambda12.run",
            "android.os.Handler.dispatchMessage",
        ],
        "JVM_EXCEPTION_java.lang.NullPointerException_e06a766d_App!com.shop.Cart$$ExternalSyntheticLambda.run",
    );
    jvm(
        "java.lang.IllegalStateException",
        &[
            "kotlin.jvm.internal.Intrinsics.throwNpe",
            "com.shop.Cart$load$1.invokeSuspend",
            "kotlinx.coroutines.DispatchedTask.run",
        ],
        "JVM_EXCEPTION_java.lang.IllegalStateException_e06a766d_App!com.shop.Cart$load$.invokeSuspend",
    );
    jvm(
        "java.io.IOException",
        &[
            "jdk.internal.reflect.GeneratedMethodAccessor7.invoke",
            "jdk.proxy2.$Proxy12.call",
            "shop-1.2.jar#com.shop.Net.get",
        ],
        "JVM_EXCEPTION_java.io.IOException_e06a766d_shop-1.2.jar!com.shop.Net.get",
    );
    // The system's own frames are the last to be blamed.
    jvm(
        "android.view.WindowManager$BadTokenException",
        &[
            "android.view.ViewRootImpl.setView",
            "android.app.ActivityThread.handleResumeActivity",
            "android.os.Looper.loop",
        ],
        "JVM_EXCEPTION_android.view.WindowManager$BadTokenException_e06a766d_App!android.view.ViewRootImpl.setView",
    );
    let full: Vec<&str> = ["a.Tree.size", "a.Node.size"].into_iter().cycle().take(200).collect();
    for skip in 0..2 {
        jvm(
            "java.lang.StackOverflowError",
            &full[skip..],
            "JVM_EXCEPTION_java.lang.StackOverflowError_e06a766d_App!a.Node.size",
        );
    }
}

#[test]
fn javascript() {
    let js = |type_name, stack: &[&str], expected| check(Language::JavaScript, type_name, stack, expected);
    js(
        "TypeError",
        &["native#Array.map", "index.android.bundle#Object.render$2", "index.android.bundle#__guard"],
        "JS_EXCEPTION_TypeError_e06a7365_index.android.bundle!render",
    );
    js(
        "Error",
        &["main.jsbundle#invariant", "main.jsbundle#Cart.sum"],
        "JS_EXCEPTION_Error_e06a7365_main.jsbundle!Cart.sum",
    );
    // Functions that are plumbing on Apple's systems are functions like others here.
    js("Error", &["app.js#start", "app.js#abort"], "JS_EXCEPTION_Error_e06a7365_app.js!start");
    js("Error", &["app.js#"], "JS_EXCEPTION_Error_e06a7365_app.js!Unknown");
    let frames = frames(&["app.js#f"]);
    assert_eq!(failure_name(&facts(Language::JavaScript, "Error", &frames)).event_type, "jse");
}

#[test]
fn python() {
    check(
        Language::Python,
        "ModuleNotFoundError",
        &["main.py#main.load", "main.py#main.<module>"],
        "PY_EXCEPTION_ModuleNotFoundError_e0707974_main.py!main.load",
    );
    let mut stack =
        frames(&["<frozen importlib._bootstrap>#importlib._bootstrap._find_and_load", "main.py#main.<module>"]);
    stack[0].file = Some("<frozen importlib._bootstrap>");
    assert_eq!(failure_name(&facts(Language::Python, "ImportError", &stack)).symbol, "main.py!main._module_");
}

#[test]
fn numbers_of_generated_code_do_not_split() {
    for (language, a, b) in [
        (Language::Clr, "A.B.<F>d__12.MoveNext", "A.B.<F>d__7.MoveNext"),
        (Language::Clr, "A.<>c__DisplayClass3_0.<F>b__0", "A.<>c__DisplayClass9_1.<F>b__2"),
        (Language::Jvm, "a.B$$Lambda$14/0x0000000800c03000.run", "a.B$$Lambda/0x00007f1234.run"),
        (Language::Jvm, "com.sun.proxy.$Proxy3.f", "jdk.proxy2.$Proxy12.f"),
        (Language::JavaScript, "_callee3$", "_callee12$"),
    ] {
        let name = |text| failure_name(&facts(language, "E", &frames(&[text]))).hash;
        assert_eq!(name(a), name(b), "{a} {b}");
    }
}

#[test]
fn own_rules_for_managed_frames() {
    let text = "[[rule]]\ncategory = \"log\"\nfunctions = [\"Shop.Log.*\"]\nsystem = \"managed\"\nreason = \"logs\"\n";
    let rules = Rules::parse("own.toml", text).unwrap();
    let stack = frames(&["Shop.Log.Fail", "Shop.Cart.Sum"]);
    let facts = Facts { rules: Some(&rules), ..facts(Language::Clr, "System.Exception", &stack) };
    assert_eq!(failure_name(&facts).function, "Shop.Cart.Sum");
}

fn record(json: &str) -> String {
    name(json.as_bytes(), &Naming::default()).unwrap().name
}

#[test]
fn records() {
    // As ever: one exception, its frames those of the record.
    let one = r#"{"process_name": "App", "exception": {"language": "clr", "type": "System.Exception", "hresult": "0x80131509"}, "stack": ["A.B.C"]}"#;
    assert_eq!(record(one), "CLR_EXCEPTION_System.Exception_80131509_App!A.B.C");
    // A chain: the innermost cause, and its frames or the nearest ones.
    let chain = r#"{"process_name": "App", "platform": "android", "stack": ["a.Main.main"],
        "exception": {"language": "java", "type": "java.lang.RuntimeException", "stack": ["a.B.outer"],
            "inner": {"type": "java.util.concurrent.ExecutionException", "stack": ["a.B.middle"],
                "inner": {"type": "java.io.IOException"}}}}"#;
    assert_eq!(record(chain), "JVM_EXCEPTION_java.io.IOException_e06a766d_App!a.B.middle");
    let python =
        r#"{"process_name": "App", "exception": {"language": "python", "type": "ValueError"}, "stack": ["f", "g"]}"#;
    assert_eq!(record(python), "PY_EXCEPTION_ValueError_e0707974_App!f");
    // Deeper than any parser goes is an error, and no more.
    let deep = format!("{{\"exception\": {}{}}}", "{\"inner\": ".repeat(5000), "}".repeat(5000));
    assert!(name(deep.as_bytes(), &Naming::default()).is_err());
}

/// A custom platform has languages that no rule knows: the type tells its failures apart on every system.
#[test]
fn languages_that_are_not_known() {
    let frames = frames(&["Shop.sell"]);
    for platform in [Os::Windows, Os::Linux, Os::Android, Os::MacOs, Os::Ios, Os::Unknown] {
        let of = |type_name| Facts { platform, ..facts(Language::Unknown, type_name, &frames) };
        let name = |type_name| failure_name(&of(type_name)).name;
        assert_eq!(name("OutOfCheeseError"), "APP_EXCEPTION_OutOfCheeseError_e0657863_App!Shop.sell");
        assert_eq!(name("shop::ParseError"), "APP_EXCEPTION_shop::ParseError_e0657863_App!Shop.sell");
        // Message text is no part of a name, also where the sender puts it into the type.
        assert_eq!(name("ParseError: line 17"), "APP_EXCEPTION_ParseError_e0657863_App!Shop.sell");
        assert_eq!(name("ParseError\nat line 17"), "APP_EXCEPTION_ParseError_e0657863_App!Shop.sell");
        let failure = failure_name(&Facts { handled: true, ..of("ParseError") });
        assert_eq!((failure.event_type, failure.name), ("handled", name("ParseError")));
    }
    // What the system says of the crash comes first.
    let signal = Facts { signal: Some("SIGSEGV"), ..facts(Language::Unknown, "ParseError", &frames) };
    assert_eq!(failure_name(&signal).name, "NULL_POINTER_SIGSEGV_App!Shop.sell");
    let windows = Facts { platform: Os::Windows, signal: None, code: Some(0xc000_0005), ..signal };
    assert!(failure_name(&windows).name.contains("_c0000005_"));
    // A language that a record calls by a name that is not known, and one that it does not name.
    for record in [
        r#"{"platform": "linux", "process_name": "App", "exception": {"type": "ParseError", "language": "ruby", "stack": ["App!Shop.sell"]}}"#,
        r#"{"platform": "linux", "process_name": "App", "exception": {"type": "ParseError", "stack": ["App!Shop.sell"]}}"#,
    ] {
        let failure = name(record.as_bytes(), &Naming::default()).unwrap();
        assert_eq!(failure.name, "APP_EXCEPTION_ParseError_e0657863_App!Shop.sell");
    }
}

/// Only crashes and script errors have a handled counterpart; the name and its hash are the failure's in any case.
#[test]
fn handled_errors() {
    let frames = frames(&["app.js#f"]);
    let script = facts(Language::JavaScript, "Error", &frames);
    let (crash, handled) = (failure_name(&script), failure_name(&Facts { handled: true, ..script }));
    assert_eq!((crash.event_type, handled.event_type), ("jse", "handled"));
    assert_eq!(
        (&crash.name, &crash.hash, &crash.hashes.strict),
        (&handled.name, &handled.hash, &handled.hashes.strict)
    );
    let hang = failure_name(&Facts { handled: true, hang: true, ..script });
    assert_ne!(hang.event_type, "handled");
    let requested = failure_name(&Facts { handled: true, requested: true, thrown: None, ..script });
    assert_eq!(requested.event_type, "requested");
    let record = r#"{"handled": true, "exception": {"language": "clr", "type": "System.IO.IOException"}}"#;
    assert_eq!(name(record.as_bytes(), &Naming::default()).unwrap().event_type, "handled");
    let report = r#"{"crash_info": {}, "failure": {"facts": {"thrown_language": "clr"}}, "report": {"fatal": false}}"#;
    assert_eq!(name(report.as_bytes(), &Naming::default()).unwrap().event_type, "handled");
}

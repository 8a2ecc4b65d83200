//! Texts and what they say; and that no text does harm.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use proptest::prelude::*;

use super::builder::MAX_FRAMES;
use super::*;
use crate::crash::Relation;

/// Exceptions and their frames, a line each: `0 cause of 1: Type: message`, `  function file:line:column [module]`.
fn told(parsed: &Parsed) -> String {
    let mut out = String::new();
    for (i, thrown) in parsed.thrown.iter().enumerate() {
        let relation = match (thrown.relation, thrown.parent) {
            (Relation::Cause, Some(parent)) => format!(" cause of {parent}"),
            (Relation::Beside, Some(parent)) => format!(" beside {parent}"),
            _ => String::new(),
        };
        let (type_name, message) =
            (thrown.type_name.as_deref().unwrap_or("?"), thrown.message.as_deref().unwrap_or(""));
        let message = message.replace('\n', "\\n");
        let _ = writeln!(out, "{i}{relation}: {type_name}: {message}");
        for frame in &thrown.frames {
            let function = if frame.mark { Some("(mark)".into()) } else { frame.function() };
            let _ = write!(out, "  {}", function.as_deref().unwrap_or("?"));
            if let Some(file) = &frame.file {
                let _ = write!(out, " {file}");
            }
            for number in [frame.line, frame.column].into_iter().flatten() {
                let _ = write!(out, ":{number}");
            }
            if let Some(module) = &frame.module {
                let _ = write!(out, " [{module}]");
            }
            out.push('\n');
        }
    }
    out
}

#[track_caller]
fn check(language: Language, text: &str, expected: &str) {
    let parsed = parse(text, None).unwrap();
    assert_eq!(parsed.language, language);
    assert_eq!(told(&parsed).trim_end(), expected.trim());
    // With the line ends of Windows, with the language specified, and once more.
    assert_eq!(told(&parse(&text.replace('\n', "\r\n"), Some(language)).unwrap()), told(&parsed));
    assert_eq!(recognised(text), Some(language));
}

#[test]
fn dotnet() {
    check(
        Language::Clr,
        "System.InvalidOperationException: outer\nsecond line\n ---> System.IO.IOException: inner\n   \
         at A.B.<Foo>d__12.MoveNext() in C:\\a b\\f.cs:line 12\n   at A.B`1.Bar[T](List`1 x, Int32 y)\n   \
         --- End of inner exception stack trace ---\n   at A.C..ctor(String s)\n\
         --- End of stack trace from previous location ---\n   at A.Program.Main(String[] args) in /x/p.cs:line 3",
        "0: System.InvalidOperationException: outer\\nsecond line\n  A.C..ctor\n  (mark)\n  A.Program.Main /x/p.cs:3\n\
         1 cause of 0: System.IO.IOException: inner\n  A.B.<Foo>d__12.MoveNext C:\\a b\\f.cs:12\n  A.B`1.Bar",
    );
}

#[test]
fn aggregates() {
    check(
        Language::Clr,
        "System.AggregateException: One or more errors occurred. (a) (b)\n ---> System.Exception: a\n   at A.f()\n   \
         --- End of inner exception stack trace ---\n   at B.g()\n ---> (Inner Exception #1) System.Exception: b\n   \
         at C.h()<---\n\n ---> (Inner Exception #2) System.Exception: c ---> System.Exception: d\n   at D.h()\n   \
         --- End of inner exception stack trace ---\n   at E.h()<---\n",
        "0: System.AggregateException: One or more errors occurred. (a) (b)\n  B.g\n1 cause of 0: System.Exception: a\n  A.f\n\
         2 beside 0: System.Exception: b\n  C.h\n3 beside 0: System.Exception: c\n  E.h\n4 cause of 3: System.Exception: d\n  D.h",
    );
    // .NET Framework prints the first twice.
    check(
        Language::Clr,
        "System.AggregateException: One or more errors occurred. ---> System.Exception: a\n   at A.f()\n   \
         --- End of inner exception stack trace ---\n   at B.g()\n---> (Inner Exception #0) System.Exception: a\n   at A.f()<---\n",
        "0: System.AggregateException: One or more errors occurred.\n  B.g\n1 cause of 0: System.Exception: a\n  A.f",
    );
}

#[test]
fn mono_and_xamarin() {
    check(
        Language::Clr,
        "System.Exception: x\n  at A.B.C (System.String x, System.Int32 y) [0x00001] in <filename unknown>:0 \n  \
         at (wrapper managed-to-native) A.D.E (int)\n  at A.F.G[T] () [0x0001f] in <3bfe0fcbb4bc4c2a9d9f1e1c6a0b2c3d>:0\n  \
         at App.Main () [0x00000] in /Users/x/App.cs:12\n  at App.N () <0x3d1f8 + 0x00023> in <0ecb#1>:0\n  \
         --- End of managed Java.Lang.RuntimeException stack trace ---\njava.lang.RuntimeException: y\n\tat a.B.c(B.java:3)\n",
        "0: System.Exception: x\n  A.B.C\n  A.D.E\n  A.F.G\n  App.Main /Users/x/App.cs:12\n  App.N\n\
         1 cause of 0: java.lang.RuntimeException: y\n  a.B.c B.java:3",
    );
}

#[test]
fn translated_dotnet() {
    for (at, place, end) in [
        ("bei", "in C:\\x y\\F.cs:Zeile 12.", "--- Ende der internen Ausnahmestapelüberwachung ---"),
        ("à", "dans C:\\x y\\F.cs:ligne 12", "--- Fin de la trace de la pile d'exception interne ---"),
        ("en", "en C:\\x y\\F.cs:línea 12", "--- Fin del seguimiento de la pila de la excepción interna ---"),
        ("в", "в C:\\x y\\F.cs:строка 12", "--- Конец трассировки внутреннего стека исключений ---"),
        ("在", "位置 C:\\x y\\F.cs:行号 12", "--- 内部异常堆栈跟踪的结尾 ---"),
        ("場所", "場所 C:\\x y\\F.cs:行 12", "--- 内部例外スタック トレースの終わり ---"),
        ("위치:", "파일 C:\\x y\\F.cs:줄 12", "--- 내부 예외 스택 추적의 끝 ---"),
    ] {
        let text = format!(
            "System.Exception: x ---> System.IO.IOException: y\n   {at} Foo.Bar.Baz(Object s, EventArgs e) {place}\n   {end}\n   {at} Foo.Main()"
        );
        check(
            Language::Clr,
            &text,
            "0: System.Exception: x\n  Foo.Main\n1 cause of 0: System.IO.IOException: y\n  Foo.Bar.Baz C:\\x y\\F.cs:12",
        );
    }
}

#[test]
fn native_dotnet() {
    let (language, frames) =
        frames("   at App1!<BaseAddress>+0x1234\n   at Lib!System.Foo.Bar(X)+0x34\n   at A.B.C(X) + 0x34", None);
    assert_eq!(language, Language::Clr);
    let shown: Vec<_> = frames.iter().map(|f| (f.module.as_deref(), f.function().map(Cow::into_owned))).collect();
    assert_eq!(
        shown,
        [(Some("App1"), None), (Some("Lib"), Some("System.Foo.Bar".to_owned())), (None, Some("A.B.C".to_owned()))]
    );
}

#[test]
fn java() {
    check(
        Language::Jvm,
        "Exception in thread \"main\" java.lang.RuntimeException: outer\nmore\n\tat com.a.B.m(B.java:12)\n\t\
         at com.a.Main.main(Main.java:3)\nCaused by: java.lang.IllegalStateException: mid\n\t\
         at app//com.a.C.<init>(C.kt:7)\n\tat java.base@17.0.1/java.util.X.get(Native Method)\n\t\
         Suppressed: java.io.IOException: sup\n\t\tat com.a.S.close(SourceFile:3)\n\t\t... 2 more\n\t... 1 more\n\
         Caused by: a.b.c: obf\n\tat a.b.c.a(Unknown Source:12)\n\t\
         at com.a.D$$Lambda$14/0x0000000800c03000.run(Unknown Source) ~[x-1.0.jar:1.0]\n\t... 3 more\n",
        "0: java.lang.RuntimeException: outer\\nmore\n  com.a.B.m B.java:12\n  com.a.Main.main Main.java:3\n\
         1 cause of 0: java.lang.IllegalStateException: mid\n  com.a.C.<init> C.kt:7\n  java.util.X.get [java.base]\n  \
         com.a.Main.main Main.java:3\n\
         2 beside 1: java.io.IOException: sup\n  com.a.S.close:3\n  com.a.C.<init> C.kt:7\n  java.util.X.get [java.base]\n\
         3 cause of 1: a.b.c: obf\n  a.b.c.a:12\n  com.a.D$$Lambda$14/0x0000000800c03000.run [x-1.0.jar]\n  \
         com.a.C.<init> C.kt:7\n  java.util.X.get [java.base]\n  com.a.Main.main Main.java:3",
    );
    let circle = "a.B: x\n\tat a.C.d(C.java:1)\nCaused by: [CIRCULAR REFERENCE: a.B: x]\n";
    let parsed = parse(circle, None).unwrap();
    assert_eq!((parsed.thrown.len(), parsed.notes.len()), (2, 1));
}

#[test]
fn android_s_log() {
    check(
        Language::Jvm,
        "01-02 03:04:05.678  9  9 E AndroidRuntime: FATAL EXCEPTION: main\n\
         01-02 03:04:05.678  9  9 E AndroidRuntime: Process: com.a, PID: 9\n\
         01-02 03:04:05.678  9  9 E AndroidRuntime: java.lang.Error: x\n\
         01-02 03:04:05.678  9  9 E AndroidRuntime: \tat com.a.B.m(B.kt:12)\n\
         01-02 03:04:05.678  9  9 E AndroidRuntime: Caused by: a.E\n\
         01-02 03:04:05.678  9  9 E AndroidRuntime: \t... 1 more\n",
        "0: java.lang.Error: x\n  com.a.B.m B.kt:12\n1 cause of 0: a.E: \n  com.a.B.m B.kt:12",
    );
}

#[test]
fn a_second_exception_of_android_s_log() {
    let one = "FATAL EXCEPTION: main\nProcess: com.a, PID: 9\njava.lang.Error: x\n\tat com.a.B.m(B.kt:12)\n";
    let parsed = parse(&format!("{one}{}", one.replace(".m(", ".n(")), None).unwrap();
    assert_eq!((parsed.thrown.len(), parsed.thrown[0].frames.len()), (1, 1));
    assert_eq!((parsed.notes.len(), parsed.notes[0].place.as_str()), (1, "line 5"));
    assert_eq!(parse(one, None).unwrap().notes, []);
}

#[test]
fn an_export_of_crashlytics() {
    let text = "# Crashlytics - Stack trace\n# Application: com.example.notes\n# Platform: android\n# Version: 3.1 (301)\n\n\
        Fatal Exception: java.lang.NullPointerException: no note\n       at com.example.notes.Editor.count(Editor.java:51)\n\
        Caused by: a.b: obfuscated\n       at a.c.d(Unknown Source:4)\n\n\
        OkHttp ConnectionPool:\n       at java.lang.Object.wait(Native Method)\n";
    check(
        Language::Jvm,
        text,
        "0: java.lang.NullPointerException: no note\n  com.example.notes.Editor.count Editor.java:51\n\
         1 cause of 0: a.b: obfuscated\n  a.c.d:4",
    );
    let parsed = parse(text, None).unwrap();
    assert_eq!((parsed.process.name.as_deref(), parsed.os), (Some("com.example.notes"), Os::Android));
    assert_eq!(parsed.notes[0].message, "the stacks of other threads follow and are not read");
}

#[test]
fn mono_on_android() {
    let text = "[mono-rt] [ERROR] FATAL UNHANDLED EXCEPTION: System.Exception: x\n\
        [mono-rt]   at A.B.C () [0x00001] in /src/B.cs:31 \n[mono-rt]   at A.B.D (System.String s) [0x00000] in <39f8>:0 \n";
    assert!(matches!(recognise(text), Recognised::Trace(_)));
    check(Language::Clr, text, "0: System.Exception: x\n  A.B.C /src/B.cs:31\n  A.B.D");
}

#[test]
fn an_unhandled_exception_on_ios() {
    for between in [" ", "\n"] {
        let text = format!(
            "Unhandled managed exception:{between}no row (Shop.RowException)\n   at Shop.Page.Tap(Object sender) in /src/Page.cs:line 21\n"
        );
        check(Language::Clr, &text, "0: Shop.RowException: no row\n  Shop.Page.Tap /src/Page.cs:21");
    }
}

#[test]
fn v8() {
    check(
        Language::JavaScript,
        "/x/y.js:10\n  throw new Error()\n  ^\n\nTypeError: Cannot read properties of undefined (reading 'x')\n    \
         at foo (file:///a/b.js:1:2)\n    at async Object.bar [as baz] (/x/y.js:10:20)\n    at new Foo (/x/y.js:1:2)\n    \
         at Array.map (<anonymous>)\n    at eval (eval at z (/q.js:1:2), <anonymous>:3:4)\n    at /x/y.js:5:6\n    \
         at node:internal/main:23:47 {\n  [cause]: RangeError: inner\n      at q (/r.js:1:1)\n  code: 'X'\n}",
        "0: TypeError: Cannot read properties of undefined (reading 'x')\n  foo file:///a/b.js:1:2 [b.js]\n  \
         Object.bar /x/y.js:10:20 [y.js]\n  Foo.constructor /x/y.js:1:2 [y.js]\n  Array.map [native]\n  \
         eval /q.js:1:2 [q.js]\n  ? /x/y.js:5:6 [y.js]\n  ? node:internal/main:23:47 [node:internal/main]\n\
         1 cause of 0: RangeError: inner\n  q /r.js:1:1 [r.js]",
    );
}

#[test]
fn hermes_and_the_others() {
    check(
        Language::JavaScript,
        "TypeError: undefined is not an object\n    at onPress (address at index.android.bundle:1:123456)\n    \
         at anonymous (address at /data/x/main.8f3a2b1c.chunk.js:1:1)\n    at apply (native)",
        "0: TypeError: undefined is not an object\n  onPress index.android.bundle:1:123456 [index.android.bundle]\n  \
         ? /data/x/main.8f3a2b1c.chunk.js:1:1 [main.chunk.js]\n  apply [native]",
    );
    check(
        Language::JavaScript,
        "foo@http://x/a.js:1:2\nbar@[native code]\n@http://x/a.js:3:4\nasync*z/<@http://x/b.js?x=1:7:8\nglobal code@http://x/a.js:9:9",
        "0: ?: \n  foo http://x/a.js:1:2 [a.js]\n  bar [native]\n  ? http://x/a.js:3:4 [a.js]\n  z http://x/b.js?x=1:7:8 [b.js]\n  \
         ? http://x/a.js:9:9 [a.js]",
    );
}

#[test]
fn python() {
    check(
        Language::Python,
        "Traceback (most recent call last):\n  File \"/a/b.py\", line 3, in f\n    1/0\n    ~^~\nZeroDivisionError: division by zero\n\n\
         The above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  \
         File \"/a/m.py\", line 9, in <module>\n    main()\n    + 3\n  File \"/a/m.py\", line 5, in rec\n  \
         [Previous line repeated 3 more times]\npkg.MyError: multi\nline message\n",
        "0: pkg.MyError: multi\\nline message\n  m.rec /a/m.py:5 [m.py]\n  m.rec /a/m.py:5 [m.py]\n  m.rec /a/m.py:5 [m.py]\n  \
         m.rec /a/m.py:5 [m.py]\n  m.<module> /a/m.py:9 [m.py]\n1 cause of 0: ZeroDivisionError: division by zero\n  b.f /a/b.py:3 [b.py]",
    );
    check(
        Language::Python,
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n\n\
         During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  \
         File \"a.py\", line 2, in g\nValueError\n",
        "0: ValueError: \n  a.g a.py:2 [a.py]\n1 beside 0: KeyError: 'x'\n  a.f a.py:1 [a.py]",
    );
    check(
        Language::Python,
        "  File \"x.py\", line 3\n    a b\n      ^\nSyntaxError: invalid syntax\n",
        "0: SyntaxError: invalid syntax\n  x x.py:3 [x.py]",
    );
}

#[test]
fn exception_groups() {
    check(
        Language::Python,
        "  + Exception Group Traceback (most recent call last):\n  |   File \"x.py\", line 1, in <module>\n  |     \
         raise ExceptionGroup(...)\n  | ExceptionGroup: msg (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    \
         | Traceback (most recent call last):\n    |   File \"y.py\", line 2, in g\n    | ValueError: 1\n    \
         +---------------- 2 ----------------\n    | TypeError: 2\n    +------------------------------------\n",
        "0: ExceptionGroup: msg (2 sub-exceptions)\n  x.<module> x.py:1 [x.py]\n1 cause of 0: ValueError: 1\n  y.g y.py:2 [y.py]\n\
         2 beside 0: TypeError: 2",
    );
}

#[test]
fn hints_and_texts_that_are_none() {
    for text in ["", "\n\n", "hello", "it went wrong: badly", "12:34:56 INFO ready\n", "at noon we met (all of us)"] {
        assert_eq!(parse(text, None), None, "{text}");
    }
    // The text is clearly of another language than the hint.
    let text = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'\n";
    assert_eq!(parse(text, Some(Language::Clr)).unwrap().language, Language::Python);
    assert_eq!(parse("Foo.BarException: x", None).unwrap().language, Language::Clr);
    assert_eq!(parse("com.foo.BarException: x", None).unwrap().language, Language::Jvm);
    assert_eq!(parse("Foo.BarException: x", Some(Language::Jvm)).unwrap().language, Language::Jvm);
}

#[track_caller]
fn recognised(text: &str) -> Option<Language> {
    match recognise(text) {
        Recognised::Trace(parsed) => Some(parsed.language),
        _ => None,
    }
}

/// Lines of logs, shells and programs: what a parser that knows the language reads as a head or a frame.
#[test]
fn texts_without_evidence_are_no_traces() {
    for text in [
        "libfoo.so",
        "libfoo.so: cannot open shared object file: No such file or directory",
        "server.example.org: connection refused",
        "10:00:00 com.foo.Bar: started",
        "Error: x",
        "java.lang.RuntimeException: x",
        "System.InvalidOperationException: Sequence contains no elements",
        "def f(x):\n    return json.dumps(x)\n    yield os.path(x)",
        "\t-h: foo.bar (x)\n\tat least.one (y)",
        "    in foo.bar(x)\n    in foo.bar(y)",
        "Error: x\n    at /rustc/0123/library/std/src/panicking.rs:662:5\n    at ./src/cart.rs:31:18",
        "we met\n   at Foo.Bar (it was late: 12)\n   at noon.today (all of us)",
        "user@example.org:12:13",
        "git@github.com:1:2",
        "see\nat foo.bar()\nfor more",
        "Traceback (most recent call last):\n  ...\nValueError: x",
        "File \"a.txt\", line 3",
    ] {
        assert_eq!(recognised(text), None, "{text}");
    }
}

#[test]
fn a_frame_of_its_own_grammar_is_evidence() {
    use Language::{Clr, JavaScript, Jvm, Python};
    for (language, text) in [
        (Clr, "   at Shop.Cart.Total() in C:\\src\\Cart.cs:line 31"),
        (Clr, "System.Exception: x\n   at Shop.Cart.Total()"),
        (Clr, "   at Shop.Cart.Total()\n   at Shop.Program.Main(String[] args)"),
        (Clr, "   at Shop.Windows!<BaseAddress>+0xbd7629"),
        (Clr, "   bei Shop.Cart.Total(Int32 x) in C:\\a b\\Cart.cs:Zeile 31."),
        (Clr, "  at Shop.Cart.Total () [0x00001] in <0123456789abcdef0123456789abcdef>:0"),
        (Clr, "Unhandled exception. System.Exception: x\n   at A.B.<Main>g__f|0_1(List`1 x, Int32& y)"),
        (
            Clr,
            "Application: A.exe\nDescription: The process was terminated due to an internal error in the .NET Runtime",
        ),
        (Jvm, "java.lang.Error\n\tat a.b.c.a(Unknown Source:12)"),
        (Jvm, "at com.a.B$Inner.lambda$m$0(B.kt:7)"),
        (Jvm, "\tat app//com.a.C.<init>(C.java:7) ~[x.jar:1.0]"),
        (Jvm, "java.lang.Error: x\n\tat java.lang.Thread.sleep(Native Method)"),
        (JavaScript, "TypeError: x\n    at foo (/x/y.js:1:2)"),
        (JavaScript, "    at async Promise.all (index 0)\n    at Array.map (<anonymous>)"),
        (JavaScript, "onPress@https://x.org/a.js:1:2"),
        (Python, "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'x'"),
        (Python, "  File \"a.py\", line 3\n    a b\n      ^\nSyntaxError: invalid syntax"),
    ] {
        assert_eq!(recognised(text), Some(language), "{text}");
    }
}

/// A documentation with a trace in it is not a crash; a log that ends with one is, and so is a trace with some words
/// around.
#[test]
fn a_trace_in_the_middle_of_something_else_is_none() {
    let trace = "TypeError: x\n    at foo (/x/y.js:1:2)\n";
    let words = "some words of something else\n".repeat(200);
    let line = 202;
    assert_eq!(recognise(&format!("{words}{trace}{words}")), Recognised::Within(Language::JavaScript, line));
    assert_eq!(recognised(&format!("{words}{trace}")), Some(Language::JavaScript));
    assert_eq!(recognised(&format!("{trace}{words}")), Some(Language::JavaScript));
    let frames = "    at foo (/x/y.js:1:2)\n".repeat(40);
    assert_eq!(recognised(&format!("{words}{trace}{frames}{words}")), Some(Language::JavaScript));
    let logged = "01-02 03:04:05.678  9  9 E AndroidRuntime: \tat com.a.B.m(B.kt:12)\n";
    assert_eq!(recognised(&format!("{words}{logged}{words}")), Some(Language::Jvm));
}

/// The start of an exception and what makes it long, for each language.
const LONG: [(&str, &str); 14] = [
    ("System.Exception: x\n", "   at A.B.C(X y) in c:\\f.cs:line 12\n"),
    ("System.Exception: x\n", " ---> System.Exception: y\n"),
    ("System.Exception: x", " ---> System.Exception: y"),
    ("System.Exception: x\n   at A.B()\n", " ---> (Inner Exception #0) System.Exception: x\n   at A.B()<---\n"),
    ("Stack overflow.\n", "Repeat 99999999999 times:\n   at A.B.C()\n"),
    ("Stack overflow.\n   at A.B.C()\n", "Repeat 2 times:\n"),
    ("System.Exception: x\n   at A.B.C()\n", "--- inner exception ---\nx (System.Exception)\n   at A.B.C()\n"),
    ("E.F: x\nA.B:C()\n", "Rethrow as E.F: y\nA.B:C()\n"),
    ("a.B: x\n", "\tat a.C.d(C.java:1)\n"),
    (
        "a.B: x\n\tat a.C.d(C.java:1)\n\tat a.C.e(C.java:1)\n",
        "Caused by: a.B: x\n\tat a.C.d(C.java:1)\n\t... 99999999 more\n",
    ),
    ("Error: x\n", "    at f (a.js:1:2)\n"),
    ("Error: x\n    at f (a.js:1:2)\n", "  [cause]: Error: y\n      at f (a.js:1:2)\n"),
    (
        "Traceback (most recent call last):\n",
        "  File \"a.py\", line 1, in f\n  [Previous line repeated 99999999 more times]\n",
    ),
    (
        "  + Exception Group Traceback (most recent call last):\n  | E: x\n",
        "  +-+---- 1 ----\n    | E: y\n    +---- 2 ----\n",
    ),
];

#[test]
fn long_texts_end_within_limits() {
    for (head, body) in LONG {
        let text = head.to_owned() + &body.repeat((4 << 20) / body.len());
        let parsed = parse(&text, None).unwrap_or_else(|| panic!("{body}"));
        let frames: usize = parsed.thrown.iter().map(|thrown| thrown.frames.len()).sum();
        assert!(frames <= MAX_FRAMES, "{body}");
        assert!(parsed.thrown.len() <= 4096 && parsed.notes.len() <= 70, "{body}");
        assert!(frames < MAX_FRAMES || !parsed.notes.is_empty(), "{body}");
    }
    // One line of megabytes.
    for body in ["a: ", "---> ", "(", "<", ".", "at A.", "@", "a b ", "\u{3000}"] {
        for line in ["", "   at ", "Caused by: ", "A.B: "] {
            let _ = parse(&(line.to_owned() + &body.repeat((1 << 20) / body.len())), None);
        }
    }
}

/// A line that says that frames are there again, for each language that has one: before it, the line, behind it.
fn repeating(name: &str, turns: usize) -> [String; 3] {
    let python = "  [Previous line repeated 1000 more times]\n".repeat(turns);
    let jvm = "Caused by: a.B: y\n\t... 5 more\n".repeat(turns);
    // Nested errors are distinguished to a depth.
    let javascript =
        "    at g (b.js:1:2)\n    ... 99 lines matching cause stack trace ...\n  [cause]: Error: y\n".repeat(200);
    [
        format!("Traceback (most recent call last):\n  File \"a.py\", line 1, in {name}\n{python}ValueError: x\n"),
        format!("a.B: x\n{}{jvm}", format!("\tat a.C.{name}(C.java:1)\n").repeat(5)),
        format!("Error: x\n{javascript}    at g (b.js:1:2)\n{}", format!("    at {name} (a.js:1:2)\n").repeat(99)),
    ]
}

fn bytes_of(parsed: &Parsed) -> usize {
    let frames = parsed.thrown.iter().flat_map(|thrown| &thrown.frames);
    let texts = |frame: &ManagedFrame| {
        [&frame.class, &frame.method, &frame.file, &frame.text].into_iter().flatten().map(String::len).sum::<usize>()
    };
    frames.map(|frame| size_of::<ManagedFrame>() + texts(frame)).sum()
}

#[test]
fn what_a_text_repeats_is_written_out_within_limits() {
    for length in [1, 300, 60_000] {
        for text in repeating(&"f".repeat(length), 4000) {
            let parsed = parse(&text, None).expect("a trace");
            let bytes = bytes_of(&parsed);
            assert!(bytes < 2 * crate::limits::COPIED_BYTES + 8 * text.len(), "{length}: {bytes} of {}", text.len());
            let told = parsed.notes.iter().any(|note| note.message.contains("repetitions of frames"));
            assert!(told, "{length}: {:?} {}", parsed.notes, &text[..80]);
        }
    }
}

#[test]
fn ten_thousand_repetitions_are_whole() {
    let text = &repeating("walk_the_directory_tree_recursively", 10)[0];
    let parsed = parse(text, None).expect("a trace");
    assert_eq!(parsed.thrown[0].frames.len(), 10_001);
    assert_eq!(parsed.notes, []);
}

fn sound(parsed: &Parsed) {
    assert!(!parsed.thrown.is_empty());
    for (i, thrown) in parsed.thrown.iter().enumerate() {
        assert!(thrown.parent.is_none_or(|parent| parent < parsed.thrown.len() && parent != i));
        assert_eq!(thrown.parent.is_none(), thrown.relation == Relation::Outer);
    }
    assert_eq!(parsed.thrown[0].parent, None);
}

fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "System.Exception: x ---> A.B: y",
        " ---> (Inner Exception #0) A.B: x",
        " ---> A.B: z",
        "   at A.B.C(X y) in c:\\f.cs:line 12",
        "   at A.B.<M>d__1.MoveNext()<---",
        "   --- End of inner exception stack trace ---",
        "--- End of stack trace from previous location ---",
        "  --- End of managed Java.Lang.Error stack trace ---",
        "java.lang.Error: x",
        "\tat a.B.c(D.java:1)",
        "\t... 3 more",
        "Caused by: a.B: x",
        "\tSuppressed: a.B",
        "[CIRCULAR REFERENCE: a.B]",
        "TypeError: x",
        "    at f (a.js:1:2)",
        "f@a.js:1:2",
        "  [cause]: Error: y",
        "}",
        "Traceback (most recent call last):",
        "  File \"a.py\", line 1, in f",
        "  [Previous line repeated 9 more times]",
        "The above exception was the direct cause of the following exception:",
        "ValueError: x",
        "  + Exception Group Traceback (most recent call last):",
        "  | E: x",
        "  +-+---- 1 ----",
        "    | Traceback (most recent call last):",
        "    |   File \"a.py\", line 1, in f",
        "    +---- 2 ----",
        "",
        "During handling of the above exception, another exception occurred:",
    ]);
    prop_oneof![5 => known.prop_map(str::to_owned), 1 => "\\PC{0,60}", 1 => "[ \\t]{0,8}at [A-Za-z.<>$()\\[\\]:0-9@/ ]{0,40}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_in_any_order(lines in prop::collection::vec(line(), 0..24), hint in 0..5_usize, cut in any::<prop::sample::Index>()) {
        let hint = [Language::Clr, Language::Jvm, Language::JavaScript, Language::Python].get(hint).copied();
        let text = lines.join("\n");
        let mut end = cut.index(text.len() + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        for text in [text.as_str(), &text[..end]] {
            if let Some(parsed) = parse(text, hint) {
                sound(&parsed);
                prop_assert_eq!(Some(parsed), parse(text, hint));
            }
            let _ = frames(text, hint);
        }
    }

    #[test]
    fn any_text(text in any::<String>()) {
        if let Some(parsed) = parse(&text, None) {
            sound(&parsed);
        }
    }

    #[test]
    fn changed_bytes(which in 0..LONG.len(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        let (head, body) = LONG[which];
        let mut bytes = (head.to_owned() + &body.repeat(3)).into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(parsed) = parse(&String::from_utf8_lossy(&bytes), None) {
            sound(&parsed);
        }
    }
}

#[test]
fn mono_prints_an_exception_twice() {
    check(
        Language::Clr,
        "Unhandled Exception:\n\nUnhandled Exception:\nSystem.ArgumentException: bad\n  \
         at Shop.Cart.Total () [0x00001] in /src/Cart.cs:31\n[ERROR] FATAL UNHANDLED EXCEPTION: \
         System.ArgumentException: bad\n  at Shop.Cart.Total () [0x00001] in /src/Cart.cs:31\n",
        "0: System.ArgumentException: bad\n  Shop.Cart.Total /src/Cart.cs:31",
    );
    check(
        Language::Clr,
        "[ERROR] FATAL UNHANDLED EXCEPTION: System.ArgumentException: bad\n  \
         at Shop.Cart.Total () [0x00001] in /src/Cart.cs:31\n",
        "0: System.ArgumentException: bad\n  Shop.Cart.Total /src/Cart.cs:31",
    );
}

#[test]
fn lines_of_a_unity_log_are_no_crash() {
    for text in [
        "Debug message\nUnityEngine.Debug:Log(Object)\nShop.Cart:Total() (at Assets/Cart.cs:31)\n",
        "Loading player data\nHello\nUnityEngine.Debug:LogError (object)\nShop.Boot:Start () (at Assets/Boot.cs:9)\n\nReady\n\
         UnityEngine.Logger:Log(LogType, Object)\nUnityEngine.Debug:Log(Object)\nShop.Boot:Start()\nShop.Boot:Run()\n",
        "The script is missing!\nUnityEngine.StackTraceUtility:ExtractStackTrace ()\nShop.Boot:Start () (at Assets/Boot.cs:9)\n",
    ] {
        assert_eq!(recognise(text), Recognised::No, "{text}");
    }
    // An exception that the program writes with `Debug.LogError` stays one.
    check(
        Language::Clr,
        "ArgumentException: bad\nUnityEngine.Debug:LogError(Object)\nShop.Cart:Total() (at Assets/Cart.cs:31)\n",
        "0: ArgumentException: bad\n  UnityEngine.Debug.LogError\n  Shop.Cart.Total Assets/Cart.cs:31",
    );
}

#[test]
fn codes_behind_types_are_hresults() {
    let text = "A.FirstException: x\n ---> A.ComException (0x80070005): y\n   at A.B.C()\n   \
                --- End of inner exception stack trace ---\n   at A.B.D()\n";
    let thrown = parse(text, None).unwrap().thrown;
    let codes: Vec<_> = thrown.iter().map(|one| (one.type_name.as_deref(), one.hresult)).collect();
    assert_eq!(codes, [(Some("A.FirstException"), None), (Some("A.ComException"), Some(0x8007_0005))]);
}

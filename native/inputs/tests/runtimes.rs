//! Exceptions as the run-times of this machine print them, against what those run-times know of them. A run-time that is not
//! installed is skipped.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use inputs::managed::{Parsed, parse};
use inputs::{Language, Relation};

/// What a program prints: its errors, and what is true of them. None where it cannot be run.
fn run(program: &str, arguments: &[&str]) -> Option<(String, String)> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let (truth, text) = (String::from_utf8(output.stdout).ok()?, String::from_utf8(output.stderr).ok()?);
    (!truth.is_empty() && !text.is_empty()).then_some((text, truth))
}

/// An exception a line: type, and function and line of each frame, innermost first; then what it led to, the root first.
fn told(parsed: &Parsed, function: fn(&inputs::ManagedFrame) -> String) -> Vec<String> {
    let line = |thrown: &inputs::Thrown| {
        let frames = thrown
            .frames
            .iter()
            .filter(|frame| !frame.mark)
            .map(|f| format!(" {}:{}", function(f), f.line.unwrap_or(0)));
        thrown.type_name.clone().unwrap_or_default() + &frames.collect::<String>()
    };
    parsed.thrown.iter().map(line).collect()
}

const PYTHON: &str = r#"
import sys, traceback

class Own(Exception):
    pass

def deep(n):
    return deep(n - 1) if n else 1 / 0

def caused():
    try:
        deep(12)
    except ZeroDivisionError as error:
        raise Own("two\nlines: and a colon") from error

def handled():
    try:
        caused()
    except Own:
        return {}["missing"]

def group():
    errors = []
    for f in (caused, lambda: int("x")):
        try:
            f()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("group", errors)

def tell(e, out, seen):
    frames = [(s.name, s.lineno) for s in traceback.extract_tb(e.__traceback__)][::-1]
    kind = type(e)
    name = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else kind.__module__ + "." + kind.__qualname__
    out.append(name + "".join(f" {n}:{l}" for n, l in frames))
    for inner in getattr(e, "exceptions", ()):
        tell(inner, out, seen)
    inner = e.__cause__ or (None if e.__suppress_context__ else e.__context__)
    if inner is not None:
        tell(inner, out, seen)

try:
    {"handled": handled, "group": group}[sys.argv[1]]()
except BaseException as error:
    out = []
    tell(error, out, set())
    print("\n".join(sorted(out)))
    traceback.print_exc()
"#;

#[test]
fn python() {
    for what in ["handled", "group"] {
        let Some((text, truth)) = run("python3", &["-c", PYTHON, what]) else { continue };
        let parsed = parse(&text, None).unwrap();
        assert_eq!(parsed.language, Language::Python);
        let mut told = told(&parsed, |frame| frame.method.clone().unwrap_or_default());
        told.sort();
        // `-c` has no file of that name: the type of `__main__` is printed with its module.
        let told: Vec<String> = told.iter().map(|line| line.replace("__main__.", "")).collect();
        let mut truth: Vec<&str> = truth.lines().collect();
        truth.sort_unstable();
        assert_eq!(told, truth, "{text}");
        let own =
            parsed.thrown.iter().find(|t| t.type_name.as_deref().is_some_and(|name| name.ends_with("Own"))).unwrap();
        assert_eq!(own.message.as_deref(), Some("two\nlines: and a colon"));
    }
}

const NODE: &str = r#"
function deep(n) { if (n) return deep(n - 1); null.x; }
class Cart { load() { try { deep(3); } catch (e) { throw new RangeError("two\nlines: x", { cause: e }); } } }
function many() { const es = []; for (const f of [() => deep(1), () => JSON.parse("{")]) { try { f(); } catch (e) { es.push(e); } } throw new AggregateError(es, "many"); }
Error.stackTraceLimit = 50;
try { process.argv[1] === "many" ? many() : new Cart().load(); } catch (e) {
  const keep = Error.prepareStackTrace;
  const out = [];
  (function tell(e) { if (!e) return; out.push(e.name + " " + e.stack.split("\n").filter(l => /^ +at /.test(l)).length); tell(e.cause); (e.errors || []).forEach(tell); })(e);
  console.log(out.join("\n"));
  console.error(e);
}
"#;

#[test]
fn node() {
    for what in ["cause", "many"] {
        let Some((text, truth)) = run("node", &["-e", NODE, what]) else { continue };
        let parsed = parse(&text, None).unwrap();
        assert_eq!(parsed.language, Language::JavaScript);
        let kinds =
            parsed.thrown.iter().map(|t| format!("{} {}", t.type_name.as_deref().unwrap_or(""), t.frames.len()));
        assert_eq!(kinds.collect::<Vec<_>>(), truth.lines().collect::<Vec<_>>(), "{text}");
        let root = parsed.thrown.last().unwrap();
        assert!(matches!(root.relation, Relation::Cause | Relation::Beside));
        if what == "cause" {
            assert_eq!(parsed.thrown[0].message.as_deref(), Some("two\nlines: x"));
            assert_eq!(root.frames[0].method.as_deref(), Some("deep"));
            assert!(root.frames[0].line.is_some() && root.frames[0].column.is_some());
        }
    }
}

const JAVA: &str = r#"
import java.util.*;
import java.util.function.*;
public class Shop {
    static class Closing implements AutoCloseable { public void close() { throw new IllegalStateException("closing"); } }
    static int deep(int n) { return n == 0 ? Integer.parseInt("x") : deep(n - 1); }
    static void load() {
        try (Closing c = new Closing()) { deep(4); }
        catch (NumberFormatException e) { throw new RuntimeException("two\nlines: x", e); }
    }
    static void tell(Throwable e, List<String> out) {
        StringBuilder line = new StringBuilder(e.getClass().getName());
        for (StackTraceElement f : e.getStackTrace())
            line.append(" ").append(f.getMethodName()).append(":").append(Math.max(0, f.getLineNumber()));
        out.add(line.toString());
        for (Throwable s : e.getSuppressed()) tell(s, out);
        if (e.getCause() != null) tell(e.getCause(), out);
    }
    public static void main(String[] args) {
        Supplier<Integer> lambda = () -> { load(); return 1; };
        try { Arrays.asList(1, 2).forEach(x -> lambda.get()); }
        catch (RuntimeException e) {
            List<String> out = new ArrayList<>(); tell(e, out);
            System.out.println(String.join("\n", out)); e.printStackTrace();
        }
    }
}
"#;

#[test]
fn java() {
    let folder = std::env::temp_dir().join(format!("symbolicate-inputs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("Shop.java");
    std::fs::write(&file, JAVA).unwrap();
    let outcome = run("java", &[file.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
    let Some((text, truth)) = outcome else { return };
    let parsed = parse(&text, None).unwrap();
    assert_eq!(parsed.language, Language::Jvm);
    assert_eq!(
        told(&parsed, |frame| frame.method.clone().unwrap_or_default()),
        truth.lines().collect::<Vec<_>>(),
        "{text}"
    );
    assert_eq!(parsed.thrown[0].message.as_deref(), Some("two\nlines: x"));
}

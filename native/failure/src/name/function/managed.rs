//! Functions of managed languages: what compilers make of async methods, iterators, lambdas and local functions goes
//! back to the method it stands in, and numbers that are new in every build or run go.

use std::borrow::Cow;

use vocabulary::Language;

use super::java;

/// Generated names inside generated names; a compiler nests no deeper.
const MAX_NESTING: usize = 8;

/// The function without what its compiler made of it.
pub(super) fn clean(text: &str, language: Language) -> Cow<'_, str> {
    match language {
        Language::Clr => clr(text),
        Language::Jvm => jvm(text),
        Language::JavaScript => javascript(text),
        Language::Dart => dart(text),
        Language::Python | Language::Cpp | Language::ObjectiveC | Language::Unknown => Cow::Borrowed(text),
    }
}

/// `_CartState.build.<anonymous closure>.<anonymous closure>` to `_CartState.build.{lambda}`, `new Cart.of` to
/// `Cart.of`.
fn dart(text: &str) -> Cow<'_, str> {
    const CLOSURE: &str = ".<anonymous closure>";
    let text = text.strip_prefix("new ").unwrap_or(text);
    match text.find(CLOSURE) {
        Some(at) => Cow::Owned([&text[..at], ".{lambda}", &text[at..].replace(CLOSURE, "")].concat()),
        None => Cow::Borrowed(text),
    }
}

/// `A.<Foo>d__12.MoveNext` to `A.Foo`, `A.<>c__DisplayClass3_0.<Bar>b__0` to `A.Bar.{lambda}`, `A.<Main>g__Local|0_0`
/// to `A.Main.Local`, `A.B+C.M` to `A.B.C.M`.
fn clr(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'<' | b'[' | b'+' | b'@' | b'$' | b'_' | b'(')) {
        return Cow::Borrowed(text);
    }
    // Parameters, where a debugger printed them.
    let text = text.split('(').next().unwrap_or(text);
    let mut out: Vec<Cow<'_, str>> = Vec::new();
    let parts = components(text);
    let mut parts = parts.into_iter().peekable();
    while let Some(part) = parts.next() {
        // `..ctor`.
        if part.is_empty() {
            if let Some(next) = parts.next() {
                out.push(Cow::Owned(format!(".{next}")));
            }
            continue;
        }
        let part = without_arguments(part);
        if part.starts_with("<>f__AnonymousType") {
            out.push(Cow::Borrowed("<>f__AnonymousType"));
        } else if part.starts_with("<>") || part.starts_with("_Closure$__") {
            // `<>c`, `<>c__DisplayClass3_0`: what holds lambdas.
        } else if let Some(state_machine) = generated(part, &mut out) {
            if state_machine {
                // `MoveNext`, `System.Collections.IEnumerator.Reset`: the machine's own methods.
                break;
            }
        } else if let Some(method) = visual_basic_machine(part) {
            out.push(Cow::Borrowed(method));
            break;
        } else if part.starts_with("_Lambda$__") {
            out.push(Cow::Borrowed("{lambda}"));
        } else if let Some((method, number)) = part.split_once('@')
            && number.starts_with(|c: char| c.is_ascii_digit())
        {
            // F#: a closure is called by the function and line it stands in.
            out.push(Cow::Borrowed(method));
            out.push(Cow::Borrowed("{lambda}"));
            break;
        } else {
            out.push(Cow::Borrowed(without_number(part)));
        }
    }
    Cow::Owned(out.join("."))
}

/// The parts between dots and nesting signs, brackets left whole.
fn components(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'[' => depth += 1,
            b'>' | b']' => depth = depth.saturating_sub(1),
            b'.' | b'+' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Without type arguments: ``List`1[System.Int32]``, ``List`1<System.__Canon>``, `M[T]`.
fn without_arguments(part: &str) -> &str {
    let generic = match part.find('`') {
        Some(tick) => part[tick..].find(['[', '<']).map(|end| tick + end),
        None => part.find('['),
    };
    match generic {
        Some(end) if end > 0 => &part[..end],
        _ => part,
    }
}

/// The method that a compiler-generated name belongs to; whether it is of a state machine. None for other names.
fn generated<'t>(part: &'t str, out: &mut Vec<Cow<'t, str>>) -> Option<bool> {
    let (mut inner, mut marks) = (part, Vec::new());
    for _ in 0..MAX_NESTING {
        let Some((method, mark)) = taken_apart(inner) else { break };
        marks.push(mark);
        inner = method;
    }
    if marks.is_empty() {
        return None;
    }
    out.push(Cow::Borrowed(inner));
    let mut state_machine = false;
    // From the inside out: `<<Bar>b__0>d`.
    for mark in marks.iter().rev() {
        match mark.as_bytes() {
            [b'b', b'_', b'_', ..] => out.push(Cow::Borrowed("{lambda}")),
            [b'g', b'_', b'_', ..] => out.push(Cow::Borrowed(mark[3..].split('|').next().unwrap_or(""))),
            [b'd', ..] => state_machine = true,
            _ => {}
        }
    }
    Some(state_machine)
}

/// `Foo` and `d__12` of `<Foo>d__12`. `<Module>` is a name.
fn taken_apart(part: &str) -> Option<(&str, &str)> {
    let inner = part.strip_prefix('<')?;
    let mut depth = 1_usize;
    let end = inner.bytes().position(|byte| {
        match byte {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let mark = &inner[end + 1..];
    (end > 0 && !mark.is_empty()).then_some((&inner[..end], mark))
}

/// `Foo` of `VB$StateMachine_12_Foo`.
fn visual_basic_machine(part: &str) -> Option<&str> {
    let rest = part.strip_prefix("VB$StateMachine_")?;
    let (number, method) = rest.split_once('_')?;
    number.bytes().all(|b| b.is_ascii_digit()).then_some(method)
}

/// Classes that libraries make while the program runs: `Foo_4F2D0A9B1C3E5F60…` of Entity Framework, `lambda_method123`.
fn without_number(part: &str) -> &str {
    if let Some(number) = part.strip_prefix("lambda_method")
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return "lambda_method";
    }
    match part.rsplit_once('_') {
        Some((name, hash)) if !name.is_empty() && hash.len() >= 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name
        }
        _ => part,
    }
}

/// As [`java::clean`], and names that R8, method handles, Groovy and Clojure count.
fn jvm(text: &str) -> Cow<'_, str> {
    let text = match text.find("$r8$lambda$") {
        Some(at) => Cow::Owned(format!("{}$r8$lambda", &text[..at])),
        None if text.contains(['$', 'G']) => java::clean(text),
        None => Cow::Borrowed(text),
    };
    // `LambdaForm$MH/0x0000000800c1`: a hidden class has its address.
    let text = match text.find("/0x") {
        Some(at) => {
            let end = text[at + 3..].find(|c: char| !c.is_ascii_hexdigit()).map_or(text.len(), |end| at + 3 + end);
            Cow::Owned(format!("{}{}", &text[..at], &text[end..]))
        }
        None => text,
    };
    // A proxy's package is counted too: `jdk.proxy2.$Proxy12`, `com.sun.proxy.$Proxy12`.
    if let Some(at) = text.find(".$Proxy")
        && text[..at].contains("proxy")
    {
        return Cow::Owned(text[at + 1..].to_owned());
    }
    counted(text, &["_closure", "fn__", "eval", "$anonfun$"])
}

/// V8 puts the receiver before a function, other engines do not; bundlers and transpilers count.
fn javascript(text: &str) -> Cow<'_, str> {
    const RECEIVERS: [&str; 8] =
        ["Object.", "Function.", "Module.", "Window.", "global.", "globalThis.", "_class.", "window."];
    let text = text.strip_prefix("async ").unwrap_or(text);
    let text = text.split(" [as ").next().unwrap_or(text);
    let mut name = RECEIVERS.iter().find_map(|receiver| text.strip_prefix(receiver)).unwrap_or(text);
    // Hermes: generators.
    if let Some(rest) = name.strip_prefix("?anon_") {
        name = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('_');
    }
    if matches!(name, "" | "<anonymous>" | "anonymous" | "?") {
        return Cow::Borrowed("(anonymous)");
    }
    // `foo$1` of Rollup, `_callee12$` and `_loop2` of Babel.
    let name = match name.rsplit_once('$') {
        Some((start, digits))
            if !start.is_empty() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            start
        }
        _ => name,
    };
    counted(Cow::Borrowed(name), &["_callee", "_loop", "_ref"])
}

/// Without the digits behind certain words.
fn counted<'t>(text: Cow<'t, str>, words: &[&str]) -> Cow<'t, str> {
    let mut text = text;
    for word in words {
        if let Some(at) = text.find(word) {
            let digits = at + word.len();
            let end = text[digits..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| digits + end);
            // `evaluate2` is a name.
            let whole = text[end..].is_empty() || text[end..].starts_with(['.', '$', '_', '-']);
            if end > digits && whole {
                text = Cow::Owned(format!("{}{}", &text[..digits], &text[end..]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, cases: &[(&str, &str)]) {
        for (raw, expected) in cases {
            assert_eq!(clean(raw, language), *expected, "{raw}");
            assert_eq!(clean(expected, language), *expected, "again: {raw}");
        }
    }

    #[test]
    fn clr_names() {
        check(
            Language::Clr,
            &[
                ("A.B.Foo", "A.B.Foo"),
                ("A.B..ctor", "A.B..ctor"),
                ("A.B..cctor", "A.B..cctor"),
                ("A.B+C.M", "A.B.C.M"),
                ("A.B.<Foo>d__12.MoveNext", "A.B.Foo"),
                ("A.B+<Foo>d__12`1.MoveNext", "A.B.Foo"),
                ("A.B.<Foo>d__3.System.Collections.IEnumerator.Reset", "A.B.Foo"),
                ("A.B.<>c__DisplayClass3_0.<Bar>b__0", "A.B.Bar.{lambda}"),
                ("A.B.<>c.<Bar>b__5_2", "A.B.Bar.{lambda}"),
                ("A.B.<>c.<<Bar>b__0_0>d.MoveNext", "A.B.Bar.{lambda}"),
                ("A.B.<Main>g__Local|0_0", "A.B.Main.Local"),
                ("A.B.<>c__DisplayClass0_0.<<Main>g__Local|1>d.MoveNext", "A.B.Main.Local"),
                ("Program.<Main>$", "Program.Main"),
                ("Program.<<Main>$>g__Run|0_1", "Program.Main.Run"),
                ("<Module>.Foo", "<Module>.Foo"),
                ("A.List`1[System.Int32].Add", "A.List`1.Add"),
                ("A.List`1<System.__Canon>.Add", "A.List`1.Add"),
                ("A.B.M[T]", "A.B.M"),
                ("<>f__AnonymousType3`2.ToString", "<>f__AnonymousType.ToString"),
                ("App.VB$StateMachine_12_Load.MoveNext", "App.Load"),
                ("App.Form._Closure$__3-0._Lambda$__0", "App.Form.{lambda}"),
                ("Program.run@12-1.Invoke", "Program.run.{lambda}"),
                ("DynamicClass.lambda_method12", "DynamicClass.lambda_method"),
                (
                    "System.Data.Entity.DynamicProxies.User_4F2D0A9B1C3E5F60AA.get_Name",
                    "System.Data.Entity.DynamicProxies.User.get_Name",
                ),
            ],
        );
    }

    #[test]
    fn jvm_names() {
        check(
            Language::Jvm,
            &[
                ("a.B.m", "a.B.m"),
                ("a.B$1.run", "a.B$.run"),
                ("a.B.access$000", "a.B.access$"),
                ("a.B$$Lambda$14/0x0000000800c03000.run", "a.B$$Lambda.run"),
                ("a.B$$ExternalSyntheticLambda0.onClick", "a.B$$ExternalSyntheticLambda.onClick"),
                ("a.-$$Lambda$Main$kcVZrKkFh1.run", "a.-$$Lambda.run"),
                ("jdk.proxy2.$Proxy12.call", "$Proxy.call"),
                ("com.sun.proxy.$Proxy12.call", "$Proxy.call"),
                ("a.B.$r8$lambda$Ab3dEf", "a.B.$r8$lambda"),
                ("a.B.lambda$onCreate$0", "a.B.lambda$onCreate$"),
                ("java.lang.invoke.LambdaForm$MH/0x00007f.invoke", "java.lang.invoke.LambdaForm$MH.invoke"),
                (
                    "jdk.internal.reflect.GeneratedMethodAccessor12.invoke",
                    "jdk.internal.reflect.GeneratedMethodAccessor.invoke",
                ),
                ("Script$_run_closure12.doCall", "Script$_run_closure.doCall"),
            ],
        );
    }

    #[test]
    fn javascript_names() {
        check(
            Language::JavaScript,
            &[
                ("foo", "foo"),
                ("Object.foo", "foo"),
                ("Foo.bar", "Foo.bar"),
                ("Object.<anonymous>", "(anonymous)"),
                ("anonymous", "(anonymous)"),
                ("?anon_0_fetch", "fetch"),
                ("render$12", "render"),
                ("_callee3$", "_callee$"),
                ("Object.a [as b]", "a"),
            ],
        );
    }
}

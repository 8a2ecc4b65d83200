//! Texts and what they come to.
#![allow(clippy::unwrap_used)]

use super::*;

fn name(raw: &str, style: Style) -> Option<String> {
    clean(raw, style).map(|function| function.to_string())
}

fn check(style: Style, cases: &[(&str, &str)]) {
    for (raw, expected) in cases {
        assert_eq!(name(raw, style).as_deref(), Some(*expected), "{raw}");
        assert_eq!(name(expected, style).as_deref(), Some(*expected), "again: {raw}");
    }
}

#[test]
fn itanium() {
    check(
        Style::Itanium,
        &[
            ("main", "main"),
            ("void foo<int>(int)", "foo<int>"),
            ("ns::Foo::bar(int, char const*) const", "ns::Foo::bar"),
            ("std::map<int, std::string>::at(int const&) const &", "std::map<int, std::string>::at"),
            ("(anonymous namespace)::foo(int)", "`anonymous namespace'::foo"),
            ("A<(anonymous namespace)::B>::f()", "A<`anonymous namespace'::B>::f"),
            ("{anonymous}::foo(int)", "`anonymous namespace'::foo"),
            ("Foo::operator()(int) const", "Foo::operator"),
            ("Foo::operator()<int>(int) const", "Foo::operator()<int>"),
            ("Foo::operator<<(int)", "Foo::operator<<"),
            ("Foo::operator<=>(Foo const&) const", "Foo::operator<=>"),
            ("bool operator< <int>(A<int> const&)", "operator< <int>"),
            ("Foo::operator unsigned int() const", "Foo::operator unsigned int"),
            ("Foo::operator A<int, (B)1>() const", "Foo::operator A<int, (B)1>"),
            ("Foo::operator void (*)(int)()", "Foo::operator void (*)(int)"),
            ("Foo::operator->() const", "Foo::operator->"),
            ("Foo::operator[](int)", "Foo::operator[]"),
            ("operator new(unsigned long)", "operator new"),
            ("operator delete[](void*)", "operator delete[]"),
            ("operator\"\" _kb(unsigned long long)", "operator\"\" _kb"),
            ("my_operator(int)", "my_operator"),
            ("f(int)::{lambda(char)#2}::operator()(char) const", "f::{lambda}::operator"),
            ("f(int) const::{lambda(char)#2}::operator()(char) const", "f::{lambda}::operator"),
            ("f(int)::'lambda0'(char)::operator()(char) const", "f::{lambda}::operator"),
            ("f()::$_12::operator()() const", "f::$_::operator"),
            ("main(int, char**)::<lambda(int)>::operator()(int) const", "main::{lambda}::operator"),
            ("main::(anonymous class)::operator()() const", "main::{lambda}::operator"),
            ("void run<main(int, char**)::<lambda()> >(int)", "run<main(int, char**)::{lambda} >"),
            ("f()::{unnamed type#3}::g()", "f::{unnamed}::g"),
            ("std::function<f(int)::{lambda(int)#3}>::call()", "std::function<f(int)::{lambda}>::call"),
            ("foo(int) [clone .isra.0] [clone .cold]", "foo"),
            ("foo(int) (.cold)", "foo"),
            ("foo.isra.0.part.1", "foo"),
            ("foo.constprop.0.cold", "foo"),
            ("foo.llvm.1234567", "foo"),
            ("foo.lto_priv.0", "foo"),
            ("foo.1234", "foo"),
            (".cold", ".cold"),
            (".isra.0+0x12(", ".isra.0"),
            ("@12.isra.0+0x12(int)", "@12"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("memcpy@GLIBC_2.2.5", "memcpy"),
            ("read@plt", "read"),
            ("foo+0x1a", "foo"),
            ("A::operator+(A const&)", "A::operator+"),
            ("std::string::foo[abi:cxx11](int)", "std::string::foo"),
            ("A<foo[abi:cxx11]()>::b()", "A<foo()>::b"),
            ("non-virtual thunk to A::f()", "A::f"),
            ("virtual thunk to A::f(int) const", "A::f"),
            ("decltype(auto) ns::f<int>(int)", "ns::f<int>"),
            ("decltype (f({parm#1})) ns::g<int>(int)", "ns::g<int>"),
            ("void (*ns::get<int>(int))(char)", "ns::get<int>"),
            ("int (&f())[3]", "f"),
            ("char const* f(int)", "f"),
            ("char *f(int)", "f"),
            ("f<A, (B)1>(int (*)(char))", "f<A, (B)1>"),
            ("A::f() const &&", "A::f"),
            ("A::~A()", "A::~A"),
            ("vtable for A", "vtable for A"),
            ("invocation function for block in A::f(int)", "A::f_block_invoke"),
            ("constant_f(int) const", "constant_f"),
        ],
    );
    for raw in ["", "  ", "??", "?? ()", "<redacted>", "<name omitted>", "___lldb_unnamed_symbol12", "<unknown>"] {
        assert_eq!(name(raw, Style::Itanium), None, "{raw}");
    }
}

#[test]
fn rust() {
    check(
        Style::Itanium,
        &[
            ("core::ptr::drop_in_place::h0123456789abcdef", "core::ptr::drop_in_place"),
            ("expect_failed::h7f6350::blah", "expect_failed::h7f6350::blah"),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "<alloc::vec::Vec<T> as core::ops::Drop>::drop"),
            ("<F as core::ops::FnOnce<(A, B)>>::call_once", "<F as core::ops::FnOnce<(A, B)>>::call_once"),
            ("app::main::{{closure}}::h0123456789abcdef", "app::main::{{closure}}"),
            ("app::main::{closure#0}", "app::main::{closure}"),
            ("app::call::<fn(u32) -> bool>", "app::call::<fn(u32) -> bool>"),
            ("core[846817f741e54dfd]::slice::sort::<u8>", "core::slice::sort::<u8>"),
            ("core::fmt::{impl#3}::fmt", "core::fmt::{impl}::fmt"),
            ("static (A, B) app::pair()", "app::pair"),
            ("_$LT$T$u20$as$u20$core..any..Any$GT$::type_id", "_$LT$T$u20$as$u20$core..any..Any$GT$::type_id"),
        ],
    );
}

#[test]
fn windows() {
    check(
        Style::Windows,
        &[
            ("static void Foo<A, B>::bar(int)", "Foo<A, B>::bar"),
            ("`anonymous namespace'::X::f", "`anonymous namespace'::X::f"),
            ("?A0x1a2b3c4d::X::f", "`anonymous namespace'::X::f"),
            ("`Foo::Bar'::`2'::<lambda_1>::operator()", "`Foo::Bar'::`2'::<lambda_1>::operator"),
            (
                "<lambda_69bdfca26b73dea3b2b1753c36546a2a>::operator()",
                "<lambda_69bdfca26b73dea3b2b1753c36546a2a>::operator",
            ),
            ("Foo::`scalar deleting destructor'(unsigned int)", "Foo::`scalar deleting destructor'"),
            (
                "public: virtual void * __ptr64 __cdecl Foo::`vector deleting destructor'(unsigned int) __ptr64",
                "Foo::`vector deleting destructor'",
            ),
            ("_foo@12", "foo"),
            ("@foo@8", "foo"),
            ("foo@@16", "foo"),
            (
                "CApiConvertString::operator unsigned short const *",
                "CApiConvertString::operator unsigned short const *",
            ),
            ("public: virtual int __cdecl A::f(void)", "A::f"),
            ("public: __thiscall A::A(int)", "A::A"),
            ("protected: static class B<C *> & __cdecl A::f(int, void (__cdecl*)(int))", "A::f"),
            ("public: static int A::x", "A::x"),
            ("void (__cdecl*__cdecl get(int))(char)", "get"),
            ("[thunk]: public: virtual long __stdcall A::Release(void)", "A::Release"),
            ("[thunk]:A::QueryInterface`adjustor{12}' (_GUID const&, void**)", "A::QueryInterface`adjustor{12}'"),
            ("public: __cdecl A::operator bool(void)const ", "A::operator bool"),
            ("System.Windows.Input.KeyboardNavigation..ctor", "System.Windows.Input.KeyboardNavigation..ctor"),
            ("A.App+<>c__DisplayClass22_0.<Dispose>b__0", "A.App+<>c__DisplayClass22_0.<Dispose>b__0"),
            ("style::impl$3::f", "style::impl$3::f"),
            ("foo.cold", "foo"),
            ("Foo.Resume", "Foo.Resume"),
            (
                "rtc::FunctorMessageHandler<bool,`lambda at ../../pc/rtpsender.cc:109:22'>::OnMessage",
                "rtc::FunctorMessageHandler<bool,`lambda at ../../pc/rtpsender.cc:109:22'>::OnMessage",
            ),
            (
                "InterfacePtrState<content::mojom::URLLoaderClient,1>::Swap",
                "InterfacePtrState<content::mojom::URLLoaderClient,1>::Swap",
            ),
            ("CContext::TID3D11DeviceContext_SOSetTargets_<2>", "CContext::TID3D11DeviceContext_SOSetTargets_<2>"),
        ],
    );
}

#[test]
fn apple() {
    check(
        Style::Apple,
        &[
            ("-[Foo bar:baz:]", "-[Foo bar:baz:]"),
            ("+[Foo(Category) bar]", "+[Foo(Category) bar]"),
            ("-[Foo bar].cold.1", "-[Foo bar]"),
            ("__44-[Foo bar]_block_invoke_2", "-[Foo bar]_block_invoke"),
            ("__44-[Foo bar]_block_invoke.53", "-[Foo bar]_block_invoke"),
            ("__main_block_invoke_2", "__main_block_invoke"),
            ("__copy_helper_block_8_32s40s", "__copy_helper_block_"),
            ("App.Model.load(from: Swift.String) -> ()", "App.Model.load(from: Swift.String) -> ()"),
            ("Model.load(from:)", "Model.load(from:)"),
            ("specialized Model.load(from:)", "Model.load(from:)"),
            ("closure #1 in Model.load(from:)", "closure #1 in Model.load(from:)"),
            ("partial apply for closure #1 in Model.load(from:)", "closure #1 in Model.load(from:)"),
            ("generic specialization <Swift.Int> of A.f(x: Swift.Int) -> ()", "A.f(x: Swift.Int) -> ()"),
            ("(1) suspend resume partial function for A.f() async -> ()", "A.f() async -> ()"),
            ("A.f()", "A.f()"),
            ("@objc ViewController.viewDidLoad()", "ViewController.viewDidLoad()"),
            ("std::__1::vector<int>::at(unsigned long)", "std::__1::vector<int>::at"),
            ("<F as FnOnce<(A,)>>::call_once::<fn(A) -> B>", "<F as FnOnce<(A,)>>::call_once::<fn(A) -> B>"),
            ("foo (in bar) + 52", "foo"),
        ],
    );
}

#[test]
fn java() {
    check(
        Style::Itanium,
        &[
            ("com.example.Main.run(Main.java:12)", "com.example.Main.run"),
            ("com.example.Activity.resume", "com.example.Activity.resume"),
            ("com.example.Foo.destroy", "com.example.Foo.destroy"),
            ("a.B$$Lambda$14/0x0000000800c03000.run", "a.B$$Lambda.run"),
            ("a.B$$Lambda/0x0000000800c03000.run", "a.B$$Lambda.run"),
            ("a.B$$ExternalSyntheticLambda3.run", "a.B$$ExternalSyntheticLambda.run"),
            ("a.B$1.run", "a.B$.run"),
            ("a.B$f$1$2.invoke", "a.B$f$$.invoke"),
            ("a.B$Inner.run", "a.B$Inner.run"),
            ("a.B.access$000", "a.B.access$"),
            ("a.B.lambda$main$0", "a.B.lambda$main$"),
            ("a.B$$EnhancerBySpringCGLIB$$1a2b3c4d.get", "a.B$$EnhancerBySpringCGLIB.get"),
            ("a.B$$FastClassByCGLIB$$1a2b.invoke", "a.B$$FastClassByCGLIB.invoke"),
            ("a.B$$SpringCGLIB$$0.get", "a.B$$SpringCGLIB.get"),
            ("com.sun.proxy.$Proxy12.get", "com.sun.proxy.$Proxy.get"),
            ("sun.reflect.GeneratedMethodAccessor123.invoke", "sun.reflect.GeneratedMethodAccessor.invoke"),
        ],
    );
}

#[test]
fn collapsed() {
    for (raw, expected) in [
        ("a<b<c>, d>::e<f>", "a<T>::e<T>"),
        ("A::operator<", "A::operator<"),
        ("A::operator<<", "A::operator<<"),
        ("A::operator<=>", "A::operator<=>"),
        ("<A as B<C>>::f", "<A as B<T>>::f"),
        ("a<b", "a<T>"),
        ("f::<u8>", "f<T>"),
        ("a::<impl B<C> for D>::f", "a::<impl B<T> for D>::f"),
        ("`anonymous namespace'::f", "(anonymous namespace)::f"),
        ("`Foo::Bar'::`2'::<lambda_1>::operator", "Foo::Bar::{lambda}::operator"),
        ("`void __cdecl Foo::Bar(int)'::`2'::f", "Foo::Bar::f"),
        ("<lambda_69bdfca26b73dea3b2b1753c36546a2a>::operator", "{lambda}::operator"),
        ("A::operator()<int>", "A::operator<T>"),
        ("A::f`adjustor{12}'", "A::f"),
        ("std::__1::vector<int>::at", "std::vector<T>::at"),
        ("std::__ndk1::vector<int>::at", "std::vector<T>::at"),
        ("A::operator unsigned short const *", "A::operator unsigned short const*"),
        ("A.App+<>c__DisplayClass22_0.<Dispose>b__0", "A.App+<>c__DisplayClass.<Dispose>b__"),
        ("style::impl$3::f::closure$0", "style::{impl}::f::{closure}"),
        ("__GI_raise", "raise"),
        ("__memcpy_avx_unaligned_erms", "memcpy"),
        ("__memmove_sse2", "memmove"),
        ("__strlen_chk", "__strlen_chk"),
        ("main", "main"),
    ] {
        assert_eq!(collapse::collapse(raw), expected);
        assert_eq!(collapse::collapse(expected), expected, "again");
        assert_eq!(clean(raw, Style::Windows).unwrap().collapsed(), expected);
    }
}

#[test]
fn nothing_is_copied_that_needs_no_change() {
    for raw in ["main", "ns::f", "A<B>::g", "-[Foo bar]", "std::vector<(A)1>::at", "x y"] {
        assert!(matches!(cleaned(raw, Style::Itanium), Cow::Borrowed(_)), "{raw}");
    }
    assert!(matches!(clean("main", Style::Windows), Some(Function(Kind::Plain("main")))));
}

#[test]
fn hostile() {
    let deep = format!("void {}int{}::f(int)", "a<".repeat(1000), ">".repeat(1000));
    assert!(name(&deep, Style::Itanium).unwrap().ends_with(">::f"));
    assert_eq!(clean(&deep, Style::Itanium).unwrap().collapsed(), "a<T>::f");
    let long = "x".repeat(155 << 10);
    assert_eq!(name(&long, Style::Itanium).unwrap(), long);
    for unit in [
        "<",
        "(",
        "{",
        "`",
        "'",
        "[",
        "(*",
        "a<",
        "operator",
        "operator<",
        "{{",
        "(anonymous",
        "'lambda",
        "`a'::",
        "{lambda(",
        " const",
        "a b(",
        "::h0123456789abcdef",
        ".cold",
        "f()::",
        "$1",
        "$$Lambda",
        "<a as ",
        " (.",
        "[abi:x",
        "<{lambda(",
        "<'lambda'(",
    ] {
        let text = unit.repeat((64 << 10) / unit.len());
        // Milliseconds each; with time that grows as the square it would be minutes.
        for style in [Style::Itanium, Style::Windows] {
            if let Some(function) = clean(&text, style) {
                assert!(function.len() <= 2 * text.len() && function.collapsed().len() <= 2 * text.len());
            }
        }
    }
}

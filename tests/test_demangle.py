"""Mangled names: the function, the command, and other demanglers as witnesses."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import symbolicate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

NAMES = {
    "_ZN2ns1fEi": "ns::f(int)",
    "_RNvC6_123foo3bar": "123foo::bar",
    "_ZN3foo3bar17h0123456789abcdefE": "foo::bar",
    "?f@ns@@YAXXZ": "void __cdecl ns::f(void)",
    "$s4main4ViewC4load4from5retryySS_SbtF": "View.load(from:retry:)",
    "_$s4main4ViewC4load4from5retryySS_SbtFyycfU_TA": "partial apply for closure #1 in View.load(from:retry:)",
    "_TtC4main4View": "View",
    # Plain, Objective-C, not understood: as they are.
    "main": "main",
    "-[Foo(Bar) doThis:with:]": "-[Foo(Bar) doThis:with:]",
    "+[Foo new]": "+[Foo new]",
    "__31-[Foo crash]_block_invoke": "__31-[Foo crash]_block_invoke",
    "_TFC4main4View4loadfT4fromSS_T_": "View.load(from:)",
    "_ZN3foo": "_ZN3foo",
    "$s4main4Vie": "$s4main4Vie",
    "_TFC4main4View4load": "_TFC4main4View4load",
    "_TIFFOpenFile": "_TIFFOpenFile",
    "": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name(name: str) -> None:
    assert symbolicate.demangle(name) == NAMES[name]


@given(st.text())
def test_any_text(text: str) -> None:
    assert symbolicate.demangle("_Z" + text)
    assert symbolicate.demangle("$s" + text)


SWIFT = [
    "$s4main4ViewC4load4from5retryySS_SbtFyycfU_TA",
    "$s4main11ContentViewV7SwiftUI0C0AadEP4body4BodyQzvgTW",
    "$sSDySSSaySiGSgGMa",
    "$s4main3FooV1xSivgTf4n_gTm",
]


@pytest.mark.corpora
def test_the_names_of_swift_3_in_debug_files(corpora: Path) -> None:
    """A framework, a program and what they have of the standard library."""
    found: set[bytes] = set()
    for path in (corpora / "crashprobe").rglob("Contents/Resources/DWARF/*"):
        found.update(
            re.findall(rb"(?<![A-Za-z0-9_$.])_T[FIMTWZ][A-Za-z0-9_]{12,}(?![A-Za-z0-9_$.])", path.read_bytes())
        )
    names = [name.decode() for name in sorted(found)]
    assert len(names) > 1000
    # Specializations that are cut or of a function whose name is not mangled: no demangler reads them.
    unread = [name for name in names if symbolicate.demangle(name) == name]
    assert len(unread) == 11
    assert all(name.startswith("_TTS") for name in unread)


@given(st.sampled_from(SWIFT), st.integers(2, 60), st.text("ABCDSTyG_10zQfU", max_size=30))
def test_damaged_swift_names(name: str, at: int, inserted: str) -> None:
    """Whatever was done to them, there is an answer."""
    assert symbolicate.demangle(name[:at] + inserted + name[at:])
    assert symbolicate.demangle(name[:at])


def test_names_as_arguments(run: Callable[..., Run]) -> None:
    done = run("demangle", "--", *filter(None, NAMES))
    assert (done.code, done.err) == (0, "")
    assert done.text.splitlines() == [text for text in NAMES.values() if text]


def test_words_in_text(run: Callable[..., Run]) -> None:
    text = "#0 _ZN2ns1fEi+0x12 in größe (?f@@YAXXZ) $s4main1fyyF\r\nno newline: _Z1gv".encode() + b" \xff\xfe\0"
    done = run("demangle", stdin=text)
    assert (done.code, done.err) == (0, "")
    expected = "#0 ns::f(int)+0x12 in größe (void __cdecl f(void)) f()\r\nno newline: g()".encode() + b" \xff\xfe\0"
    assert done.out == expected


def test_no_text_is_no_error(run: Callable[..., Run]) -> None:
    done = run("demangle")
    assert (done.code, done.out, done.err) == (0, b"", "")


# Names as compilers write them, with what makes demanglers differ: back references, conversions, pointers to members,
# lambdas, literals, thunks.
ITANIUM_TEXT = """
_ZNSt6vectorIiSaIiEE9push_backERKi _ZNKSt3mapISsiSt4lessISsESaISt4pairIKSsiEEE4findERS3_ _ZN1AcvT_IiEEv _ZN1AcvbEv
_ZThn16_N1A1fEv _ZTv0_n24_N1A1fEv _ZTV1A _ZTI1A _ZTS1A _ZGVZ1fvE1x _ZZ1fvE1x _ZN12_GLOBAL__N_11fEv _Z1fPFviE
_Z1fM1AFviE _Z1fRA10_i _ZN1A1BC1Ev _ZN1A1BD0Ev _ZN1AplERKS_ _ZN1AclEi _ZN1AixEm _ZN1AdeEv _ZN1AptEv _ZNK1AltERKS_
_ZN1AlsIiEERS_T_ _Z1fIiEvT_ _Z1fIJidEEvDpT_ _Z1fILi3EEvv _ZN2ns1fB5cxx11Ei _Z3fooILb1EEvv _ZnwmSt11align_val_t _ZdaPv
_Z1fu8__int128 _Z1fPU3AS1i _ZNO1A1fEv _ZNKR1A1fEv _Z1fDn _Z1fOi _Z1fz _Z1fv.isra.0 _Z1fv.cold _Z1fv.part.3.constprop.1
_ZNSt8functionIFviEEC2IZ1fvEUliE_vEET_ _ZZN1A1fEvENKUliE_clEi _ZZ1fvENUt_1gEv _ZN1A1fEPKcz _Z1fSt4pairIiS_IidEE
_ZN9__gnu_cxx17__normal_iteratorIPiSt6vectorIiSaIiEEEppEv _ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_
"""
ITANIUM = ITANIUM_TEXT.split()


# What ours writes otherwise, and why.
OTHERWISE = {
    "_Z1fDn": "f(std::nullptr_t)",  # the type's name; GNU writes decltype(nullptr)
    # Microsoft's own undname says "deleting destructor", LLVM's "deleting dtor".
    "??_Gklass@@UEAAPEAXI@Z": "public: virtual void * __cdecl klass::`scalar deleting destructor'(unsigned int)",
    "??_Eklass@@UEAAPEAXI@Z": "public: virtual void * __cdecl klass::`vector deleting destructor'(unsigned int)",
}


def test_itanium_names_as_binutils_has_them() -> None:
    cxxfilt = pytest.importorskip("cxxfilt")
    compare({name: cxxfilt.demangle(name) for name in ITANIUM})


def compare(theirs: dict[str, str]) -> None:
    """Ours against theirs, without spaces, about which demanglers never agreed."""
    ours = {name: symbolicate.demangle(name) for name in theirs}
    different = {name for name in theirs if ours[name].replace(" ", "") != theirs[name].replace(" ", "")}
    assert {name: ours[name] for name in different} == {
        name: text for name, text in OTHERWISE.items() if name in theirs
    }


MSVC_TEXT = """
?f@@YAXXZ ?f@ns@@YAHPEBDH@Z ??0klass@@QEAA@H@Z ??1klass@@UEAA@XZ ??_Gklass@@UEAAPEAXI@Z ??_Eklass@@UEAAPEAXI@Z
??Rklass@@QEBAHH@Z ??Bklass@@QEBA_NXZ ??Hklass@@QEBA?AV0@AEBV0@@Z ??4klass@@QEAAAEAV0@AEBV0@@Z ??_7klass@@6B@
?s@klass@@2HA ?f@klass@@SAXXZ ?f@klass@@MEAAXXZ ?f@?A0x1a2b3c4d@@YAXXZ ?f@?$A@H@ns@@QEAAXV?$B@D@2@@Z
?a@@YAXV?$basic_string@DU?$char_traits@D@std@@V?$allocator@D@2@@std@@@Z ??R<lambda_1>@?1??f@@YAXXZ@QEBA@H@Z
?f@@YAXP6AHH@Z@Z ?f@@YAXPEAH0@Z ??$f@H@@YAXH@Z ?f@@YAX$$QEAH@Z ?f@@YAX$$T@Z ?g@@YAPEAHXZ ?x@@3HA ??2@YAPEAX_K@Z
"""
MSVC = MSVC_TEXT.split()


def test_microsoft_s_names_as_llvm_has_them() -> None:
    undname = shutil.which("llvm-undname-19") or shutil.which("llvm-undname")
    if undname is None:
        pytest.skip("no llvm-undname here")
    done = subprocess.run([undname], input="\n".join([*MSVC, ""]), capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line]
    theirs = {name: text for name, text in itertools.pairwise(lines) if name in MSVC}
    assert theirs.keys() == set(MSVC), done.stderr
    compare(theirs)

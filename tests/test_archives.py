"""Archives of symbols: every kind gives its files; names lead nowhere; damage and bombs are refused."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import random
import subprocess
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from cabinet_files import cabinet
from places import CORPORA
from symbolicate.errors import ArchiveLimitError
from symbolicate.symbols.archives import BadArchiveError, Limits, cabinets, entries, is_archive, unpack
from symbolicate.symbols.archives.limits import Budget, LimitError, MemberError, damage
from symbolicate.symbols.archives.zip_directory import count_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PD = CORPORA / "debug-files" / "dump_syms" / "windows" / "basic32.pd_"
FEW = Limits(unpacked_bytes=1 << 20, files=100)
FILES = [("a/b.sym", b"MODULE " * 1000), ("empty", b""), ("../../out", b"1"), ("x" * 300, b"2")]


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files:
            target.writestr(name, data)
    return packed.getvalue()


def tarred(*files: tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as target:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            target.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def zstd(data: bytes) -> bytes:
    """A frame of uncompressed blocks."""
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)] or [b""]
    packed = b"\x28\xb5\x2f\xfd\x00\x58"
    for number, block in enumerate(blocks):
        packed += (len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little") + block
    return packed


def take(tmp_path: Path, data: bytes, limits: Limits = FEW, name: str = "one.sym") -> list[tuple[str, bytes]]:
    delivered, inside = tmp_path / "delivered", tmp_path / "inside"
    delivered.write_bytes(data)
    inside.mkdir(exist_ok=True)
    found = []
    try:
        for entry in entries(str(delivered), name, str(inside), limits):
            assert not entry.error, entry
            with open(entry.path, "rb") as stream:
                found.append((entry.name, stream.read()))
            assert os.path.getsize(entry.path) == entry.size
    finally:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["delivered", "inside"]
        assert not list(inside.iterdir())
    return found


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_every_file_of_a_tar(tmp_path: Path, kind: str, form: int) -> None:
    packed = KINDS[kind](tarred(*FILES, form=form))
    assert take(tmp_path, packed) == FILES
    assert is_archive(str(tmp_path / "delivered"))


def test_every_file_of_a_zip(tmp_path: Path) -> None:
    assert take(tmp_path, zipped(*FILES)) == FILES


def test_links_and_folders_of_a_tar_are_left_out(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as target:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("a")
            info.type, info.linkname = kind, "/etc/passwd"
            target.addfile(info)
        target.addfile(tarfile.TarInfo("b"))
    assert take(tmp_path, packed.getvalue()) == [("b", b"")]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstd)])
def test_a_file_that_is_compressed_by_itself(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    assert take(tmp_path, pack(b"MODULE x"), name=f"app.sym{suffix}") == [("app.sym", b"MODULE x")]


@pytest.mark.corpora
def test_a_cabinet(tmp_path: Path) -> None:
    [(name, data)] = take(tmp_path, PD.read_bytes(), Limits())
    assert name == "basic32.pdb"
    assert data.startswith(b"Microsoft C/C++ MSF 7.00")
    if os.path.exists("/usr/bin/cabextract"):
        assert subprocess.run(["cabextract", "-p", PD], capture_output=True, check=True).stdout == data


def zeros(size: int) -> bytes:
    """A cabinet with one file of zeros, `app.pdb`."""
    return cabinet("app.pdb", [bytes(1 << 15)] * (size >> 15) + [bytes(size % (1 << 15))] * (size % (1 << 15) > 0))


def test_a_cabinet_is_unpacked_no_further_than_it_may(tmp_path: Path) -> None:
    class Timed(Budget):
        def take(self, size: int, name: str) -> None:
            super().take(size, name)
            if self.left < 900 << 20:
                raise LimitError("the time is over")

    assert take(tmp_path, zeros(100_000)) == [("app.pdb", bytes(100_000))]
    packed, target = tmp_path / "app.pd_", tmp_path / "app.pdb"
    packed.write_bytes(zeros(1000 << 20))
    [member] = cabinets.members(str(packed), budget := Timed(Limits(unpacked_bytes=1000 << 20)))
    assert member.head() == bytes(512)
    with pytest.raises(LimitError, match="the time is over"):
        member.extract(str(target), budget)
    assert target.stat().st_size < 101 << 20
    [member] = cabinets.members(str(packed), Budget(Limits(unpacked_bytes=999 << 20)))
    with pytest.raises(LimitError, match="unpacks to more"):
        member.extract(str(target), Budget(Limits(unpacked_bytes=999 << 20)))


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstd])
def test_what_no_file_gets_takes_time_as_well(packed: Callable[[bytes], bytes], tmp_path: Path) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.size = tarfile.SYMTYPE, 1 << 19
    archive = packed(link.tobuf() + bytes(link.size) + bytes(1024))
    assert take(tmp_path, archive) == []
    with pytest.raises(BadArchiveError, match="takes longer to unpack"):
        take(tmp_path, archive, Limits(ends=time.monotonic()))


def test_archives_in_archives(tmp_path: Path) -> None:
    inner = zipped(("app.so", b"\x7fELF"))
    outer = zipped(("lib/inner.zip", gzip.compress(tarred(("again.zip", inner)))), ("z", b"1"))
    assert take(tmp_path, outer) == [("lib/inner.zip/again.zip/app.so", b"\x7fELF"), ("z", b"1")]


def test_archives_in_too_many_others_and_damaged_ones_are_reported(tmp_path: Path) -> None:
    packed = zipped(("a", b"1"))
    for _ in range(5):
        packed = zipped(("in.zip", packed), ("bad.zip", b"PK\3\4nothing"), ("good", b"1"))
    (tmp_path / "a.zip").write_bytes(packed)
    (tmp_path / "in").mkdir()
    found = list(entries(str(tmp_path / "a.zip"), "a.zip", str(tmp_path / "in"), FEW))
    assert [entry.name for entry in found if not entry.error] == [f"{'in.zip/' * depth}good" for depth in (3, 2, 1, 0)]
    assert {entry.error for entry in found if entry.error} == {
        "is an archive in too many others",
        "the archive is cut short or damaged: it has no directory of its files",
    }


def test_names_lead_nowhere(tmp_path: Path) -> None:
    files = [("../../out", b"1"), ("/etc/out", b"2"), ("C:\\out", b"3"), ("a/../../out", b"4"), ("..", b"5")]
    for pack in (zipped, tarred):
        assert [data for _, data in take(tmp_path, pack(*files))] == [b"1", b"2", b"3", b"4", b"5"]


def test_junk_of_finder_is_skipped(tmp_path: Path) -> None:
    files = [("__MACOSX/a.sym", b"x"), ("a/._b.sym", b"x"), ("a/.DS_Store", b"x"), ("a/b.sym", b"y")]
    assert take(tmp_path, zipped(*files)) == [("a/b.sym", b"y")]


def test_a_file_that_is_not_an_archive_is_one_entry(tmp_path: Path) -> None:
    assert take(tmp_path, b"MODULE x") == [("one.sym", b"MODULE x")]
    assert not is_archive(str(tmp_path / "delivered"))
    assert not is_archive(str(tmp_path))


ZEROS = b"\0" * (2 << 20)


@pytest.mark.parametrize(
    "packed",
    [
        zipped(("a", ZEROS)),
        gzip.compress(tarred(("a", ZEROS))),
        lzma.compress(tarred(("a", ZEROS))),
        bz2.compress(ZEROS),
        zstd(tarred(("a", ZEROS))),
        zipped(*((str(number), b"") for number in range(101))),
        tarred(*((str(number), b"") for number in range(101))),
        zipped(*((f"{number}.zip", zipped(*((str(one), b"") for one in range(40)))) for number in range(3))),
        zipped(("a.zip", zipped(("b.zip", zipped(("c", ZEROS)))))),
    ],
)
def test_bombs_are_refused(tmp_path: Path, packed: bytes) -> None:
    with pytest.raises(LimitError):
        take(tmp_path, packed)


NOISE = ("a", random.Random(1).randbytes(1000))  # noqa: S311


@pytest.mark.parametrize(
    "packed",
    [
        zipped(NOISE),
        gzip.compress(tarred(NOISE), mtime=0),
        lzma.compress(tarred(NOISE)),
        bz2.compress(tarred(NOISE)),
        zstd(tarred(NOISE)),
        tarred(NOISE, form=tarfile.GNU_FORMAT),
    ],
    ids=["zip", "gz", "xz", "bz2", "zst", "tar"],
)
def test_damage_is_an_error(tmp_path: Path, packed: bytes) -> None:
    # Of a tar, what follows the last file is not needed.
    cuts = [outcome(tmp_path, packed[:cut]) for cut in range(8, len(packed) - 1, 41)]
    assert set(cuts) <= {"whole", "refused"}
    assert cuts[:12] == ["refused"] * 12
    flips = []
    for at in range(8, min(len(packed), 1200), 7):
        damaged = bytearray(packed)
        damaged[at] ^= 0xFF
        flips.append(outcome(tmp_path, bytes(damaged)))
    assert "refused" in flips
    assert len(flips) > 100


def outcome(tmp_path: Path, packed: bytes) -> str:
    """Whether the file in an archive is read as it is, changed, or refused by an error with a reason."""
    delivered, inside = tmp_path / "delivered", tmp_path / "inside"
    delivered.write_bytes(packed)
    inside.mkdir(exist_ok=True)
    found = []
    try:
        for entry in entries(str(delivered), "a.zip", str(inside), FEW):
            if entry.error:
                assert entry.error.removeprefix("cannot be read: ")
                return "refused"
            with open(entry.path, "rb") as stream:
                found.append((entry.name, stream.read()))
    except BadArchiveError:
        return "refused"
    finally:
        assert not list(inside.iterdir())
    return "whole" if found == [NOISE] else "changed"


def test_a_header_of_a_tar_that_asks_for_memory_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.XHDTYPE, 8 << 30
    with pytest.raises(BadArchiveError, match="too long"):
        take(tmp_path, info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)


def header(size: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header of a tar whose field of 12 bytes for the size is this."""
    info = tarfile.TarInfo("a")
    info.type = kind
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("size", [-1, -512, -(1 << 62)])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.DIRTYPE])
def test_a_negative_size_in_a_tar_is_refused(tmp_path: Path, size: int, kind: bytes) -> None:
    block = header(size.to_bytes(12, "big", signed=True), kind)
    with pytest.raises(BadArchiveError, match=r"a: .*header"):
        take(tmp_path, block + b"x" * (3 << 20))


@pytest.mark.parametrize("size", ["1" * 5000, "-1", "", "1e3"])
def test_a_size_in_an_extended_header_that_is_no_number_is_refused(tmp_path: Path, size: str) -> None:
    info = tarfile.TarInfo("b")
    info.pax_headers = {"path": "a", "size": size}
    packed = info.tobuf(tarfile.PAX_FORMAT)
    with pytest.raises(BadArchiveError, match=r"a: .*header"):
        take(tmp_path, packed + b"x" * 1024)


def all_of(tmp_path: Path, packed: bytes) -> tuple[list[str], dict[str, str]]:
    """The names of the files that can be extracted, and the errors of the others."""
    (tmp_path / "delivered").write_bytes(packed)
    (tmp_path / "inside").mkdir()
    found = list(entries(str(tmp_path / "delivered"), "a.zip", str(tmp_path / "inside"), FEW))
    return [one.name for one in found if not one.error], {one.name: one.error for one in found if one.error}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_file_of_a_zip_does_not_hide_the_others(tmp_path: Path, method: int) -> None:
    data = b"".join(b"%d," % number for number in range(3000))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as target:
        for name in ("first", "bad", "last"):
            target.writestr(name, data)
        at = target.infolist()[1].header_offset
    damaged = bytearray(packed.getvalue())
    damaged[at + 60 : at + 160] = b"\xff" * 100
    names, errors = all_of(tmp_path, bytes(damaged))
    assert names == ["first", "last"]
    assert list(errors) == ["bad"]
    assert errors["bad"].startswith("cannot be read: ")


def test_names_of_a_zip_that_are_not_utf_8(tmp_path: Path) -> None:
    packed = zipped(("first", b"1"), ("n\u00e4me", b"2"), ("last", b"3"))
    place = packed.index("n\u00e4me".encode())
    in_file = packed[:place] + b"n\xff\xffme" + packed[place + 5 :]
    names, errors = all_of(tmp_path, in_file)
    assert (names, list(errors)) == (["first", "last"], ["n\u00e4me"])
    with pytest.raises(BadArchiveError, match="not UTF-8"):
        take(tmp_path, packed.replace("n\u00e4me".encode(), b"n\xff\xffme"))


def test_an_archive_in_a_folder(tmp_path: Path) -> None:
    files = [
        ("a/b.sym", b"1"),
        ("../a/b.sym", b"2"),
        ("a", b"3"),
        ("a/b.sym/c", b"4"),
        ("/etc/x", b"5"),
        ("no", b"n"),
        ("bad.zip", b"PK\3\4"),
    ]
    (tmp_path / "a.zip").write_bytes(zipped(*files))
    folder = tmp_path / "folder"
    folder.mkdir()
    refused = list(
        unpack(
            str(tmp_path / "a.zip"), "a.zip", str(folder), FEW, lambda _, head: head in {b"1", b"2", b"3", b"4", b"5"}
        )
    )
    assert [name for name, _ in refused] == ["bad.zip"]
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert sorted(path.read_bytes() for path in found) == [b"1", b"2", b"3", b"4", b"5"]
    assert {path.name for path in found if path.read_bytes() in {b"1", b"2"}} == {"b.sym"}


def folder_of(tmp_path: Path, packed: bytes) -> tuple[list[Path], list[tuple[str, str]]]:
    """The files of an archive in a folder, and those that were refused."""
    (tmp_path / "a.zip").write_bytes(packed)
    folder = tmp_path / "folder"
    folder.mkdir()
    refused = list(unpack(str(tmp_path / "a.zip"), "a.zip", str(folder), Limits(), lambda _name, _head: True))
    return [path for path in folder.rglob("*") if path.is_file()], refused


def test_many_files_of_one_name_are_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def counting(path: str, *, made: Callable[[str], bool] = os.path.lexists) -> bool:
        nonlocal calls
        calls += 1
        return made(path)

    monkeypatch.setattr(os.path, "lexists", counting)
    files = [("a/b.sym", b"%d" % number) for number in range(300)]
    found, refused = folder_of(tmp_path, tarred(*files))
    assert {path.read_bytes() for path in found} == {data for _, data in files}
    assert {path.name for path in found} == {"b.sym"}
    assert not refused
    assert calls < 3 * len(files)


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refusing)
    found, refused = folder_of(tmp_path, zipped(("a/b.sym", b"1")))
    assert [path.read_bytes() for path in found] == [b"1"]
    assert not refused


def test_a_path_that_is_too_long_is_refused_alone(tmp_path: Path) -> None:
    deep = "/".join(["\U0001f600" * 45] * 20)
    inner = zipped((deep, b"1"))
    found, refused = folder_of(tmp_path, zipped(("first", b"1"), (f"{deep}.zip", inner), ("last", b"2")))
    assert sorted(path.name for path in found) == ["first", "last"]
    [(name, reason)] = refused
    assert "\U0001f600" in name
    assert reason == "its path is too long"


def test_a_file_that_is_no_archive_stays_where_it_is(tmp_path: Path) -> None:
    path, folder = tmp_path / "a.sym", tmp_path / "folder"
    path.write_bytes(b"MODULE x")
    folder.mkdir()
    assert not list(unpack(str(path), "a.sym", str(folder), FEW, lambda _name, _head: True))
    assert (folder / "a.sym").read_bytes() == path.read_bytes() == b"MODULE x"


def test_files_of_a_zip_are_counted_before_they_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object) -> None:
        raise AssertionError

    packed = zipped(*((str(number), b"") for number in range(202)))
    # The stated numbers do not count, and a comment or bytes before the archive change nothing.
    end = packed.rindex(b"PK\5\6")
    lying = packed[: end + 8] + b"\1\0\1\0" + packed[end + 12 :]
    commented = packed[:-2] + b"\3\0abc"
    folders = [(f"{number}/", b"") for number in range(100)]
    assert len(take(tmp_path, zipped(*folders, *((str(number), b"") for number in range(100))))) == 100
    monkeypatch.setattr(zipfile, "ZipFile", refusing)
    for one in (packed, lying, commented):
        with pytest.raises(LimitError):
            take(tmp_path, one)


@pytest.mark.parametrize("comment", [b"", b"a comment"])
def test_the_count_is_that_of_the_reader(tmp_path: Path, comment: bytes) -> None:
    for count in (0, 1, 70_000):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as target:
            target.comment = comment
            for number in range(count):
                target.writestr(f"{number}/", b"")
        assert count_files(str(path), 1 << 20) == count
        assert count_files(str(path), 0) == min(count, 1)


def test_a_file_of_a_zip_that_asks_for_memory_is_refused_alone(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as target:
        for name in ("first", "large", "last"):
            target.writestr(name, b"MODULE " * 100)
        at = target.infolist()[1].header_offset + 30 + len("large") + 5
    data = bytearray(packed.getvalue())
    data[at : at + 4] = b"\xff" * 4
    assert all_of(tmp_path, bytes(data)) == (["first", "last"], {"large": "needs too much memory"})


@pytest.mark.parametrize("reason", ["unpacks to more than it may", "too many files are compressed as one"])
def test_limits_of_the_native_readers_end_the_extraction(reason: str) -> None:
    error = damage(ArchiveLimitError(reason), "a/b.pdb")
    assert isinstance(error, LimitError)
    assert str(error) == f"a/b.pdb: {reason}"
    assert isinstance(damage(OSError("anything else"), "a/b.pdb"), MemberError)

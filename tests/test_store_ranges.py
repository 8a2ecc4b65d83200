"""Stored files: what is read of a range is what is in the file, whatever the range, and from few bytes."""

from __future__ import annotations

import io
import os
import random
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbolicate.store import NotFound, Store
from symbolicate.store.symbols import packed
from symbolicate.store.symbols.packed import DamagedError, pack, read_blocks, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES = (0, 1, 1000, packed.BLOCK - 1, packed.BLOCK, packed.BLOCK + 1, 3 * packed.BLOCK + 77)


def content(size: int) -> bytes:
    """Bytes of which half can be compressed."""
    chance = random.Random(size)  # noqa: S311 - the same each time
    return b"".join(chance.randbytes(512) + b"symbols " * 64 for _ in range(size // 1024 + 1))[:size]


class Blob:
    """Counts what is read of a blob."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.count = 0

    def __call__(self, offset: int, length: int) -> bytes:
        self.count += length
        return self.data[offset : offset + length]


@pytest.mark.parametrize("size", SIZES)
def test_a_stored_file_is_read_whole_and_in_blocks(size: int) -> None:
    plain = content(size)
    stored = b"".join(pack(io.BytesIO(plain)))
    unpacker = zlib.decompressobj()
    halves = (stored[: len(stored) // 2], stored[len(stored) // 2 :])
    assert b"".join(one for half in halves for one in unpack(unpacker, half)) == plain
    blob = Blob(stored)
    blocks = read_blocks(blob, len(stored))
    assert blocks is not None
    assert blocks.size == size
    assert b"".join(blocks.read(number, blob) for number in range(len(blocks.ends))) == plain


def test_a_file_of_an_earlier_version_has_no_blocks() -> None:
    for plain in (b"", b"a", content(5000)):
        stored = zlib.compress(plain, 1)
        assert read_blocks(Blob(stored), len(stored)) is None


@given(st.integers(0, 1 << 32), st.integers(0, 7), st.integers(0, 200))
def test_damage_is_noticed(at: int, bit: int, cut: int) -> None:
    plain = content(2 * packed.BLOCK // 512)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packed, "BLOCK", 512)
        stored = bytearray(b"".join(pack(io.BytesIO(plain))))
        stored[at % len(stored)] ^= 1 << bit
        blob = Blob(bytes(stored[: len(stored) - cut % 3 * cut]))
        try:
            blocks = read_blocks(blob, len(blob.data))
            if blocks is None or blocks.size != len(plain):
                return
            for number in range(len(blocks.ends)):
                assert blocks.read(number, blob) == plain[number * 512 : number * 512 + 512]
        except DamagedError:
            pass


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(data=tmp_path_factory.mktemp("store")) as one:
        yield one


def test_a_range_of_a_large_file_needs_few_bytes_of_the_blob(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = content(8 * packed.BLOCK + 123)
    (tmp_path / "large").write_bytes(plain)
    digest, key = store.symbol_files.put(os.fspath(tmp_path / "large"))
    read: list[int] = []
    ranges = store.blobs.range

    def counted(key: str, offset: int, length: int) -> bytes:
        read.append(length)
        return ranges(key, offset, length)

    monkeypatch.setattr(store.blobs, "range", counted)
    file = store.symbol_files.opened(digest)
    assert file is not None
    assert file.size == len(plain)
    for offset, length in ((0, 10), (packed.BLOCK - 4, 10), (5 * packed.BLOCK, 300_000), (len(plain) - 3, 99)):
        found = b""
        while len(found) < min(length, len(plain) - offset):
            found += file.read(offset + len(found), length - len(found))
        assert found == plain[offset : offset + length]
    assert file.read(len(plain), 1) == b""
    assert sum(read) < (store.blobs.size(key) or 0) * 6 // 8
    before = len(read)
    assert file.read(5 * packed.BLOCK, 7) == plain[5 * packed.BLOCK : 5 * packed.BLOCK + 7]
    assert len(read) == before, "the block was read before"
    store.symbol_files.fetch(digest, os.fspath(tmp_path / "whole"))
    assert (tmp_path / "whole").read_bytes() == plain


def test_a_blob_that_is_gone_or_damaged_is_not_found(store: Store, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(content(3000))
    digest, key = store.symbol_files.put(os.fspath(tmp_path / "one"))
    stored = bytearray(store.blobs.get(key))
    stored[40] ^= 1
    store.blobs.put(key, bytes(stored))
    file = store.symbol_files.opened(digest)
    assert file is not None
    with pytest.raises(NotFound, match="damaged"):
        file.read(0, 10)
    with pytest.raises(NotFound):
        store.symbol_files.opened("0" * 64)

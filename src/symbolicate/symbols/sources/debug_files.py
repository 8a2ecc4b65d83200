"""Binaries and debug information files as sources: found by the ids in them, wherever they lie in a folder.

A module has two halves, which may come from different files of one id: symbols, and the tables by which its stack is
unwound. A search reads headers alone, once for each source.
"""

from __future__ import annotations

import os

from symbolicate.locks import Lock
from symbolicate.symbols import ids
from symbolicate.symbols.access import PERMISSION_DENIED
from symbolicate.symbols.candidates import Candidate
from symbolicate.symbols.content import FUNCTIONS, LINES
from symbolicate.symbols.debug_files import TOO_MANY_FILES, best
from symbolicate.symbols.module_line import ModuleLine
from symbolicate.symbols.resolution import Offer, UnwindOffer
from symbolicate.symbols.sources.deprecated import FindMixin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from symbolicate._native import DebugFile
    from symbolicate.symbols.candidates import CandidateOutcome
    from symbolicate.symbols.resolution import Wanted

__all__ = ["DebugFileSource", "DebugFiles", "has_symbols", "head_of", "offer_of", "unwind_offers"]

# How many files of the same name and another id are named where the right one is not found.
_SIMILAR = 3
# Digits of an id before the age.
_GUID_DIGITS = 32
_WITHOUT_SYMBOLS = "is of this build and has no symbols"


class DebugFiles:
    """The binaries and debug information files below a folder, by their ids. May be used by many threads.

    Args:
        root: the folder.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._lock = Lock()
        self._listed: _Listed | None = None

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the files with symbols of this build; without debug information in any, name what there is instead.

        These are the binaries of this build without symbols, and files of the module's names that are damaged, may not
        be read, or have another id.
        """
        listed = self._all()
        files = listed.of(wanted)
        yield from (offer_of(file) for file in files if has_symbols(file))
        if any(file.debug_info for file in files):
            return
        if not any(map(has_symbols, files)):
            yield from (Candidate(file.path, self.root, "missing", _WITHOUT_SYMBOLS) for file in files)
        yield from (Candidate(path, self.root, *_outcome(reason)) for path, reason in listed.refused_of(wanted))
        others = [file for file in listed.named(wanted) if file not in files]
        yield from (Candidate(file.path, self.root, "mismatched", _id(file)) for file in others[:_SIMILAR])
        if listed.is_cut:
            yield Candidate(self.root, self.root, "denied", TOO_MANY_FILES)

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the files with unwind tables of this build, binaries first."""
        return unwind_offers(self._all().of(wanted))

    def has_only_texts(self) -> bool:
        """Whether nothing is here but symbol files in text, as far as their names say."""
        return self._all().has_only_texts

    def search(self, text: str) -> Iterator[str]:
        """Every file here whose id or name is `text`, ignoring case; an id may have dashes and no age."""
        yield from (file.path for file in self._all().files if _is_called(file, text))

    def refresh(self) -> None:
        """List the folder again when it is next needed."""
        with self._lock:
            self._listed = None

    def _all(self) -> _Listed:
        from symbolicate._native import find_debug_files

        with self._lock:
            if self._listed is None:
                self._listed = _Listed(*find_debug_files(self.root))
            return self._listed


class _Listed:
    """Files by their ids, and those that cannot be read by their names."""

    def __init__(
        self, files: Iterable[DebugFile], refused: list[tuple[str, str]], is_cut: bool, has_only_texts: bool
    ) -> None:
        self.files = best(files)
        self.is_cut = is_cut
        self.has_only_texts = has_only_texts
        self._refused = refused
        self._by_id: dict[str, list[DebugFile]] = {}
        for file in self.files:
            for key in {file.debug_id, _code_key(file.code_id)} - {None, ""}:
                self._by_id.setdefault(key or "", []).append(file)

    def of(self, wanted: Wanted) -> list[DebugFile]:
        """The files of a module, the most informative first."""
        identifier = ids.debug_id(wanted.debug_id)
        keys = [_code_key(wanted.code_id), *([identifier] if identifier else ids.debug_ids_of_code(wanted.code_id))]
        found = dict.fromkeys(file for key in keys for file in self._by_id.get(key, ()))
        return best(file for file in found if wanted.is_of(head_of(file)))

    def named(self, wanted: Wanted) -> list[DebugFile]:
        """The files that are called as the module's debug file, of any build."""
        called = _names_of(wanted.debug_file)
        return [file for file in self.files if file.name.lower() in called and file.debug_id is not None]

    def refused_of(self, wanted: Wanted) -> list[tuple[str, str]]:
        """The files that are called as the module's debug file or image and cannot be read, each with the reason."""
        called = _names_of(wanted.debug_file) | _names_of(wanted.code_file)
        return [(path, reason) for path, reason in self._refused if os.path.basename(path).lower() in called][:_SIMILAR]


class DebugFileSource(FindMixin):
    """One binary or debug information file, for the modules whose ids are in it.

    Raises:
        SymbolFileError: its headers are damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from symbolicate._native import debug_files

        self.path = os.fspath(path)
        self._builds = best(debug_files(self.path))

    def __repr__(self) -> str:
        return f"DebugFileSource({self.path!r})"

    @property
    def name(self) -> str:
        """The path of the file."""
        return self.path

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        """Offer the build of the module, else one of the same name so that a mismatch is reported."""
        right = self._of(wanted)
        named = [file for file in self._builds if file.name.lower() == wanted.debug_file.lower()]
        if any(map(has_symbols, right)):
            yield from (offer_of(file) for file in right if has_symbols(file))
        elif right:
            yield Candidate(self.path, self.name, "missing", _WITHOUT_SYMBOLS)
        elif named:
            yield offer_of(named[0])
        else:
            yield Candidate(self.path, self.name, "missing")

    def unwind_files(self, wanted: Wanted) -> Iterator[UnwindOffer]:
        """Offer the build of the module if it has unwind tables."""
        return unwind_offers(self._of(wanted))

    def search(self, text: str) -> Iterator[str]:
        """The file itself if it has this id or name."""
        if any(_is_called(file, text) for file in self._builds):
            yield self.path

    def _of(self, wanted: Wanted) -> list[DebugFile]:
        return [file for file in self._builds if wanted.is_of(head_of(file))]


def head_of(file: DebugFile) -> ModuleLine:
    """What the head of a symbol file would say of a build."""
    return ModuleLine(file.debug_id or "", file.name, (file.code_id or "").lower())


def offer_of(file: DebugFile, name: str = "") -> Offer:
    """A build as an offer.

    Args:
        file: the build.
        name: what reports call it, if not by its path.
    """
    at_most = LINES if file.debug_info else FUNCTIONS
    return Offer(file.path, head_of(file), file, name=name, at_most=at_most)


def _outcome(reason: str) -> tuple[CandidateOutcome, str]:
    """The outcome of a file that cannot be read, and its detail."""
    return "refused" if reason == PERMISSION_DENIED else "malformed", reason


def unwind_offers(files: Iterable[DebugFile], name: str = "") -> Iterator[UnwindOffer]:
    """Builds with unwind tables as offers, binaries before debug files."""
    for file in sorted(files, key=lambda file: file.kind == "debug"):
        if file.unwind_tables:
            tables, of_binary = tuple(file.unwind_tables), file.kind == "image"
            yield UnwindOffer(file.path, file, tables, name=name, of_binary=of_binary)


def has_symbols(file: DebugFile) -> bool:
    """Whether a build has symbols of any kind."""
    return file.debug_info is not None or file.has_symbols


def _names_of(module: str) -> set[str]:
    """What the files of a module of this name are called, in lower case: debug files often have `.debug` appended."""
    name = module.lower()
    return {name, f"{name}.debug"} if name else set()


def _id(file: DebugFile) -> str:
    return file.debug_id or file.code_id or ""


def _code_key(code_id: str | None) -> str:
    """What a code id is compared by, distinct from every debug id."""
    return f"code {code_id.lower()}" if code_id else ""


def _is_called(file: DebugFile, text: str) -> bool:
    if text.lower() in {file.name.lower(), (file.code_id or file.name).lower()}:
        return True
    identifier, wanted = file.debug_id, ids.debug_id(text)
    # A GUID without the age is that of a file of any age.
    same_guid = identifier is not None and text.replace("-", "").upper() == identifier[:_GUID_DIGITS]
    return same_guid or (wanted is not None and wanted == identifier)

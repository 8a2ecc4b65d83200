"""The interface of sources before candidates had fields: `find`, which collected sentences. Kept for one version."""

from __future__ import annotations

from symbolicate.symbols.candidates import Candidate, from_sentence, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from symbolicate.symbols.resolution import Offer, Wanted
    from symbolicate.symbols.sources.source import FindSource, Source

__all__ = ["FindMixin", "FindSource", "current"]


class FindMixin:
    """Gives a source the former method `find`."""

    def find(self: Source, wanted: Wanted, tried: list[str]) -> Iterator[Offer]:
        """Deprecated: use `candidates`."""
        import warnings

        warnings.warn("find(wanted, tried) is deprecated: use candidates(wanted)", DeprecationWarning, stacklevel=2)
        return _find(self, wanted, tried)


def _find(source: Source, wanted: Wanted, tried: list[str]) -> Iterator[Offer]:
    for one in source.candidates(wanted):
        if isinstance(one, Candidate):
            tried.append(sentence(one))
        else:
            yield one


def current(source: Source | FindSource) -> Source:
    """The source itself, or one with the current interface around a source with the former one.

    A class that overrides `find` of a source here has the former interface: its own `find` is called, as before.

    Raises:
        TypeError: it is neither.
    """
    import warnings
    from typing import cast

    from symbolicate.symbols.sources.source import Source

    overrides_find = isinstance(source, FindMixin) and type(source).find is not FindMixin.find
    if isinstance(source, Source) and not overrides_find:
        return source
    if not hasattr(source, "find"):
        raise TypeError(f"not a source of symbols: {source!r}; it needs name, candidates(wanted) and search(text)")
    warnings.warn(
        f"{type(source).__name__}.find(wanted, tried) is deprecated: give the source candidates(wanted)",
        DeprecationWarning,
        stacklevel=3,
    )
    return _Adapted(cast("FindSource", source))


class _Adapted:
    """A source with the former interface. Its sentences are candidates again, see `from_sentence`."""

    def __init__(self, source: FindSource) -> None:
        self._source = source
        self.name = str(source)

    def candidates(self, wanted: Wanted) -> Iterator[Offer | Candidate]:
        tried: list[str] = []
        for offer in self._source.find(wanted, tried):
            yield from self._noted(tried)
            yield offer
        yield from self._noted(tried)

    def _noted(self, tried: list[str]) -> list[Candidate]:
        candidates = [from_sentence(text, self.name) for text in tried]
        tried.clear()
        return candidates

    def search(self, text: str) -> Iterator[str]:
        return self._source.search(text)


def __getattr__(name: str) -> object:
    if name in {"FindSource", "Source"}:
        from symbolicate.symbols.sources import source

        return getattr(source, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The formats of `report`: from the JSON document of a crash to the bytes that are written. Each loads its renderer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from symbolicate import _native
    from symbolicate.render.links import SourceLinks

    Form: TypeAlias = Callable[[list[bytes]], Iterable[bytes]]
    """Takes the JSON document out of the list and renders it, piece by piece."""

__all__ = ["explaining", "form_of"]


def form_of(
    form: str, *, pretty: bool, brief: bool, all_threads: bool, links: tuple[str, tuple[str, ...]] | None = None
) -> Form:
    """The function that writes a report in a format. The JSON formats pass the engine's bytes on undecoded.

    Args:
        form: the format.
        pretty: json is indented.
        brief: only the crashed thread.
        all_threads: every frame of every thread.
        links: the pattern of links to source, and the prefixes of paths; None for no links.
    """
    if form in {"json", "ndjson"}:
        return _indent if pretty and form == "json" else lambda held: (held.pop(), b"\n")

    from symbolicate.report import Report

    if form == "brief":
        from symbolicate.render.brief import brief as brief_of

        return lambda held: [
            brief_of(Report.from_json(held[0]), links=_links(held.pop(), links)).encode("utf-8", "backslashreplace")
        ]

    if form == "html":
        from symbolicate.render.html import html_pieces

        def pieces(held: list[bytes]) -> Iterator[bytes]:
            made = _links(held[0], links)
            for piece in html_pieces(Report.from_json(held.pop()), made):
                yield piece.encode("utf-8", "backslashreplace")

        return pieces

    from symbolicate.render.bounded import RENDERED_BYTES, bounded
    from symbolicate.render.human import Detail, human_lines
    from symbolicate.render.md import md_lines

    detail = Detail(brief=brief, all_threads=all_threads)
    lines = human_lines if form == "human" else md_lines

    def render(held: list[bytes]) -> Iterator[bytes]:
        limit = max(RENDERED_BYTES, len(held[0]))
        return bounded(lines(Report.from_json(held.pop()), detail), limit)

    return render


def explaining(plain: Form, form: str, naming: _native.Naming) -> Form:
    """A format that appends the explanation of the name to the report."""
    from symbolicate.failure import explain_failure
    from symbolicate.render.explain import explanation
    from symbolicate.render.quoting import fenced

    def with_explanation(held: list[bytes]) -> Iterator[bytes]:
        [document] = held
        text = explanation(explain_failure(document, rules=naming))
        del document
        yield from plain(held)
        yield (fenced(text) if form == "md" else text).encode("utf-8", "backslashreplace")

    return with_explanation


def _links(document: bytes, links: tuple[str, tuple[str, ...]] | None) -> SourceLinks | None:
    if links is None:
        return None
    from symbolicate.render.links import links_for

    return links_for(document, *links)


def _indent(held: list[bytes]) -> Iterator[bytes]:
    import msgspec

    yield msgspec.json.format(held.pop(), indent=2)
    yield b"\n"

"""Resources: crashes in files, stored reports and failures, each by its address; long ones in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from symbolicate.mcp.answers import paged
from symbolicate.render.brief import brief
from symbolicate.render.human import Detail, human_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from symbolicate.mcp.crashes import Crashes
    from symbolicate.mcp.failure_tools import Failures

__all__ = ["Resource", "failure_resources", "file_resources"]


class Resource(NamedTuple):
    """Resources with one form of address.

    Attributes:
        template: the address as a template (RFC 6570).
        mime_type: the type of the text.
        read: the text, by the variables of the template; its name and docstring are those of the resource.
    """

    template: str
    mime_type: str
    read: Callable[..., str]


def file_resources(crashes: Crashes) -> list[Resource]:
    """The crashes of files below the first folder that may be read."""

    def crash(path: str) -> str:
        """The brief of the crash in a file, by its path below the first folder that may be read."""
        return brief(crashes.report(path))

    return [Resource("symbolicate://crashes/{+path}", "text/markdown", crash)]


def failure_resources(failures: Failures) -> list[Resource]:
    """Stored reports, and failures."""

    def report(report_id: str) -> str:
        """The brief of a stored report."""
        return failures.brief(report_id)

    def report_text(report_id: str, start: int = 0) -> str:
        """All facts of a stored report: every thread, registers, modules; in pages, which begin at the line `start`."""
        return paged(human_lines(failures.report(report_id), Detail(all_threads=True)), start, "lines")

    def failure(failure_hash: str, app: str = "") -> str:
        """A failure: counts, state, the brief of its newest report. The app may be left out if it is the only one."""
        return failures.explained(failures.app(app), failure_hash)

    return [
        Resource("symbolicate://reports/{report_id}", "text/markdown", report),
        Resource("symbolicate://reports/{report_id}/text{?start}", "text/plain", report_text),
        Resource("symbolicate://failures/{failure_hash}{?app}", "text/markdown", failure),
    ]

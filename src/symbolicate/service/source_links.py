"""Links to source by the settings of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symbolicate.render.links import links_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from symbolicate.render.links import SourceLinks
    from symbolicate.store import App

__all__ = ["source_links"]


def source_links(app: App, document: bytes, annotations: Mapping[str, str] | None = None) -> SourceLinks | None:
    """What makes the links of a stored report; None if its app has no pattern of links.

    Args:
        app: the app of the report.
        document: the report in JSON.
        annotations: what was sent with it.
    """
    settings = app.settings
    if not settings.source_url:
        return None
    return links_for(document, settings.source_url, settings.source_prefixes, settings.source_revisions, annotations)

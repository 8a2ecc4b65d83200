"""Reports as one HTML file that needs no network."""

from symbolicate.render.html.page import html_pieces, page_end, page_start

__all__ = ["html_pieces", "page_end", "page_start"]

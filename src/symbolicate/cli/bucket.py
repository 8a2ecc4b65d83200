"""`symbolicate bucket`: which crashes are the same bug. The commands are loaded when they are called."""

from __future__ import annotations

import click

from symbolicate.cli.lazy import LazyGroup

__all__ = ["bucket"]


@click.group(
    cls=LazyGroup,
    commands_in={
        "name": ("symbolicate.cli.bucket_name", "Name failures from facts alone."),
        "hash": ("symbolicate.cli.bucket_name", "Hash failure names."),
        "rules": ("symbolicate.cli.bucket_rules", "Check blame rules and preview their effect."),
        "similar": ("symbolicate.cli.bucket_similar", "Suggest buckets that are nearly the same."),
    },
)
def bucket() -> None:
    """Name failures, hash names, try rules, find near duplicates."""

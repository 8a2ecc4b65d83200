"""A crash in few words for people and language models: what happened, what is blamed and why, what is unusual."""

from symbolicate.render.brief.document import CRASH_TOKENS, brief

__all__ = ["CRASH_TOKENS", "brief"]

"""The service's log: lines for people, or JSON for machines. Secrets are masked."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symbolicate.service.config import Log

__all__ = ["logger", "open_log"]

logger = logging.getLogger("symbolicate.service")

# Characters that move a terminal's cursor or begin a new line of the log.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Texts with a secret, from whatever source a message has them.
_SECRET = re.compile(
    r"(?i)((?:sig|key|token|secret|password|client_secret|access_token)=)[^&\s\"']+|(bearer\s+|/submit/)[^\s\"'?]+"
    # PostgreSQL's message about a row that exists already.
    r"|(Key \([^)]*\)=)\(.*\)"
)
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "color_message"}


def open_log(settings: Log) -> None:
    """Write the log to standard error, as configured."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.json else _Plain())
    for name in ("symbolicate", "uvicorn", "uvicorn.error", "litestar"):
        named = logging.getLogger(name)
        named.handlers = [handler]
        named.setLevel(settings.level.upper())
        named.propagate = False
    # Uvicorn's own line for a request contains the query; ours has the path alone.
    logging.getLogger("uvicorn.access").handlers = []
    logging.getLogger("uvicorn.access").propagate = False


def _safe(text: str) -> str:
    text = _SECRET.sub(lambda match: (match[1] or match[2] or match[3]) + "…", text)
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _safe_trace(text: str) -> str:
    """A traceback, sanitised line by line; its last line is the message of the error."""
    return "\n".join(_safe(line) for line in text.splitlines())


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


class _Plain(logging.Formatter):
    """`time level message key=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        facts = "".join(f" {name}={value}" for name, value in _facts(record).items())
        line = f"{when} {record.levelname.lower()} {_safe(record.getMessage() + facts)}"
        return f"{line}\n{_safe_trace(self.formatException(record.exc_info))}" if record.exc_info else line


class _Json(logging.Formatter):
    """One object for each line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": _safe(record.getMessage()),
        }
        line.update((name, _safe(value) if isinstance(value, str) else value) for name, value in _facts(record).items())
        if record.exc_info:
            line["exception"] = _safe_trace(self.formatException(record.exc_info))
        return json.dumps(line, default=str)

"""The store of a service: uploads, counts, and decisions of people, in a database and a blob store.

    with Store.open(data="/var/lib/symbolicate") as store:
        app = store.apps.ensure(secret)
        store.accept(app, [Upload(log_id, "minidump", dump)])
        for job in store.queue.lease(8, worker="one"):
            store.queue.complete([Done(job, session.report_json(store.data(job)))])
        print(store.query.failurehits({"applicationId": secret}).body())

Loads SQLAlchemy: imported where a store is opened.
"""

from __future__ import annotations

import warnings

from symbolicate.errors import SymbolicateError

try:
    import sqlalchemy  # noqa: F401 - its absence is reported in one sentence
except ImportError as _error:
    raise SymbolicateError("the store needs more packages: pip install 'symbolicate[service]'") from _error

from symbolicate.store.access.apps import normal_id
from symbolicate.store.content.bodies import INLINE
from symbolicate.store.database.transactions import database_file
from symbolicate.store.errors import Conflict, NotFound, StoreFull, StoreUnavailable, StoreUrlError
from symbolicate.store.intake.active_devices import Sighting
from symbolicate.store.processing.dead_letters import DeadLetterFilter
from symbolicate.store.processing.processed import DoneFilter
from symbolicate.store.query import Page, QueryError
from symbolicate.store.records import (
    EXPORTS,
    ORIGINALS,
    QUALITY,
    Accepted,
    AcceptedAttachment,
    AcceptedReport,
    App,
    Attachment,
    Bucket,
    Cab,
    Client,
    DeadLetter,
    Done,
    Job,
    Missing,
    Processed,
    Settings,
    Stored,
    StoredAttachment,
    Swept,
    SymbolFile,
    SymbolUpload,
    Token,
    Upload,
    UploadEntry,
)
from symbolicate.store.store import Store
from symbolicate.store.symbols.choice import ALL, SHARED
from symbolicate.store.symbols.chunks import MOST_IN_VAIN, OTHER_FILE_LASTS, ChunkedFile, is_other_file, upload_id_of
from symbolicate.store.symbols.files import content_of

__all__ = [
    "ALL",
    "EXPORTS",
    "INLINE",
    "MOST_IN_VAIN",
    "ORIGINALS",
    "OTHER_FILE_LASTS",
    "QUALITY",
    "SHARED",
    "Accepted",
    "AcceptedAttachment",
    "AcceptedReport",
    "App",
    "Attachment",
    "Bucket",
    "Cab",
    "ChunkedFile",
    "Client",
    "Conflict",
    "DeadLetter",
    "DeadLetterFilter",
    "Done",
    "DoneFilter",
    "Job",
    "Missing",
    "NotFound",
    "Page",
    "Processed",
    "QueryError",
    "Settings",
    "Sighting",
    "Store",
    "StoreFull",
    "StoreUnavailable",
    "StoreUrlError",
    "Stored",
    "StoredAttachment",
    "Swept",
    "SymbolFile",
    "SymbolUpload",
    "Token",
    "Upload",
    "UploadEntry",
    "content_of",
    "database_file",
    "is_other_file",
    "normal_id",
    "upload_id_of",
]

_RENAMED = {"Aside": "DeadLetter", "AsideFilter": "DeadLetterFilter"}  # earlier names, which work for one more version


def __getattr__(name: str) -> object:
    if name not in _RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"symbolicate.store.{name} was renamed to {_RENAMED[name]}", DeprecationWarning, stacklevel=2)
    return globals()[_RENAMED[name]]

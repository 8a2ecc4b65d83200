"""The tables, as they are now. How an older database becomes like this is in `migrations/`.

Times are milliseconds since 1970 (UTC), days are days since 1970: both databases compare and index whole numbers alike.
There are no foreign keys: rows that belong together are written and swept together, in one transaction, and checks that
only a bug could violate would cost each upload a look-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
    text,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

__all__ = [
    "ADMITTED",
    "ALIAS",
    "APP",
    "ATTACHMENT",
    "BODY",
    "BUCKET",
    "CLIENT",
    "DECISION",
    "DEVICES",
    "DIMENSIONS",
    "EMPTY",
    "HIT",
    "INSTALLATION",
    "JOB",
    "METADATA",
    "PACK",
    "PROBE",
    "REPORT",
    "ROLLUP",
    "ROLLUP_DAY",
    "SECRET",
    "SYMBOL_CHUNK",
    "SYMBOL_FILE",
    "SYMBOL_POOL",
    "SYMBOL_SET",
    "SYMBOL_SET_FILE",
    "SYMBOL_UPLOAD",
    "SYMBOL_UPLOAD_CHUNK",
    "SYMBOL_UPLOAD_ENTRY",
    "SYMBOL_UPLOAD_FILE",
    "TOKEN",
    "USAGE",
]

METADATA = MetaData()

# SQLite numbers rows by itself in a column of exactly this type.
Id = BigInteger().with_variant(Integer, "sqlite")


APP = Table(
    "app",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("secret", Text, nullable=False, unique=True),
    Column("application_id", Text, nullable=False, unique=True),
    Column("owner", Text),
    Column("name", Text),
    Column("slug", Text, unique=True),  # owner/name in lower case
    Column("product_name", Text),
    Column("settings", Text, nullable=False),
    Column("configured", Boolean, nullable=False),  # made on purpose, not by the first upload with its secret
    Column("created", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),  # grows when buckets are merged or parted
)

# How many reports were admitted, for the throttle.
ADMITTED = Table(
    "admitted",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Bytes that reports and attachments of an app take, as a sum over its rows: each process adds to a slot of its own, so
# that processes do not wait for one another.
USAGE = Table(
    "usage",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A row that is written to check that the database can be written.
PROBE = Table(
    "probe",
    METADATA,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)

TOKEN = Table(
    "token",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of a secret with 256 random bits
    Column("prefix", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
    Column("apps", Text),  # ids of the apps that it is for, separated by spaces; null: all
)

CLIENT = Table(
    "client",
    METADATA,
    Column("client_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Column("apps", Text),  # as of a token
)

# Keys of the service's own, made once for a database.
SECRET = Table(
    "secret",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# Received bytes and finished reports: small ones here, others under the key `place` in the blob store.
BODY = Table(
    "body",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("encoding", Integer, nullable=False),  # 0 as it is, 1 zlib
    Column("size", BigInteger, nullable=False),  # decoded
    Column("bytes", LargeBinary),
    Column("place", Text),
)

REPORT = Table(
    "report",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("identity", LargeBinary, nullable=False, unique=True),  # app, log id, kind and content; also the body's key
    Column("app_id", BigInteger, nullable=False),
    Column("log_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("client_time", BigInteger),
    Column("receive_time", BigInteger, nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("install_id", Text),
    Column("annotations", Text),
    Column("wants_minidump", Boolean, nullable=False),
    Column("user_agent", Text),
    Index("report_by_log_id", "app_id", "log_id"),
    Index("report_by_age", "app_id", "receive_time"),
)

ATTACHMENT = Table(
    "attachment",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("identity", LargeBinary, nullable=False, unique=True),  # also the body's key
    Column("app_id", BigInteger, nullable=False),
    Column("error_id", Text, nullable=False),
    Column("attachment_id", Text, nullable=False),
    Column("report_id", BigInteger),  # null: its crash has not been received yet
    Column("content_type", Text),
    Column("file_name", Text),
    Column("fault", Text),
    Column("size", BigInteger),  # of bytes that were sent and not stored; null: the body has it
    Column("minidump", Boolean, nullable=False, server_default=false()),
    Column("properties", Boolean, nullable=False),  # not a file: properties that an event sends for the crash
    Column("receive_time", BigInteger, nullable=False),
    Index("attachment_by_error", "app_id", "error_id"),
    Index("attachment_by_report", "report_id"),
    Index("attachment_by_age", "app_id", "receive_time"),
)

JOB = Table(
    "job",
    METADATA,
    Column("report_id", BigInteger, primary_key=True, autoincrement=False),
    Column("app_id", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),  # when it is due: at once, after a pause, or when a lease expires
    Column("aside", Boolean, nullable=False),
    Column("token", Text),  # of the lease
    Column("worker", Text),
    Column("attempts", Integer, nullable=False),
    Column("generation", Integer, nullable=False),  # grows with each new reason to process it
    Column("reason", Text, nullable=False),
    Column("error", Text),
    Column("cause", Text),  # the kind of the error, one of `jobs.CAUSES`
    Column("since", BigInteger, nullable=False),
    Index("job_by_time", "aside", "available"),
)

# The hit of a processed report.
HIT = Table(
    "hit",
    METADATA,
    Column("report_id", BigInteger, primary_key=True, autoincrement=False),
    Column("app_id", BigInteger, nullable=False),
    Column("bucket_id", BigInteger, nullable=False),
    Column("dimensions_id", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("device_model", Text),
    Column("body", LargeBinary, nullable=False),
    Column("processed", BigInteger, nullable=False),
    Column("symbols_id", BigInteger),  # the `symbol_set` that it was made with; null: it needed no symbols
    Column("lost", Text),  # the frames that modules of the set cost, see `symbols/lost.py`; null: none, or not counted
    Index("hit_by_bucket", "bucket_id", "event_time"),
    Index("hit_by_symbols", "app_id", "symbols_id"),
)

BUCKET = Table(
    "bucket",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("app_id", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("hits", BigInteger, nullable=False),  # its own, of all event types
    Column("handled", BigInteger, nullable=False, server_default="0"),  # how many of them are handled errors
    Column("requested", BigInteger, nullable=False, server_default="0"),  # and how many dumps that were requested
    Column("installations", BigInteger, nullable=False, server_default="0"),  # that it crashed on
    Column("handled_installations", BigInteger, nullable=False, server_default="0"),
    Column("first_day", Integer),
    Column("last_day", Integer),
    Column("leader_id", BigInteger),  # merged into this one
    Column("family", Text, nullable=False),
    Column("frames", Text, nullable=False),  # JSON: the frames it is compared by
    Index("bucket_by_hash", "app_id", "hash", unique=True),
    sqlite_autoincrement=True,  # ids are not used again, so that readers may remember them after a bucket is removed
)

# How often a bucket was hit on an installation; those of requested dumps are not counted. Rows of 0 are removed.
INSTALLATION = Table(
    "installation",
    METADATA,
    Column("bucket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("handled", Boolean, primary_key=True),
    Column("install_id", Text, primary_key=True),
    Column("hits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A bucket whose hits went to another when they were processed again.
ALIAS = Table(
    "alias",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("old", Text, primary_key=True),
    Column("new", Text, primary_key=True),
    Column("moved", BigInteger, nullable=False),
)

DECISION = Table(
    "decision",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("app_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("decision_by_app", "app_id", "id"),
)

DIMENSIONS = Table(
    "dimensions",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("key", LargeBinary, nullable=False, unique=True),  # of the app and all values
    Column("app_id", BigInteger, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("application_version", Text, nullable=False),
    Column("os_version", Text, nullable=False),
    Column("os_build", Text, nullable=False),
    Column("os_release", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("market", Text, nullable=False),
    Column("device_type", Text, nullable=False),
    Column("product_name", Text, nullable=False),
    Column("app_name", Text, nullable=False),
    Index("dimensions_by_app", "app_id", "id"),
)

# How often on a day a bucket was hit with these dimensions. A count may be 0.
ROLLUP = Table(
    "rollup",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("bucket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("dimensions_id", BigInteger, primary_key=True, autoincrement=False),
    Column("count", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),  # the day's version at its last change
    Index("rollup_by_change", "app_id", "day", "changed"),
    sqlite_with_rowid=False,
)

# The version of each day's roll-up: readers that keep one ask for what changed since, or for all of it if rows were
# removed since.
ROLLUP_DAY = Table(
    "rollup_day",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("removed", BigInteger, nullable=False),  # the version at which rows were last removed
    sqlite_with_rowid=False,
)

# The devices that were active on a day, and those that crashed: see `counts/devices.py`.
DEVICES = Table(
    "devices",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # active, crashed
    Column("dimension", Text, primary_key=True),  # empty: all devices
    Column("value", Text, primary_key=True),
    Column("sketch", LargeBinary, nullable=False),
)

# Columns of the roll-ups as bytes, for processes that have not read the rows: see `query/packs.py`.
PACK = Table(
    "pack",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),  # day, buckets, dimensions
    Column("day", Integer, primary_key=True, autoincrement=False),  # 0 if it is not of a day
    Column("version", BigInteger, nullable=False),  # of the day; the number of rows, if it is not of a day
    Column("data", LargeBinary, nullable=False),
)

# The empty text as a literal: with a parameter, the database could not tell that an index without empty texts applies.
EMPTY: ColumnElement[str] = literal_column("''", Text())

# The symbol files that reports were made with, and those they lacked. Reports with the same files share a set.
SYMBOL_SET = Table(
    "symbol_set",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("app_id", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False, unique=True),  # of the app and all files
    Index("symbol_set_by_app", "app_id", "id"),
    sqlite_autoincrement=True,
)
SYMBOL_SET_FILE = Table(
    "symbol_set_file",
    METADATA,
    Column("set_id", BigInteger, primary_key=True, autoincrement=False),
    Column("debug_id", Text, primary_key=True),  # empty if the module has none
    Column("code_id", Text, primary_key=True),  # empty if the debug id is enough
    Column("debug_file", Text, nullable=False),
    Column("content", Text, nullable=False),  # as in `symbol_file`; empty: not found; `local`: not in the database
    # Nearly all rows have no code id; they are not in the index.
    *(
        Index(
            f"symbol_set_file_by_{name}",
            name,
            "set_id",
            postgresql_where=text(f"{name} <> ''"),
            sqlite_where=text(f"{name} <> ''"),
        )
        for name in ("debug_id", "code_id")
    ),
    sqlite_with_rowid=False,
)

SYMBOL_UPLOAD = Table(
    "symbol_upload",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("app_id", BigInteger, nullable=False),
    Column("owner", BigInteger, nullable=False),  # the owner of its files: the app, or 0 for all apps
    Column("symbol_type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("file_name", Text),
    Column("build", Text),
    Column("version", Text),
    Column("size", BigInteger, nullable=False),
    Column("message", Text),
    Column("blob", Text, nullable=False),  # empty: all that it held is in its files, see `SYMBOL_UPLOAD_ENTRY`
    Column("worker", Text),
    Column("leased_until", BigInteger),
    Column("attempts", Integer, nullable=False, server_default="0"),  # how often its installation was begun
    Column("debug_id", Text),  # of the only module whose files it may have; null: of any
    Column("code_id", Text),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Index("symbol_upload_by_app", "app_id", "created"),
    Index("symbol_upload_by_status", "status"),
)

# Symbol files by their owners: an app, or 0 for the pool that all apps share.
SYMBOL_FILE = Table(
    "symbol_file",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("app_id", BigInteger, nullable=False),
    Column("debug_id", Text, nullable=False),
    Column("debug_file", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("arch", Text),
    Column("code_id", Text),
    Column("size", BigInteger, nullable=False),
    Column("path", Text),  # in the local symbol folder of a service; only of files without a blob
    Column("blob", Text),  # null: in a local folder of an earlier version
    Column("content", Text, nullable=False),  # SHA-256 of the bytes
    Column("quality", Integer, nullable=False),  # see `records.QUALITY`
    Column("part", Text, nullable=False, server_default="symbols"),  # or `unwind`: unwind tables in their stored form
    Column("version", BigInteger, nullable=False),  # of the owner's files when it was last uploaded
    Column("upload_id", Text),  # the first that brought it
    Column("created", BigInteger, nullable=False),
    Index("symbol_file_by_id", "debug_id", "app_id"),
    Index("symbol_file_by_code_id", "code_id", "app_id"),
    Index("symbol_file_by_owner", "app_id", "version"),
    Index("symbol_file_by_blob", "blob"),
    Index("symbol_file_identity", "app_id", "debug_id", "debug_file", "content", unique=True),
)

# The files of uploads: a file may be in several uploads.
SYMBOL_UPLOAD_FILE = Table(
    "symbol_upload_file",
    METADATA,
    Column("upload_id", Text, primary_key=True),
    Column("file_id", BigInteger, primary_key=True, autoincrement=False),
    Index("symbol_upload_file_by_file", "file_id"),
    sqlite_with_rowid=False,
)

# What an upload held whose own bytes are not stored any more: names in it, and contents that are in `symbol_file`.
SYMBOL_UPLOAD_ENTRY = Table(
    "symbol_upload_entry",
    METADATA,
    Column("upload_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),  # empty: the upload is this file
    Column("content", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Parts of files that clients upload in parts, until the files are put together. A holder's are not used for another's.
SYMBOL_CHUNK = Table(
    "symbol_chunk",
    METADATA,
    Column("holder", Text, primary_key=True),  # see `symbols.chunks`
    Column("sha1", Text, primary_key=True),  # of the bytes
    Column("size", BigInteger, nullable=False),
    Column("blob", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Index("symbol_chunk_by_age", "created"),
    Index("symbol_chunk_by_blob", "blob"),
    sqlite_with_rowid=False,
)

# The chunks, in order, of uploads that are to be put together.
SYMBOL_UPLOAD_CHUNK = Table(
    "symbol_upload_chunk",
    METADATA,
    Column("upload_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("sha1", Text, nullable=False),
    Index("symbol_upload_chunk_by_chunk", "holder", "sha1"),
    sqlite_with_rowid=False,
)

# The version of each owner's symbol files; no row is 0.
SYMBOL_POOL = Table(
    "symbol_pool",
    METADATA,
    Column("app_id", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)

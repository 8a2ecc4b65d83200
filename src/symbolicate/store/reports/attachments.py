"""The attachments of reports, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from symbolicate.store.database.clock import moment
from symbolicate.store.database.tables import ATTACHMENT, BODY
from symbolicate.store.records import StoredAttachment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Row

__all__ = ["attachments_of", "stored_attachment"]


def attachments_of(report_ids: Sequence[int] | sa.BindParameter[Any]) -> sa.Select[Any]:
    """The attachments of some reports, with their sizes, in the order they came."""
    statement = sa.select(ATTACHMENT, BODY.c.size.label("kept")).join(BODY, BODY.c.key == ATTACHMENT.c.identity)
    return statement.where(ATTACHMENT.c.report_id.in_(report_ids)).order_by(ATTACHMENT.c.id)


def stored_attachment(row: Row[Any]) -> StoredAttachment:
    """A row of `attachments_of`."""
    return StoredAttachment(
        id=row.id,
        attachment_id=row.attachment_id,
        error_id=row.error_id,
        content_type=row.content_type,
        file_name=row.file_name,
        size=row.kept if row.size is None else row.size,
        fault=row.fault,
        kept=row.size is None,
        minidump=row.minidump,
        public_id=bytes(row.identity).hex(),
        received=moment(row.receive_time),
    )

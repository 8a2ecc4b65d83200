"""The way in: the bytes of reports and attachments and the rows of the queue, in one commit.

May use `jobs`, `access`, `content` and `database`.
"""

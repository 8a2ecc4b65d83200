"""Single reports and their attachments, as they were received.

May use `access`, `content` and `database`.
"""

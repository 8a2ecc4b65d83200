"""Questions about what was counted: the Store analytics API, buckets, single reports and their attachments.

May use `access` and `http`.
"""

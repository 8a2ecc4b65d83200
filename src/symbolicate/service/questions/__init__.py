"""Queries and decisions: the Store analytics API, buckets, single reports and their attachments.

May use `access` and `http`.
"""

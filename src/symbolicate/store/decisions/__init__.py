"""Buckets and what people decided about them: state, note, merge, split, and hashes that hits had before.

May use `database`, the summary of a report, and `symbolicate.buckets`.
"""

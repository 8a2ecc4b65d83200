"""Rows of the queue, for every package that puts reports into it within a transaction of its own.

Leasing and ending jobs is in `processing`. May use `database` alone.
"""

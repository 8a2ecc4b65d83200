"""The bytes that belong to rows: small ones in the database, large ones in the blob store, and how much each app uses.

May use `database` alone.
"""

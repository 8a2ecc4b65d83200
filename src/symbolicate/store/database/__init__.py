"""The database: connections and transactions, the tables as they are now, and the migrations that lead to them.

What every other package of the store writes through. Nothing here depends on what a row means.
"""

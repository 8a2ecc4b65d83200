"""What is counted of processed reports: hits by day and dimensions, and the totals of each bucket.

Written in the transaction that adds or removes a hit. May use `database` and the names of dimensions.
"""

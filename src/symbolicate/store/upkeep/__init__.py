"""What runs now and then: removal of what has been stored long enough, and of blobs that no row names.

May use everything that holds rows or bytes; the removal of a report takes its counts along.
"""

"""How the service does: health and metrics, the queue and its dead letters, and what runs now and then.

May use `access` and `http`, and asks `processing` and `symbols` about their threads and folders.
"""

"""Operation of the service: health and metrics, the queue and its dead letters, and periodic tasks.

May use `access` and `http`, and reads the state of `processing` and `symbols`.
"""

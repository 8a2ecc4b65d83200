"""The way in: `POST /logs` and `POST /submit`, from a request's body to a durable report in the queue.

May use `access` and `http`; it does not process reports.
"""

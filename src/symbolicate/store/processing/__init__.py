"""The queue as workers and operators see it: leases, retries, dead letters, and completion.

Completion writes what a report counts as and ends its job in one transaction, so it is the one place that writes to
`counts`, `decisions`, `symbols` and `content` together.
"""

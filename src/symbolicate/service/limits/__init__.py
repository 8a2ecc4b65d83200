"""Limits: requests in a minute, bytes in flight, the quota of an app, the margin of the disks.

May use the settings and the store.
"""

"""Permissions: apps with their secrets and settings, API tokens, OAuth clients.

May use `database` alone.
"""

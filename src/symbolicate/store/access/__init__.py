"""Who may send and who may ask: apps with their secrets and settings, API tokens, OAuth clients.

May use `database` alone.
"""

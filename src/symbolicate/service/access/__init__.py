"""Authentication and permissions: tokens, OAuth clients, signed links, and the app that a request names.

May use `http`.
"""

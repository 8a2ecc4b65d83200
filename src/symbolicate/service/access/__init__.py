"""Who is asking, and what they may do: tokens, OAuth clients, signed links, and the app that a request names.

May use `http`.
"""

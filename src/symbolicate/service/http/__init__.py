"""HTTP itself: heads, bodies and forms within limits; responses and errors as clients know them; the API description.

Nothing here knows what a report or a symbol file is. May use the `context`.
"""

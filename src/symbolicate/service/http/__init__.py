"""HTTP itself: heads, bodies and forms within limits; responses and errors in the forms of clients; API description.

Nothing here is about reports or symbol files. May use the `context`.
"""

"""Reports from the queue through the engine, in child processes, and back into the store.

Serves no requests. May use `symbolicate.isolation`, the settings and the store.
"""

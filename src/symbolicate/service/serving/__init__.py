"""Symbols for other tools: the symbol server, and the symbolication protocol of profilers.

May use `processing` for the local cache of uploaded symbols, `access` and `http`.
"""

"""Symbols: uploads from appcenter-cli and Breakpad's uploaders, their installation, and lists of symbol files.

May use `access` and `http`, and `symbolicate.isolation` to read untrusted files.
"""

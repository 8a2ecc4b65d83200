"""Symbols: uploads as appcenter-cli and Breakpad's uploaders send them, their installation, and lists of what is there.

May use `access` and `http`, and `symbolicate.isolation` to read files of others.
"""

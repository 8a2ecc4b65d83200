"""Runs work on untrusted bytes in a child process.

A thread that takes too long cannot be stopped, and a failed allocation ends its process. So such work runs in a child
process, with a deadline and a limit of memory that the kernel enforces.
"""

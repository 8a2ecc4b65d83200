"""Work on untrusted bytes in a process that may end.

A thread that takes too long cannot be stopped, and an allocation that fails ends its process. What must not take the
caller with it runs in a child process, with a deadline and a limit of memory that the kernel keeps.
"""

"""Symbol files: uploads, owners, which file is used for a module, and which reports a change of files affects.

A change of files puts the reports that it affects into the queue again. May use `jobs`, `content` and `database`,
and the summary of a report for the modules that it needed.
"""

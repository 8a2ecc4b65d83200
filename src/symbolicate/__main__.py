"""`python -m symbolicate`: the command line."""

from symbolicate.cli import main

main()

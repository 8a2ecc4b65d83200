"""Layouts of symbols in folders and on servers: where a module's file lies. Pure path arithmetic; a file for each."""

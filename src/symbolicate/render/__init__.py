"""Drawings of a report for people: plain text and Markdown. They need the report alone."""

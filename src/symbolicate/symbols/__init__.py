"""Symbols: where they come from, and the store that holds them indexed."""

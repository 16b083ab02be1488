"""Searching the record: conditions that combine, found by their marks, a page at a time, the newest first."""

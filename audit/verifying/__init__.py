"""Verifying the record from inside, taking it outside, and proving one entry of it (docs/verifying.md)."""

"""Watching the record: rules as data, what they find, who looked at it, and the weekly sample."""

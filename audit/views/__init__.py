"""The record, for those whose duty it is to read it. Reading it is recorded too."""

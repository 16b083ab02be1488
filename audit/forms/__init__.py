"""Boxes that any form of the record may have."""

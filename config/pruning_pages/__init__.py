"""The pages of how long the record is kept: which months are over, asking that one goes, and deciding on it."""

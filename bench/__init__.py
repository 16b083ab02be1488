"""Measurements that print numbers for people to read. None of them passes or fails."""

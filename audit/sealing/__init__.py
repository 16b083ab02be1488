"""Sealing the record: positions, tree, signatures, anchors (docs/ledger.md). Runs as a process of its own."""

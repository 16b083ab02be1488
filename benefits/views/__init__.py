"""Pages of the benefits app."""

"""The people of an office that does not exist, so that the product can be shown and measured with full shelves."""

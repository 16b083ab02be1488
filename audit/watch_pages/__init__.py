"""The pages of 気になる操作: what was found, and the weekly sample. A page asks; it accuses nobody."""

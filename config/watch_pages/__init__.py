"""Pages of the watching that ask again who one is: changing a rule, and signing the monthly report."""

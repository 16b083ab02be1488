"""Lists that the law or the state keeps, as dated data: nothing here is entered by the office."""

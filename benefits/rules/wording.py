"""How the rules write amounts and days in the reasons they give a clerk."""

from datetime import date

from benefits import wareki


def yen(amount: int) -> str:
    """Write an amount the way the forms print it: ``71,000円``."""
    return f"{amount:,}円"


def day(on: date) -> str:
    """Write a day as the forms do: ``令和8年5月5日``."""
    return wareki.write(on)

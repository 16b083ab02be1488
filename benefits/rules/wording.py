"""How the rules write amounts and days in the reasons they give a clerk."""

from datetime import date


def yen(amount: int) -> str:
    """Write an amount the way the forms print it: ``71,000円``."""
    return f"{amount:,}円"


def day(on: date) -> str:
    """Write a day out in the western calendar: ``2026年5月5日``."""
    return f"{on.year}年{on.month}月{on.day}日"

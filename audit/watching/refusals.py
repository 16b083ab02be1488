"""Why a step of the watching is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason as a code (for the record) and in words (for the person)."""

    code: str
    message: str


class Refused(Exception):
    """The step was refused; the refusal is on record."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


#: What PostgreSQL says when one of our guards refuses.
CHECK_VIOLATION = "23514"


def is_guard(error: Exception) -> bool:
    """Say whether a guard of the database refused."""
    return getattr(error.__cause__, "sqlstate", "") == CHECK_VIOLATION

"""Two other logs for Django, asked the same questions on the same entries. Bench only: the product imports neither.

They run in a process with settings of its own (``python -m bench.peers``), in a schema of their own in the database of
the office that is thrown away. django-easy-audit is under the GPL, version 3: it is installed for the bench alone.
"""

from importlib.util import find_spec

#: The questions, as a list of theirs can be asked them.
QUESTIONS = {
    "user_in_month": "what a user did in a month",
    "subject_ever": "all about one person or application, by its id",
    "typed_ever": "all about one application, by its number in the search box",
}


class Unavailable(Exception):
    """The peers cannot run here. The text says why."""


def available() -> None:
    """Raise :class:`Unavailable` unless both are installed."""
    missing = [
        name
        for name, package in (("django-auditlog", "auditlog"), ("django-easy-audit", "easyaudit"))
        if not find_spec(package)
    ]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)} (make bench installs requirements/bench.txt)")

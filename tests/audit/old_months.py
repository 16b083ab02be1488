"""A ledger in a database of its own whose first entries are of long ago, and people there who may let months go."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import psycopg

from accounts.models import User
from accounts.roles import Role
from audit import pruning
from audit.ledger.facets import JAPAN
from audit.models import MonthPruning, PruningOutcome
from config.grants import TRIGGERS
from tests import ledger
from tests.audit.ledger import copies
from tests.audit.ledger.copies import Copy
from tests.conftest import Office
from tests.sealing import seal_all

#: In this office entries are kept for a year, so that the ledger is short: only a superuser can have it so.
YEARS = 1
#: How many months ago the ledger begins, how many months from then have entries, and the last that is over its period.
BEGINS, WITH_ENTRIES, LAST_OVER = 28, 14, 15
GUARDS = sorted(TRIGGERS["audit.pruning"])
#: Entries of each of those months.
EACH = 6
LONG_AGO = date(2001, 4, 1)
#: What an entry says of a name that signs in place of another.
RENEWED = {"origin": "b", "after_origin": "a", "after_size": 3, "after_root": "00" * 32, "count": 0}
#: Each month has one of these, which guards look back on.
REMEMBERED = "benefits.deletion.approved"
REASON = "保存期間が満了し、書き出しを別に保管した（総第12号）"


def month(n: int) -> date:
    """Return the first day of the ledger's n-th month."""
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    count = today.year * 12 + today.month - 1 - BEGINS + n
    return date(count // 12, count % 12 + 1, 1)


def moment(n: int, step: int = 0) -> datetime:
    """Return a moment of the first minute of the ledger's n-th month."""
    first = month(n)
    return datetime(first.year, first.month, 1, 0, 0, step, tzinfo=JAPAN)


def last_second(n: int) -> datetime:
    """Return the last second of the ledger's n-th month."""
    return moment(n + 1) - timedelta(seconds=1)


def write(superuser: psycopg.Connection[Any], entries: Sequence[dict[str, Any]]) -> list[Any]:
    """Write entries of earlier times and queue them, as ``tests.ledger.insert_earlier`` does, but many at once."""
    written = []
    with superuser.transaction():
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_queued")
        for given in entries:
            values = ledger.columns(**given)
            written.append(ledger.insert(superuser.execute, **values))
            superuser.execute(
                "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)",
                [values["id"], values["at"], values["leaf"]],
            )
            ledger.remember(superuser, values["id"])
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_queued")
    return written


@contextmanager
def kept(office: Office) -> Iterator[Copy]:
    """Make such a ledger: months sealed one after another, but the last entry of each after the next month's."""
    with copies.copied(office, name="months") as old:
        with closing(psycopg.connect(**old.office.superuser.as_psycopg(autocommit=True))) as superuser:
            superuser.execute("SELECT audit.make_months(%s, %s)", [month(0), BEGINS + 2])
            with superuser.transaction():
                superuser.execute("ALTER TABLE audit.record_retention DISABLE TRIGGER retention_change_is_on_record")
                superuser.execute(
                    "ALTER TABLE audit.record_retention DROP CONSTRAINT record_is_kept_five_years_at_least"
                )
                superuser.execute("UPDATE audit.record_retention SET years = %s", [YEARS])
                superuser.execute(
                    "ALTER TABLE audit.record_retention ENABLE ALWAYS TRIGGER retention_change_is_on_record"
                )
            with old.places():
                for n in range(WITH_ENTRIES):
                    late = [{"at": last_second(n - 1)}] if n else []
                    write(superuser, [{"at": moment(n), "action": REMEMBERED}])
                    write(superuser, [{"at": moment(n, step)} for step in range(1, EACH - 1)])
                    seal_all(old.office)
                    write(superuser, late)
                write(superuser, [{"at": last_second(WITH_ENTRIES - 1)}])
                old.sizes.append(seal_all(old.office))
        yield old


def keeper(old: Copy, name: str, *roles: Role) -> User:
    """Hire somebody in that office: a records keeper unless other roles are given."""
    with psycopg.connect(**old.office.owner.as_psycopg(autocommit=True)) as owner:
        row = owner.execute(
            "INSERT INTO accounts_user (password, login_id, display_name, section, is_active, password_changed_at)"
            " VALUES ('!', %s, %s, '', true, now()) RETURNING id",
            [f"k{datetime.now(UTC).timestamp()}"[-12:], name],
        ).fetchone()
        assert row is not None
        for role in roles or (Role.RECORDS_KEEPER,):
            owner.execute(
                "INSERT INTO accounts_roleassignment (user_id, role, office, network) VALUES (%s, %s, '', '')",
                [row[0], role.value],
            )
    return User.objects.get(pk=row[0])


def asked(by: User) -> MonthPruning:
    """Let ``by`` ask for a month of so long ago that no period lasts, as if there were entries of it."""
    with patch.object(pruning, "keeps", lambda _month: ""):
        return pruning.ask(LONG_AGO, reason=REASON, by=by)


def told_long_ago(superuser: psycopg.Connection[Any], *, month_gone: date, at: datetime) -> MonthPruning:
    """Let a month go as if that had been done at ``at``, in a month when a name that signs was renewed, too."""
    row = superuser.execute("SELECT * FROM audit.month_extent(%s)", [month_gone]).fetchone()
    assert row is not None
    first, last, count = row
    one = MonthPruning(month=month_gone, asked_by_id=1, decided_by_id=2, outcome=PruningOutcome.APPROVED)
    one.seal_reason(REASON)
    write(
        superuser,
        [
            {
                "at": at,
                "action": "audit.month.pruned",
                "subject_kind": "audit.monthpruning",
                "subject_id": str(one.pk),
                "details": {"month": one.label, "first": first, "last": last, "count": count},
            },
            {"at": at + timedelta(seconds=1), "action": "audit.seal.origin_renewed", "details": RENEWED},
            {"at": at + timedelta(seconds=2), "action": "audit.seal.origin_renewed", "details": RENEWED},
        ],
    )
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute(f"DROP TABLE audit.event_{month_gone:%Y_%m}, audit.leaf_{month_gone:%Y_%m}")
        superuser.execute(
            "DELETE FROM audit.remembered WHERE date_trunc('month', at AT TIME ZONE 'Asia/Tokyo') = %s", [month_gone]
        )
        superuser.execute("ALTER TABLE audit.pruning DISABLE TRIGGER USER")
        superuser.execute(
            "INSERT INTO audit.pruning (id, month, sealed_reason, asked_by_id, asked_at, outcome, decided_by_id,"
            " decided_at, problem, done_at, first_idx, last_idx, count, told_at)"
            " VALUES (%s, %s, %s, 1, %s, 'APPROVED', 2, %s, '', %s, %s, %s, %s, %s)",
            [one.pk, month_gone, bytes(one.sealed_reason), at, at, at, first, last, count, at],
        )
        for name in GUARDS:
            superuser.execute(f"ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER {name}")
    return one

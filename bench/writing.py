"""How many entries are committed in a second, beside a bare insert of the same row into a table without anything.

By PostgreSQL's own tool on the real tables, and by the product's writer in threads, as the office serves.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from threading import Barrier
from types import SimpleNamespace
from uuid import UUID

from bench import ground, pgbench
from bench.figures import Figure, Outcome, Scale, share_of_peer

WRITERS = (1, 16, 64)
WORK_SECONDS = 0.010
STAFF = 200
MOST_SECONDS_TO_CONNECT = 60
#: What a writer is expected to commit in a second, to begin with; then what it did the last time.
GUESSES = {1: 3_000, 16: 10_000, 64: 10_000}
#: How many each connection writes at least, alone and with other work.
FEWEST, FEWEST_WITH_WORK = 100, 40
#: Of a bare insert, and with ten milliseconds of other work in the transaction.
SHARE, SHARE_WITH_WORK = 0.60, 0.95

PREPARE = """
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE bench.bare (LIKE audit.event);
    ALTER TABLE bench.bare ALTER xid DROP NOT NULL, ADD PRIMARY KEY (id);
    CREATE TABLE bench.least (n integer NOT NULL);
    GRANT USAGE ON SCHEMA bench TO kyufu_app;
    GRANT INSERT ON bench.bare, bench.least TO kyufu_app;
"""
COLUMNS = (
    "id, at, action, result, actor_id, actor_roles, actor_section, subject_kind, subject_id, subject_label,"
    " person_id, purpose, explanation, sealed_reason, details, client, session, request_id, body, leaf"
)
#: An entry's body is about as long as this.
BODY = bytes(range(256)) + bytes(164)
INSERT = (
    "\\set person random(1, 54000)\n\\set actor random({first}, {last})\n{begin}"
    "INSERT INTO {table} ({columns}) SELECT u, uuid_extract_timestamp(u), 'benefits.application.viewed', 'DONE',"
    " :actor, 'MAKER,CHECKER', '地域保健課', 'benefits.application', 'a' || :person, 'B1234567',"
    " md5(:person::text)::uuid, 'CASE', 'E1', NULL, '{{\"fields\": [\"name\", \"address\"]}}', '10.1.2.3',"
    " 'abcdefgh12345678', u, '\\x{body}', sha256('\\x00{body}') FROM (SELECT uuidv7() AS u OFFSET 0) one;\n{end}"
)
LEAST = "INSERT INTO bench.least VALUES (1);\n"


def figures(scale: Scale) -> Iterator[Outcome]:
    """Measure the product's writer, then the database's part."""
    office = ground.office()
    with office.as_owner() as owner:
        owner.execute(PREPARE)
    yield from _by_the_product(scale)
    yield from _by_the_tool(office, scale)
    with office.as_owner() as owner:
        # what the tool wrote says nothing: nobody seals it
        owner.execute("DELETE FROM audit.pending")
        owner.execute("TRUNCATE bench.bare, bench.least")


def script(table: str, *, with_work: bool = False) -> str:
    """Return what the tool does again and again."""
    work = f"BEGIN;\n\\sleep {WORK_SECONDS * 1000:.0f} ms\n" if with_work else ""
    return INSERT.format(
        table=table,
        columns=COLUMNS,
        begin=work,
        end="COMMIT;\n" if with_work else "",
        body=BODY.hex(),
        first=staff()[0].pk,
        last=staff()[-1].pk,
    )


def _by_the_tool(office: ground.Office, scale: Scale) -> Iterator[Outcome]:
    for with_work in (False, True):
        for writers in WRITERS:
            guess = min(GUESSES[writers], writers / WORK_SECONDS) if with_work else GUESSES[writers]
            transactions = max(writers * (FEWEST_WITH_WORK if with_work else FEWEST), int(guess * scale.seconds))
            commit = partial(pgbench.per_second, office, clients=writers, transactions=transactions)
            own, bare, least = list[float](), list[float](), list[float]()
            commit(script("audit.event", with_work=with_work))  # what is loaded once
            for _run in range(scale.runs):
                bare.append(commit(script("bench.bare", with_work=with_work)))
                own.append(commit(script("audit.event", with_work=with_work)))
                if not with_work:
                    least.append(commit(LEAST))
            suffix = ".with_work" if with_work else ""
            yield Figure(
                name=f"writing.database{suffix}.{writers}",
                what=f"entries committed by {writers} connections"
                + (" with 10 ms of other work in the transaction" if with_work else ""),
                unit="/s",
                samples=own,
                peer="bare insert",
                peer_samples=bare,
                goal=share_of_peer(SHARE_WITH_WORK if with_work else SHARE),
            )
            if least:
                yield Figure(
                    name=f"writing.tool_limit.{writers}",
                    what=f"the least that {writers} connections can commit (one number, no index), beside the entries",
                    unit="/s",
                    samples=least,
                    peer="entries",
                    peer_samples=own,
                )


def _by_the_product(scale: Scale) -> Iterator[Outcome]:
    for writers in WRITERS:
        with Writers(writers) as threads:
            for with_work in (False, True):
                own, bare = list[float](), list[float]()
                for kind, kept in ((record, []), (insert, []), *((insert, bare), (record, own)) * scale.runs):
                    kept.append(threads.rate(kind, seconds=scale.seconds, with_work=with_work))
                suffix = ".with_work" if with_work else ""
                yield Figure(
                    name=f"writing.product{suffix}.{writers}",
                    what=f"entries committed by audit.journal.record in {writers} threads of one process"
                    + (" with 10 ms of other work in the transaction" if with_work else ""),
                    unit="/s",
                    samples=own,
                    peer="bare insert",
                    peer_samples=bare,
                    goal=share_of_peer(SHARE_WITH_WORK if with_work else SHARE),
                    note="the peer is one execute of a ready row through the same kind of connection",
                )


class Writers:
    """Threads that each have a connection, as the office serves with them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.threads = ThreadPoolExecutor(count)

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, *_raised: object) -> None:
        from django.db import connection

        self._all(lambda _thread: connection.close())
        self.threads.shutdown()

    def rate(self, write: Callable[[int], None], *, seconds: float, with_work: bool) -> float:
        """Return how many times a second the threads together commit ``write``."""
        from django.db import connection, transaction

        def work(thread: int) -> tuple[int, float]:
            connection.ensure_connection()
            ready.wait(MOST_SECONDS_TO_CONNECT)
            count, number, began = 0, thread, time.perf_counter()
            while time.perf_counter() < began + seconds:
                with transaction.atomic():
                    if with_work:
                        time.sleep(WORK_SECONDS)
                    write(number)
                count, number = count + 1, number + self.count
            return count, time.perf_counter() - began

        ready = Barrier(self.count)
        done = list(self.threads.map(work, range(self.count)))
        return sum(count for count, _took in done) / max(took for _count, took in done)

    def _all(self, work: Callable[[int], object]) -> None:
        """Let every thread do ``work`` once."""
        ready = Barrier(self.count)

        def do(thread: int) -> None:
            ready.wait(MOST_SECONDS_TO_CONNECT)
            work(thread)

        list(self.threads.map(do, range(self.count)))


@cache
def staff() -> list[SimpleNamespace]:
    """Hire people as whoever owns the tables, and return them: an entry's actor has to be real."""
    with ground.office().as_owner() as owner:
        hired = owner.execute(
            "INSERT INTO accounts_user (login_id, display_name, section, password, is_active, password_changed_at)"
            " SELECT 'bench' || n, 'bench', '第' || n %% 15 || '課', '', true, now() FROM generate_series(1, %s) n"
            " RETURNING id, section",
            [STAFF],
        ).fetchall()
    return [
        SimpleNamespace(pk=pk, display_name="bench", role_codes="CHECKER,MAKER", section=section)
        for pk, section in hired
    ]


def record(number: int) -> None:
    """Write down a view of somebody, as a page does."""
    from audit import journal
    from benefits import events

    person = UUID(int=number % 54_000 + 1)
    journal.record(
        events.APPLICATION_VIEWED,
        by=staff()[number % STAFF],
        subject=journal.Subject(kind="benefits.application", id=str(person), label="B1234567"),
        person_id=person,
        purpose="CASE",
        explanation="E1",
        details={"fields": ["name", "address"]},
    )


_PLACES = ", ".join(["%s"] * 20)


def insert(number: int) -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    from django.db import connection

    person = UUID(int=number % 54_000 + 1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO bench.bare ({COLUMNS}) VALUES ({_PLACES})",  # noqa: S608  (the constants above)
            [
                uuid4(), datetime.now(UTC), "benefits.application.viewed", "DONE", number % 200, "CHECKER,MAKER",
                "地域保健課", "benefits.application", str(person), "B1234567", person, "CASE", "E1", None,
                '{"fields": ["name", "address"]}', "10.1.2.3", "abcdefgh12345678", person, BODY, BODY[:32],
            ],
        )  # fmt: skip

"""Fills the record with years of made-up entries, past the journal and the sealer, for the search to look through.

Entries and marks agree with each other and are spread as an office's are: working hours, few people looked at often,
people of a section at their own terminals. Bodies are random bytes: the search never reads one.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bench import ground

if TYPE_CHECKING:
    import psycopg

PEOPLE = 54_000
STAFF = 200
SECTIONS = tuple(f"第{number}課" for number in range(1, 16))
PURPOSES = ("CASE", "INQUIRY", "CORRECTION", "CERTIFICATE", "AUDIT", "TRAINING", "COURT", "OTHER")
ACTIONS = 60
#: What an office with five million entries a year has in a month.
PER_MONTH = 416_667
FEWEST_MONTHS, MOST_MONTHS = 12, 240
#: Beyond so many the bodies are short, so that the disk holds them.
LONG_BODIES_UP_TO = 10_000_000

FUNCTIONS = r"""
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.mark (kind text PRIMARY KEY, marks bigint[] NOT NULL, texts text[] NOT NULL);

CREATE FUNCTION bench.mark_of(kind text, value text) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT ('x' || encode(substr(sha256(convert_to(kind || ':' || value, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint $$;

CREATE FUNCTION bench.marks(wanted text) RETURNS bigint[] LANGUAGE sql STABLE AS
$$ SELECT marks FROM bench.mark WHERE kind = wanted $$;
CREATE FUNCTION bench.texts(wanted text) RETURNS text[] LANGUAGE sql STABLE AS
$$ SELECT texts FROM bench.mark WHERE kind = wanted $$;

-- One month: first who did what when, in order, then the entry and its marks from that.
CREATE FUNCTION bench.fill(event regclass, leaf regclass, first date, entries bigint, since bigint, body_bytes integer)
RETURNS void LANGUAGE plpgsql SET jit = off SET work_mem = '256MB' SET timezone = 'Asia/Tokyo' AS $$
DECLARE
    days integer := extract(day FROM first + interval '1 month' - interval '1 day');
    workdays integer[] := ARRAY(SELECT d FROM generate_series(0, days - 1) d WHERE extract(isodow FROM first + d) < 6);
    actions text[] := bench.texts('action'); action_marks bigint[] := bench.marks('action');
    results text[] := bench.texts('result'); result_marks bigint[] := bench.marks('result');
    roles text[] := bench.texts('role'); role_marks bigint[] := bench.marks('role');
    sections text[] := bench.texts('section'); section_marks bigint[] := bench.marks('section');
    purposes text[] := bench.texts('purpose'); purpose_marks bigint[] := bench.marks('purpose');
    reasons text[] := bench.texts('explanation'); reason_marks bigint[] := bench.marks('explanation');
    people text[] := bench.texts('person'); person_marks bigint[] := bench.marks('person');
    subjects text[] := bench.texts('subject'); subject_marks bigint[] := bench.marks('subject');
    labels text[] := bench.texts('label'); label_marks bigint[] := bench.marks('label');
    actor_marks bigint[] := bench.marks('actor');
    clients text[] := bench.texts('net'); terminal_marks bigint[] := bench.marks('net');
    floor_marks bigint[] := bench.marks('net24'); building_marks bigint[] := bench.marks('net16');
    hour_marks bigint[] := bench.marks('hour'); weekday_marks bigint[] := bench.marks('weekday');
    day_marks bigint[] := ARRAY(SELECT bench.mark_of('day', to_char(first + d, 'YYYY-MM-DD'))
                                FROM generate_series(0, days - 1) d);
    people_count integer := cardinality(people); role_count integer := cardinality(roles);
BEGIN
    CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT since + row_number() OVER (ORDER BY at) - 1 AS idx, uuidv7(at - clock_timestamp()) AS id, at,
           action, actor, actor % 15 + 1 AS section, actor % role_count + 1 AS role, gen_random_uuid() AS request,
           CASE WHEN action % 4 <> 1 THEN person END AS person,
           CASE WHEN luck < 0.97 THEN 1 WHEN luck < 0.99 THEN 2 ELSE 3 END AS result,
           action % 8 + 1 AS purpose,
           CASE WHEN action % 3 > 0 THEN NULL WHEN luck < 0.7 THEN 1 ELSE 1 + (luck * 100)::integer % 7 END AS reason,
           substr(md5(actor || ' ' || at::date), 1, 16) AS session
    FROM (
        SELECT first::timestamptz + interval '1 second' * (
                   86400 * CASE WHEN random() < 0.97
                                THEN workdays[1 + floor(random() * cardinality(workdays))::integer]
                                ELSE floor(random() * days)::integer END
                   + CASE WHEN random() < 0.97 THEN 28800 + 36000 * (random() + random()) / 2 ELSE 86399 * random() END
               ) AS at,
               1 + floor(exp(random() * ln(cardinality(actions))))::integer % cardinality(actions) AS action,
               1 + floor(power(random(), 1.7) * cardinality(actor_marks))::integer AS actor,
               1 + floor(exp(random() * ln(people_count)))::integer % people_count AS person,
               random() AS luck
        FROM generate_series(1, entries)
    ) chance;

    EXECUTE format('INSERT INTO %s (id, at, action, result, actor_id, actor_roles, actor_section, subject_kind,'
        ' subject_id, subject_label, person_id, purpose, explanation, sealed_reason, details, client, session,'
        ' request_id, body, leaf, xid) SELECT m.id, m.at, ($1)[m.action], ($2)[m.result], m.actor, ($3)[m.role],'
        ' ($4)[m.section], CASE WHEN m.person IS NULL THEN '''' ELSE ''benefits.application'' END,'
        ' coalesce(($5)[m.person], ''''), coalesce(($6)[m.person], ''''), ($7)[m.person]::uuid, ($8)[m.purpose],'
        ' coalesce(($9)[m.reason], ''''), NULL, ''{"fields": ["name", "address"]}'', ($10)[m.actor]::inet, m.session,'
        ' m.request, b.body, sha256(''\x00''::bytea || b.body), ''3'' FROM made m'
        ' CROSS JOIN LATERAL (SELECT decode(repeat(md5(m.idx::text), %s), ''hex'') AS body) b ORDER BY m.idx',
        event, body_bytes / 16)
    USING actions, results, roles, sections, subjects, labels, people, purposes, reasons, clients;

    EXECUTE format('INSERT INTO %s (idx, event_id, event_at, hash, xid, facets) SELECT m.idx, m.id, m.at,'
        ' sha256(int8send(m.idx)), ''3'', array_remove(ARRAY[ ($1)[m.action], ($2)[m.result], ($3)[m.actor],'
        ' ($4)[m.section], ($5)[m.role], ($6)[m.person], ($7)[m.person], ($8)[m.person],'
        ' ($9)[m.purpose], ($10)[m.reason], ($11)[m.actor], ($12)[m.actor], ($13)[m.actor],'
        ' ($14)[1 + extract(hour FROM m.at)::integer], ($15)[extract(isodow FROM m.at)::integer],'
        ' ($16)[extract(day FROM m.at)::integer], bench.mark_of(''session'', m.session),'
        ' bench.mark_of(''request'', m.request::text)], NULL) FROM made m ORDER BY m.idx', leaf)
    USING action_marks, result_marks, actor_marks, section_marks, role_marks, person_marks, subject_marks,
          label_marks, purpose_marks, reason_marks, terminal_marks, floor_marks, building_marks, hour_marks,
          weekday_marks, day_marks;
    DROP TABLE made;
END $$;
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is to search: the first days of the months that were filled, and the values that occur."""

    months: list[date]
    events: int
    actions: list[str]
    roles: list[str]

    @staticmethod
    def person(number: int) -> UUID:
        """Return the person of this number, from 1 on; the smaller, the more often looked at."""
        return UUID(int=(number << 64) | 0x8000_0000_0000_0000)

    @staticmethod
    def label(number: int) -> str:
        """Return the receipt number of that person's application."""
        return f"B{number:07d}"

    @staticmethod
    def client(actor: int) -> str:
        """Return where a member of staff sits."""
        return f"10.{actor % 3}.{actor % 12}.{actor}"


def load(office: ground.Office, events: int) -> Loaded:
    """Fill whole months before those that the record has, and return what is there."""
    count = min(MOST_MONTHS, max(FEWEST_MONTHS, round(events / PER_MONTH)))
    with office.as_owner() as owner:
        owner.execute(FUNCTIONS)
        found = _vocabulary(owner)
        months = _months_before(owner, count)
    each, body_bytes, attaching = events // count, 304 if events <= LONG_BODIES_UP_TO else 32, Lock()

    def fill(step: int) -> None:
        with office.as_owner() as owner:
            _fill(owner, months[step], each, step * each, body_bytes, attaching)
        sys.stderr.write(f"  {months[step]:%Y-%m}: {each:,}\n")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(fill, range(count)))
    with office.as_owner() as owner:
        owner.execute("ANALYZE audit.leaf, audit.event")
    return Loaded(months, each * count, *found)


def _fill(
    owner: "psycopg.Connection[Any]", month: date, each: int, since: int, body_bytes: int, attaching: Lock
) -> None:
    """Fill a month's tables by themselves and then let them join the record, which makes their indexes."""
    from psycopg import sql

    nexts = _next(month)
    names = {kind: f"{kind}_{month:%Y_%m}" for kind in ("event", "leaf")}
    for kind, name in names.items():
        owner.execute(
            sql.SQL("CREATE TABLE audit.{} (LIKE audit.{} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(
                sql.Identifier(name), sql.Identifier(kind)
            )
        )
    owner.execute(
        "SELECT bench.fill(%s::regclass, %s::regclass, %s, %s, %s, %s)",
        [f"audit.{names['event']}", f"audit.{names['leaf']}", month, each, since, body_bytes],
    )
    with attaching:
        owner.execute("SET maintenance_work_mem = '512MB'")
        for kind, name in names.items():
            owner.execute(
                sql.SQL("ALTER TABLE audit.{} ATTACH PARTITION audit.{} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(kind), sql.Identifier(name), f"{month} 00:00:00+09", f"{nexts} 00:00:00+09"
                )
            )
    for name in names.values():
        owner.execute(sql.SQL("VACUUM ANALYZE audit.{}").format(sql.Identifier(name)))


def _vocabulary(owner: "psycopg.Connection[Any]") -> tuple[list[str], list[str]]:
    """Keep every text that occurs and its mark, as the product makes it; return actions and roles."""
    from accounts.roles import Role
    from audit import vocabulary
    from audit.ledger import facets

    actions = [str(code) for code, _label in vocabulary.choices()][:ACTIONS]
    roles = [str(code) for code in Role]
    staff, people = range(1, STAFF + 1), range(1, PEOPLE + 1)
    texts = {
        "action": actions,
        "result": ["DONE", "REFUSED", "FAILED"],
        "role": roles,
        "section": list(SECTIONS),
        "purpose": list(PURPOSES),
        "explanation": ["E1", "E2", "E3", "E4", "E5", "E6", "E0"],
        "person": [str(Loaded.person(number)) for number in people],
        "subject": [f"a{number}" for number in people],
        "label": [Loaded.label(number) for number in people],
        "actor": [str(number) for number in staff],
        "hour": [str(hour) for hour in range(24)],
        "weekday": [str(day) for day in range(7)],
    }
    rows = [(kind, [facets.mark(kind, text) for text in found], found) for kind, found in texts.items()]
    clients = [Loaded.client(number) for number in staff]
    for kind, bits in (("net", 32), ("net24", 24), ("net16", 16)):
        networks = [ip_network((ip_address(client), bits), strict=False) for client in clients]
        rows.append((kind, [facets.mark("net", network) for network in networks], clients))
    with owner.cursor() as cursor:
        cursor.executemany("INSERT INTO bench.mark VALUES (%s, %s, %s)", rows)
    return actions, roles


def _months_before(owner: "psycopg.Connection[Any]", count: int) -> list[date]:
    (first,) = owner.execute(
        "SELECT min(right(relname, 7)) FROM pg_class WHERE relname ~ '^leaf_[0-9]{4}_[0-9]{2}$'"
    ).fetchone() or ("",)
    month, found = date(int(first[:4]), int(first[5:]), 1), []
    for _step in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found[::-1]


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)

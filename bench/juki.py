"""How long a file from the Juki-net terminal takes, and how much memory: received, read and matched, then checked.

    .venv/bin/python -m bench.juki [lines, 54000 unless given]

Makes a throw-away office with as many made-up people as lines, brings one file about all of them, and does what the
worker does, piece after piece, in this process. Prints what it measured; nothing is judged. Numbers are checked for a
few pieces only, and what the rest would take is worked out from them: the look-up key is slow on purpose.
"""

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench import ground
from bench.figures import Figure, LeftOut, Outcome, Scale, at_most

if TYPE_CHECKING:
    import psycopg.sql

LINES, QUICK_LINES = 54_000, 2_000
#: How many pieces of the check of numbers are measured.
CHECKED = 5
#: What an office pays for each look-up key; the demo's is cheap.
PAID_AT_WORK = {"MYNUMBER_INDEX_MEMORY_KIB": 64 * 1024, "MYNUMBER_INDEX_PASSES": 3}
#: A piece of work is short, so that whatever else waits for the worker, or for its locks, has its turn soon.
MOST_MILLISECONDS, MOST_MILLISECONDS_OF_A_CHECK = 2_000, 10_000
MOST_MEGABYTES = 256
FAMILIES = ("佐藤", "鈴木", "高橋", "田中", "渡邉", "伊藤", "山本", "中村", "小林", "加藤", "吉田", "斎藤", "佐々木")
GIVEN = ("太郎", "花子", "一郎", "恵子", "健", "幸子", "誠", "洋子", "実", "裕子", "茂", "久美子", "隆", "真由美")
TOWNS = ["本町", "西町", "東町", "北町", "南町", "中央", "栄町", "緑町", "旭町", "泉町"]


def main(count: int) -> None:
    """Open the office, measure, print, and leave nothing behind."""
    with ground.opened(**PAID_AT_WORK) as home:
        measure(home, count)


def figures(scale: Scale) -> Iterator[Outcome]:
    """Bring one file; its pieces are the samples."""
    count = QUICK_LINES if scale.is_quick else LINES
    with ground.opened(**PAID_AT_WORK) as home:
        pieces = measure(home, count, checked=0 if scale.is_quick else CHECKED)
        most = memory()
    if scale.is_quick:
        yield LeftOut("juki.checking", "five pieces take more than a quick run has; make bench measures them")
    for state, samples in pieces.items():
        slow = state == "CHECKING"
        yield Figure(
            name=f"juki.{state.lower()}",
            what=f"a piece of the work on a file of {count:,} lines, until the next: {state.lower()}",
            unit="ms",
            samples=samples,
            goal=at_most(MOST_MILLISECONDS_OF_A_CHECK if slow else MOST_MILLISECONDS),
            note=f"{len(samples)} pieces in {sum(samples) / 1000:.1f} s" + (", most are still to do" if slow else ""),
        )
    yield Figure(
        name="juki.memory",
        what="the most memory of the process",
        unit="MB",
        samples=[most],
        goal=at_most(MOST_MEGABYTES),
    )


def measure(home: Path, count: int, *, checked: int = CHECKED) -> dict[str, list[float]]:
    """Do the work and print how long each phase took; return the milliseconds of each piece, by phase."""
    from accounts.models import User
    from benefits.juki import deciding, labour, receiving
    from benefits.models.juki import BatchState, Encoding, ErrorMode, JukiBatch

    people = list(made_up(count))
    register(home, people)
    by = User.objects.get(login_id="bench")
    data = file_about(people)
    del people
    before = memory()
    say(f"{count:,} lines, {len(data) / 1024 / 1024:.1f} MB; {before:.0f} MB of memory before")
    began = time.perf_counter()
    receipt = receiving.Receipt(by)
    for start in range(0, len(data), 64 * 1024):
        receipt.add(data[start : start + 64 * 1024])
    batch = receipt.finish()
    say(f"received and sealed  {time.perf_counter() - began:7.1f} s")
    assert batch.layout is not None  # noqa: S101  (the demo layout)
    deciding.start(batch.pk, by=by, layout=batch.layout, encoding=Encoding(batch.encoding), mode=ErrorMode.SKIP)
    total, pieces = 0.0, dict[str, list[float]]()
    for state in (BatchState.STAGING, BatchState.MATCHING):
        began, busy = time.perf_counter(), time.process_time()
        took_each = pieces[state.value] = []
        while JukiBatch.objects.get().state == state:
            took_each.append(_timed(labour.work))
        took = time.perf_counter() - began
        total += took
        busy = time.process_time() - busy
        say(
            f"{state.value.lower():20} {took:7.1f} s in {len(took_each)} pieces"
            f" ({busy:.1f} s of them this process's own)"
        )
    say(f"staged and matched   {total:7.1f} s, at most {memory():.0f} MB of memory")
    done = JukiBatch.objects.get()
    say(f"in {done.lines_in:,} = linked {done.linked:,} + queued {done.queued:,} + rejected {done.rejected:,}")
    if not checked:
        return pieces
    pieces["CHECKING"] = [_timed(labour.work) for _piece in range(checked)]
    took = sum(pieces["CHECKING"]) / 1000
    judged = JukiBatch.objects.get().judged
    whole = took / max(1, judged) * done.linked
    say(f"{judged} numbers checked  {took:7.1f} s; all of them would take {whole / 60:.0f} minutes")
    return pieces


def _timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds ``work`` takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def made_up(count: int) -> Iterator[tuple[str, str, date, str, str]]:
    """Yield (family, given, birth date, sex, address) of people who do not exist."""
    chance = random.Random(5401)  # noqa: S311  (the same people each time)
    for index in range(count):
        yield (
            chance.choice(FAMILIES),
            chance.choice(GIVEN),
            date(1930, 1, 1) + timedelta(days=chance.randrange(33_000)),
            chance.choice("12"),
            f"見本県架空市{chance.choice(TOWNS)}{index % 30 + 1}-{index % 17 + 1}-{index}",
        )


def file_about(people: list[tuple[str, str, date, str, str]]) -> bytes:
    """Return a file about all of them in the demo layout, some of whom have moved."""
    from mynumber.checkdigit import check_digit

    lines = ["整理番号,氏名,フリガナ,生年月日,性別,住所,個人番号"]
    for index, (family, given, born, sex, address) in enumerate(people):
        payload = f"{20_000_000_000 + index:011d}"
        where = address.replace("架空市", "架空市字") if index % 20 == 0 else address
        lines.append(
            f"{index},{family}　{given},ミホン　カナ,{born:%Y%m%d},{sex},{where},{payload}{check_digit(payload)}"
        )
    return "\r\n".join([*lines, ""]).encode("cp932")


def register(home: Path, people: list[tuple[str, str, date, str, str]]) -> None:
    """Put one maker and all the people there, each waiting for a decision, without the guards of registration."""
    import uuid

    import psycopg.sql

    from benefits import japanese_text
    from benefits.rules.check_digits import recipient_number
    from config.office import databases

    with closing(psycopg.connect(**databases.owner(home).as_psycopg())) as connection:
        row = connection.execute(
            "INSERT INTO accounts_user (login_id, display_name, section, password, is_active, password_changed_at)"
            " VALUES ('bench', 'bench', '', '', true, now()) RETURNING id"
        ).fetchone()
        assert row is not None  # noqa: S101  (RETURNING)
        connection.execute("INSERT INTO accounts_roleassignment (user_id, role) VALUES (%s, 'MAKER')", [row[0]])
        connection.commit()
        tables = ("benefits_person", "benefits_application")
        for table in tables:
            connection.execute(psycopg.sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_name(table)))
        columns = (
            "id, recipient_number, family_name, given_name, family_kana, given_kana, birth_on, sex, postal_code,"
            " address, phone, name_key, kana_key, registered_at, registered_by_id"
        )
        with connection.cursor().copy(f"COPY benefits_person ({columns}) FROM STDIN") as copy:
            for index, (family, given, born, sex, address) in enumerate(people):
                copy.write_row(
                    (
                        uuid.uuid4(),
                        recipient_number(index + 1),
                        family,
                        given,
                        "ミホン",
                        "カナ",
                        born,
                        sex,
                        "1000001",
                        address,
                        "",
                        japanese_text.name_key(family + given),
                        "ミホンカナ",
                        "2026-01-01",
                        row[0],
                    )
                )
        connection.execute(
            "INSERT INTO benefits_application (id, receipt_number, person_id, status, revision, submission, entry,"
            " content, patient_name, patient_kana, created_by_id, edited_by_id, edited_at, editor_ids,"
            " submitted_by_id, submitted_at)"
            " SELECT gen_random_uuid(), 'B' || recipient_number, id, 'SUBMITTED', 1, 1, '{}', '{}', '', '',"
            " registered_by_id, registered_by_id, now(), ARRAY[registered_by_id], registered_by_id, now()"
            " FROM benefits_person WHERE registered_at IS NOT NULL"
        )
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            guards = connection.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table]
            ).fetchall()
            for (guard,) in guards:
                statement = psycopg.sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}")
                connection.execute(statement.format(_name(table), _name(guard)))
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE benefits_person, benefits_application")


def _name(text: str) -> "psycopg.sql.Identifier":
    import psycopg.sql

    return psycopg.sql.Identifier(text)


def memory() -> float:
    """Return the most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LINES)

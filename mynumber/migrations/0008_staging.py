"""Numbers from a Juki-net file wait sealed until a second person applies the file.

File and numbers are sealed under one data key a file, whose wrapped form stands here and is erased with them: what a
backup still holds of them then opens no more. The app role reads none of it. A slice is handed back against a
committed entry of the record, once, within a minute, as ``vault.fetch`` does; a number goes into use only out of what
was staged, by somebody else than who brought the file, and only when nobody held it.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

TABLES = """
-- A key with a file under it is in use (vault.kek_users), so it is not retired; files wait days and are not wrapped anew.
CREATE TABLE vault.staging (
    batch    uuid        NOT NULL PRIMARY KEY,
    kek_id   integer     NOT NULL REFERENCES vault.kek (id),
    wrapped  bytea,
    begun_by bigint      NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    parts    integer     CONSTRAINT staging_counts_its_parts CHECK (parts >= 0),
    wiped_at timestamptz,
    CONSTRAINT staging_key_is_gone_once_wiped CHECK ((wrapped IS NULL) = (wiped_at IS NOT NULL))
);
CREATE INDEX staging_by_kek ON vault.staging (kek_id) WHERE wrapped IS NOT NULL;

-- The file as it came, in parts of one size.
CREATE TABLE vault.staged_file (
    batch uuid    NOT NULL REFERENCES vault.staging (batch),
    part  integer NOT NULL CONSTRAINT staged_part_counts_from_nought CHECK (part >= 0),
    body  bytea   NOT NULL CONSTRAINT staged_part_is_small CHECK (length(body) <= 262144),
    PRIMARY KEY (batch, part)
);

-- One number of the file. The twin is a digest under a key that goes with the batch: equal numbers of one file.
CREATE TABLE vault.staged (
    batch        uuid    NOT NULL REFERENCES vault.staging (batch),
    line         integer NOT NULL CONSTRAINT staged_line_counts_from_one CHECK (line > 0),
    body         bytea   NOT NULL,
    twin         bytea   NOT NULL,
    number_index bytea,
    person       uuid,
    verdict      text    CONSTRAINT staged_verdict_is_known CHECK (verdict IN ('FREE', 'SAME', 'OTHER', 'TAKEN')),
    PRIMARY KEY (batch, line),
    CONSTRAINT staged_verdict_is_about_a_person_and_a_number CHECK (
        (verdict IS NULL) = (person IS NULL) AND (verdict IS NULL OR number_index IS NOT NULL))
);
CREATE INDEX staged_by_twin ON vault.staged (batch, twin);

-- Which numbers came by which file, from which line. Holds no number and stays, so that a file can be undone and asked
-- about. The likeness is a digest, under a salt of its own, of what somebody who was not registered yet was matched by:
-- whoever registers them later is told from somebody else by it (benefits/migrations/0012).
CREATE TABLE vault.imported (
    batch       uuid        NOT NULL REFERENCES vault.staging (batch),
    person      uuid        NOT NULL,
    version     integer     NOT NULL,
    line        integer     NOT NULL,
    salt        uuid        NOT NULL DEFAULT gen_random_uuid(),
    likeness    bytea,
    imported_by bigint      NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at   timestamptz,
    PRIMARY KEY (batch, person),
    FOREIGN KEY (person, version) REFERENCES vault.number (person, version)
);
CREATE INDEX imported_by_person ON vault.imported (person, version);

-- What was erased lies on in a table's file until it is vacuumed: at once, and however little it is.
ALTER TABLE vault.staging SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);
ALTER TABLE vault.staged_file SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);
ALTER TABLE vault.staged SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);
"""

#: Why a number that came by a file cannot be taken back: something was built on it since. Of one, and of a whole file.
BLOCKERS = """
CREATE __OR_REPLACE__FUNCTION vault.import_blocker(p_batch uuid, p_person uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT __CODE__ FROM vault.imported i JOIN vault.number n ON n.person = i.person AND n.version = i.version
    WHERE i.batch = p_batch AND i.person = p_person AND i.undone_at IS NULL AND (__BUILT_ON__);
$$;
CREATE __OR_REPLACE__FUNCTION vault.import_blockers(p_batch uuid) RETURNS TABLE (person uuid, code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.person, __CODE__ FROM vault.imported i JOIN vault.number n ON n.person = i.person AND n.version = i.version
    WHERE i.batch = p_batch AND i.undone_at IS NULL AND (__BUILT_ON__);
$$;
"""
_BUILT_ON = """n.state <> 'IN_USE' OR EXISTS (
        SELECT 1 FROM audit.event e WHERE e.person_id = i.person AND e.at >= i.imported_at AND e.result = 'DONE'
          AND e.action LIKE 'mynumber.number.%' AND e.action <> 'mynumber.number.imported')"""


def blockers(*, held: str = "", replacing: bool = True) -> str:
    """Return both functions; ``held`` is a condition on ``i`` under which a number is on hold and stays."""
    code = "CASE WHEN n.state <> 'IN_USE' THEN 'CHANGED'"
    code += f" WHEN {held} THEN 'HELD' ELSE 'USED' END" if held else " ELSE 'USED' END"
    return (
        BLOCKERS.replace("__OR_REPLACE__", "OR REPLACE " if replacing else "")
        .replace("__CODE__", code)
        .replace("__BUILT_ON__", f"{_BUILT_ON} OR {held}" if held else _BUILT_ON)
    )


FUNCTIONS = """
-- Runs at COMMIT: a file begins, and is wiped, only with its entry in the same transaction.
CREATE FUNCTION vault.staging_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'mynumber.staging' AND e.subject_id = NEW.batch::text
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = CASE WHEN NEW.wiped_at IS NULL THEN 'mynumber.staged.begun' ELSE 'mynumber.staged.wiped' END
    ) THEN
        RAISE EXCEPTION 'staging_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER staging_is_on_record AFTER INSERT OR UPDATE OF wiped_at ON vault.staging
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.staging_is_on_record();
ALTER TABLE vault.staging ENABLE ALWAYS TRIGGER staging_is_on_record;

CREATE FUNCTION vault.stage_begin(p_batch uuid, p_kek integer, p_wrapped bytea, p_by bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_current_kek(p_kek);
    INSERT INTO vault.staging (batch, kek_id, wrapped, begun_by) VALUES (p_batch, p_kek, p_wrapped, p_by);
END $$;

-- Keep the next part of a file that is still coming.
CREATE FUNCTION vault.stage_part(p_batch uuid, p_part integer, p_body bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM vault.staging s WHERE s.batch = p_batch AND s.wiped_at IS NULL AND s.parts IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no file is coming' USING ERRCODE = 'KY020';
    END IF;
    INSERT INTO vault.staged_file (batch, part, body) VALUES (p_batch, p_part, p_body);
END $$;

-- The file is here whole.
CREATE FUNCTION vault.stage_close(p_batch uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counted integer;
BEGIN
    UPDATE vault.staging s SET parts = (SELECT count(*) FROM vault.staged_file f WHERE f.batch = p_batch)
    WHERE s.batch = p_batch AND s.wiped_at IS NULL AND s.parts IS NULL RETURNING s.parts INTO counted;
    IF counted IS NULL THEN
        RAISE EXCEPTION 'no file is coming' USING ERRCODE = 'KY020';
    END IF;
    RETURN counted;
END $$;

-- Use up one committed entry that says that a slice is opened, and return whose file it names. Closed to everybody.
CREATE FUNCTION vault.use_staging_entry(p_event uuid, p_ticket uuid, p_kind text, p_count integer, p_slice text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
BEGIN
    SELECT e.at, e.action, e.result, e.actor_id, e.subject_kind, e.subject_id, e.details, e.xid INTO entry
    FROM audit.event e WHERE e.id = p_event;
    IF NOT FOUND OR entry.action <> 'mynumber.staged.opened' OR entry.result <> 'DONE' OR entry.actor_id IS NULL
       OR entry.subject_kind <> 'mynumber.staging' OR entry.details ->> 'kind' IS DISTINCT FROM p_kind
       OR entry.details ->> 'count' IS DISTINCT FROM p_count::text OR p_count NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'no such opening on record' USING ERRCODE = 'KY002';
    END IF;
    IF entry.xid = pg_current_xact_id() OR pg_xact_status(entry.xid) IS DISTINCT FROM 'committed' THEN
        RAISE EXCEPTION 'the entry is not committed' USING ERRCODE = 'KY003';
    END IF;
    IF entry.at < clock_timestamp() - interval '60 seconds' THEN
        RAISE EXCEPTION 'the entry is older than 60 seconds' USING ERRCODE = 'KY004';
    END IF;
    -- The ticket is for this slice alone: an entry whose use is rolled back serves for the same lines again, for no others.
    IF NOT coalesce(entry.details ->> 'ticket'
                    = encode(sha256(convert_to(p_ticket::text || p_kind || p_slice, 'UTF8')), 'hex'), false) THEN
        RAISE EXCEPTION 'the ticket belongs to another entry' USING ERRCODE = 'KY009';
    END IF;
    INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (p_event, entry.actor_id);
    RETURN entry.subject_id::uuid;
END $$;

-- Hand out a few parts of a file, still sealed, against one committed entry.
CREATE FUNCTION vault.staged_parts(p_event uuid, p_ticket uuid, p_first integer, p_count integer)
RETURNS TABLE (kek_id integer, wrapped bytea, part integer, body bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_batch uuid;
BEGIN
    IF p_count > 8 THEN
        RAISE EXCEPTION 'a slice is small' USING ERRCODE = 'KY021';
    END IF;
    of_batch := vault.use_staging_entry(p_event, p_ticket, 'FILE', p_count, p_first || '+' || p_count);
    RETURN QUERY SELECT s.kek_id, s.wrapped, f.part, f.body
    FROM vault.staging s JOIN vault.staged_file f ON f.batch = s.batch
    WHERE s.batch = of_batch AND s.wiped_at IS NULL AND f.part >= p_first AND f.part < p_first + p_count
    ORDER BY f.part;
END $$;

-- Hand out a few numbers of a file, still sealed, against one committed entry.
CREATE FUNCTION vault.staged_numbers(p_event uuid, p_ticket uuid, p_lines integer[])
RETURNS TABLE (kek_id integer, wrapped bytea, line integer, body bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_batch uuid;
BEGIN
    of_batch := vault.use_staging_entry(
        p_event, p_ticket, 'NUMBERS', cardinality(p_lines), array_to_string(p_lines, ','));
    RETURN QUERY SELECT s.kek_id, s.wrapped, t.line, t.body
    FROM vault.staging s JOIN vault.staged t ON t.batch = s.batch
    WHERE s.batch = of_batch AND s.wiped_at IS NULL AND t.line = ANY (p_lines);
END $$;

-- Stage numbers, and say which of them stand on another line of the file too.
CREATE FUNCTION vault.stage(p_batch uuid, p_lines integer[], p_bodies bytea[], p_twins bytea[])
RETURNS TABLE (line integer, other integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM vault.staging s WHERE s.batch = p_batch AND s.wiped_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is staged' USING ERRCODE = 'KY020';
    END IF;
    INSERT INTO vault.staged (batch, line, body, twin)
    SELECT p_batch, t.line, t.body, t.twin FROM unnest(p_lines, p_bodies, p_twins) AS t (line, body, twin);
    RETURN QUERY SELECT t.line, (
        SELECT min(o.line) FROM vault.staged o WHERE o.batch = p_batch AND o.twin = t.twin AND o.line <> t.line)
    FROM vault.staged t WHERE t.batch = p_batch AND t.line = ANY (p_lines)
      AND EXISTS (SELECT 1 FROM vault.staged o WHERE o.batch = p_batch AND o.twin = t.twin AND o.line <> t.line);
END $$;

-- Say how a staged number stands to the person it was matched with. An index, once computed, is kept: a line that is
-- matched with somebody else is judged again without being opened (p_index NULL).
CREATE FUNCTION vault.judge_staged(p_batch uuid, p_line integer, p_person uuid, p_index bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.staged%ROWTYPE;
    judged text;
BEGIN
    SELECT * INTO held FROM vault.staged t WHERE t.batch = p_batch AND t.line = p_line FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is staged' USING ERRCODE = 'KY020';
    END IF;
    IF held.number_index IS NOT NULL AND p_index IS NOT NULL AND held.number_index <> p_index
       OR held.number_index IS NULL AND p_index IS NULL THEN
        RAISE EXCEPTION 'a number is indexed once' USING ERRCODE = 'KY022';
    END IF;
    held.number_index := coalesce(held.number_index, p_index);
    SELECT CASE
        WHEN bool_or(n.person = p_person AND n.number_index = held.number_index) THEN 'SAME'
        WHEN bool_or(n.number_index = held.number_index) THEN 'TAKEN'
        WHEN bool_or(n.person = p_person) THEN 'OTHER'
        ELSE 'FREE' END
    INTO judged FROM vault.number n
    WHERE n.state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE')
      AND (n.person = p_person OR n.number_index = held.number_index);
    UPDATE vault.staged t SET number_index = held.number_index, person = p_person, verdict = judged
    WHERE t.batch = p_batch AND t.line = p_line;
    RETURN judged;
END $$;

-- Put one staged number into use. What is sealed anew is for a person and version; what tells it from others is
-- taken from what was staged. The staged number is gone with it.
CREATE FUNCTION vault.import_staged(p_batch uuid, p_line integer, p_person uuid, p_version integer, p_kek integer,
                                    p_wrapped bytea, p_body bytea, p_by bigint, p_basis text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.staged%ROWTYPE;
    file vault.staging%ROWTYPE;
    judged text;
BEGIN
    SELECT * INTO file FROM vault.staging s WHERE s.batch = p_batch AND s.wiped_at IS NULL FOR SHARE;
    SELECT * INTO held FROM vault.staged t WHERE t.batch = p_batch AND t.line = p_line FOR UPDATE;
    IF file.batch IS NULL OR held.batch IS NULL OR held.person IS DISTINCT FROM p_person THEN
        RAISE EXCEPTION 'nothing is staged' USING ERRCODE = 'KY020';
    END IF;
    PERFORM vault.require_current_kek(p_kek);
    -- meanwhile somebody may have got a number
    judged := vault.judge_staged(p_batch, p_line, p_person, NULL);
    IF judged = 'FREE' THEN
        INSERT INTO vault.number (person, version, state, body, number_index, typed_by, typed_at, confirmed_by,
                                  confirmed_at, kind, basis, source)
        VALUES (p_person, p_version, 'CONFIRMED', p_body, held.number_index, file.begun_by, file.begun_at, p_by,
                clock_timestamp(), 'PATIENT', p_basis, 'JUKI');
        INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped) VALUES (p_person, p_version, p_kek, p_wrapped);
        INSERT INTO vault.imported (batch, person, version, line, imported_by)
        VALUES (p_batch, p_person, p_version, p_line, p_by);
        UPDATE vault.number n SET state = 'IN_USE' WHERE n.person = p_person AND n.version = p_version;
    END IF;
    DELETE FROM vault.staged t WHERE t.batch = p_batch AND t.line = p_line;
    RETURN judged;
END $$;

-- Erase the staged number of lines that were rejected: nobody needs them any more.
CREATE FUNCTION vault.forget_staged(p_batch uuid, p_lines integer[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone integer;
BEGIN
    DELETE FROM vault.staged t WHERE t.batch = p_batch AND t.line = ANY (p_lines);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

-- Erase a file, what was staged of it, and the key that it was sealed under.
CREATE FUNCTION vault.wipe_staging(p_batch uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone integer;
BEGIN
    PERFORM 1 FROM vault.staging s WHERE s.batch = p_batch FOR UPDATE;
    DELETE FROM vault.staged_file f WHERE f.batch = p_batch;
    DELETE FROM vault.staged t WHERE t.batch = p_batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE vault.staging s SET wrapped = NULL, wiped_at = clock_timestamp()
    WHERE s.batch = p_batch AND s.wiped_at IS NULL;
    RETURN gone;
END $$;

-- How much of a file is still here: its parts, its numbers, and whether the key is.
CREATE FUNCTION vault.staged_left(p_batch uuid) RETURNS TABLE (parts integer, numbers integer, has_key boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (SELECT count(*)::integer FROM vault.staged_file f WHERE f.batch = p_batch),
           (SELECT count(*)::integer FROM vault.staged t WHERE t.batch = p_batch),
           EXISTS (SELECT 1 FROM vault.staging s WHERE s.batch = p_batch AND s.wrapped IS NOT NULL);
$$;

__BLOCKERS__
-- The people whose numbers came by a file and stand, a few at a time.
CREATE FUNCTION vault.imported_people(p_batch uuid, p_count integer) RETURNS TABLE (person uuid, version integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.person, i.version FROM vault.imported i WHERE i.batch = p_batch AND i.undone_at IS NULL
    ORDER BY i.person LIMIT p_count;
$$;

-- The same after one of them: past those whose number stays.
CREATE FUNCTION vault.imported_people(p_batch uuid, p_after uuid, p_count integer)
RETURNS TABLE (person uuid, version integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.person, i.version FROM vault.imported i
    WHERE i.batch = p_batch AND i.undone_at IS NULL AND i.person > p_after
    ORDER BY i.person LIMIT p_count;
$$;

-- Take one imported number back, unless something was built on it.
CREATE FUNCTION vault.undo_import(p_batch uuid, p_person uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_version integer;
    blocked text;
BEGIN
    -- whoever puts this person's numbers on hold waits, or is seen below
    PERFORM vault.hold_people(ARRAY[p_person]);
    SELECT i.version INTO of_version FROM vault.imported i
    WHERE i.batch = p_batch AND i.person = p_person AND i.undone_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'ABSENT';
    END IF;
    PERFORM 1 FROM vault.number n WHERE n.person = p_person AND n.version = of_version FOR UPDATE;
    blocked := vault.import_blocker(p_batch, p_person);
    IF blocked IS NOT NULL THEN
        RETURN blocked;
    END IF;
    PERFORM vault.erase(p_person, of_version, 'REPLACED');
    UPDATE vault.imported i SET undone_at = clock_timestamp() WHERE i.batch = p_batch AND i.person = p_person;
    RETURN 'UNDONE';
END $$;

-- Take back what came by a file for somebody who was matched as an applicant and has turned out to be somebody else, or
-- does not apply any more. Returns by which file it came; NULL when nothing of theirs did, or it was corrected since.
CREATE FUNCTION vault.give_up_import(p_person uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    came vault.imported%ROWTYPE;
BEGIN
    PERFORM vault.hold_people(ARRAY[p_person]);
    SELECT i.* INTO came FROM vault.imported i JOIN vault.number n ON n.person = i.person AND n.version = i.version
    WHERE i.person = p_person AND i.undone_at IS NULL AND n.state = 'IN_USE' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM vault.erase(p_person, came.version, 'REPLACED');
    UPDATE vault.imported i SET undone_at = clock_timestamp() WHERE i.batch = came.batch AND i.person = p_person;
    RETURN came.batch;
END $$;
""".replace("__BLOCKERS__", blockers(replacing=False))

#: A number may also go into use out of an applied file, in the name of whoever applied it.
BY_FILE = """
    IF NEW.source = 'JUKI' AND EXISTS (
        SELECT 1 FROM vault.imported i JOIN vault.staging s ON s.batch = i.batch
        WHERE i.person = NEW.person AND i.version = NEW.version AND i.imported_by = NEW.confirmed_by
          AND s.begun_by = NEW.typed_by AND i.undone_at IS NULL
    ) AND EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = 'mynumber.number.imported' AND e.actor_id = NEW.confirmed_by
    ) THEN
        RETURN NULL;
    END IF;
"""

NEW = (
    "stage_begin(uuid, integer, bytea, bigint)",
    "stage_part(uuid, integer, bytea)",
    "stage_close(uuid)",
    "use_staging_entry(uuid, uuid, text, integer, text)",
    "staged_parts(uuid, uuid, integer, integer)",
    "staged_numbers(uuid, uuid, integer[])",
    "stage(uuid, integer[], bytea[], bytea[])",
    "judge_staged(uuid, integer, uuid, bytea)",
    "import_staged(uuid, integer, uuid, integer, integer, bytea, bytea, bigint, text)",
    "forget_staged(uuid, integer[])",
    "wipe_staging(uuid)",
    "staged_left(uuid)",
    "import_blocker(uuid, uuid)",
    "import_blockers(uuid)",
    "imported_people(uuid, integer)",
    "imported_people(uuid, uuid, integer)",
    "undo_import(uuid, uuid)",
    "give_up_import(uuid)",
)
TRIGGERS = ("staging_is_on_record()",)
CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in (*NEW, *TRIGGERS))


def _in_use_guard() -> str:
    """Return ``vault.number_is_in_use_by_approval`` as it stands before this migration."""
    opening = "CREATE OR REPLACE FUNCTION vault.number_is_in_use_by_approval()"
    made = import_module("mynumber.migrations.0004_holdings")
    text = next(value for value in vars(made).values() if isinstance(value, str) and opening in value)
    start = text.index(opening)
    return text[start : text.index("$$;", text.index("AS $$", start) + 5) + 3]


def _with_files(guard: str) -> str:
    """Return the guard with one more way to pass: its own conditions stay word for word."""
    head, body = guard.split("\nBEGIN\n", 1)
    return f"{head}\nBEGIN{BY_FILE}{body}"


REMOVE = "\n".join(
    [
        *(f"DROP FUNCTION vault.{function};" for function in reversed(NEW)),
        "DROP TRIGGER staging_is_on_record ON vault.staging;",
        "DROP FUNCTION vault.staging_is_on_record();",
        "DROP TABLE vault.imported; DROP TABLE vault.staged; DROP TABLE vault.staged_file; DROP TABLE vault.staging;",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0007_letting_go")]

    operations: ClassVar = [
        migrations.RunSQL(TABLES + FUNCTIONS + CLOSE, REMOVE),
        migrations.RunSQL(_with_files(_in_use_guard()), _in_use_guard()),
    ]

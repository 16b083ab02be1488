"""Destroy a number whose time is over, against an approval that stands on record; and destroy it again after a restore.

Who may be on such a list, and that two people stand behind it, is asked of the tables that hold the lists
(benefits/migrations/0010): the vault knows no names and no lists, only that the record has the approval.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("mynumber.migrations.0001_vault")

INSTALL = """
-- Since when a number is in its state: from the day of its correction an earlier version's time runs.
ALTER TABLE vault.number ADD COLUMN state_since timestamptz NOT NULL DEFAULT clock_timestamp();

CREATE FUNCTION vault.number_state_is_dated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.state_since := CASE WHEN TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN clock_timestamp() ELSE OLD.state_since END;
    RETURN NEW;
END $$;
CREATE TRIGGER number_state_is_dated BEFORE INSERT OR UPDATE ON vault.number
FOR EACH ROW EXECUTE FUNCTION vault.number_state_is_dated();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_state_is_dated;

-- What was erased lies on in the table's file until it is vacuumed: at once, and however little it is.
ALTER TABLE vault.number SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);
ALTER TABLE vault.wrapped_key SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);

-- What is sealed, one page after another: everything that a clock can run for, and never what is in it.
CREATE FUNCTION vault.sealed_after(p_person uuid, p_limit integer)
RETURNS TABLE (person uuid, version integer, state text, kind text, basis text, state_since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version, n.state, n.kind, n.basis, n.state_since FROM vault.number n
    WHERE n.person IN (SELECT DISTINCT m.person FROM vault.number m
                       WHERE m.person > p_person AND m.body IS NOT NULL ORDER BY m.person LIMIT p_limit)
      AND n.body IS NOT NULL
    ORDER BY n.person, n.version;
$$;

-- The same for people who are named.
CREATE FUNCTION vault.sealed_of(p_people uuid[])
RETURNS TABLE (person uuid, version integer, state text, kind text, basis text, state_since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version, n.state, n.kind, n.basis, n.state_since FROM vault.number n
    WHERE n.person = ANY (p_people) AND n.body IS NOT NULL ORDER BY n.person, n.version;
$$;

-- Lock the numbers of several people for the rest of the transaction, in one order: with the same lock as next_version.
CREATE FUNCTION vault.hold_people(p_people uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(k.key)
    FROM (SELECT DISTINCT hashtextextended(t.p::text, 5401) AS key FROM unnest(p_people) AS t (p) ORDER BY 1) k;
END $$;

-- Whether the speaker owns the vault: migrating, repairing, restoring.
CREATE FUNCTION vault.is_owner() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(session_user, (SELECT c.relowner FROM pg_class c WHERE c.oid = 'vault.number'::regclass), 'USAGE');
$$;

-- Destroy one sealed version: ciphertext, wrapped key and index. Only for a list whose approval another, finished
-- transaction has put on record. One that was never in use is REPLACED afterwards, any other DESTROYED.
CREATE FUNCTION vault.destroy(p_person uuid, p_version integer, p_list uuid)
RETURNS TABLE (state text, kek_id integer, kind text, basis text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
    key integer;
    becomes text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'numbers are destroyed in read committed' USING ERRCODE = 'KY041';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.action = 'benefits.deletion.approved' AND e.result = 'DONE' AND e.subject_id = p_list::text
          AND e.actor_id IS NOT NULL AND e.xid <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'no approval on record' USING ERRCODE = 'KY042';
    END IF;
    PERFORM vault.hold_people(ARRAY[p_person]);
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.version = p_version FOR UPDATE;
    IF NOT FOUND OR held.body IS NULL THEN
        RAISE EXCEPTION 'nothing is sealed there' USING ERRCODE = 'KY043';
    END IF;
    SELECT w.kek_id INTO key FROM vault.wrapped_key w WHERE w.person = p_person AND w.version = p_version;
    becomes := CASE WHEN held.state IN ('IN_USE', 'SUPERSEDED') THEN 'DESTROYED' ELSE 'REPLACED' END;
    PERFORM vault.erase(p_person, p_version, becomes);
    RETURN QUERY SELECT becomes, key, held.kind, held.basis;
END $$;

-- Which of the named versions are still sealed as they were then: after a restore, what was destroyed before. A number
-- that was typed since bears the same version only, and is another one.
CREATE FUNCTION vault.still_sealed(p_people uuid[], p_versions integer[], p_destroyed_at timestamptz[])
RETURNS TABLE (person uuid, version integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.person, n.version FROM unnest(p_people, p_versions, p_destroyed_at) AS t (person, version, destroyed_at)
    JOIN vault.number n ON n.person = t.person AND n.version = t.version
    WHERE n.body IS NOT NULL AND n.typed_at <= t.destroyed_at;
$$;

-- Destroy again what a restored backup brought back, unless it was typed since. The owner's alone. Of a version that the
-- backup did not know yet an erased row is put down, typed by nobody, so that its version is never given again.
CREATE FUNCTION vault.destroy_again(p_person uuid, p_version integer, p_destroyed_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
BEGIN
    IF NOT vault.is_owner() THEN
        RAISE EXCEPTION 'deletions are replayed by the owner' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM vault.hold_people(ARRAY[p_person]);
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.version = p_version FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO vault.number (person, version, state, typed_by, typed_at)
        VALUES (p_person, p_version, 'REPLACED', 0, p_destroyed_at);
        RETURN false;
    END IF;
    IF held.body IS NULL OR held.typed_at > p_destroyed_at THEN
        RETURN false;
    END IF;
    PERFORM vault.erase(p_person, p_version,
                        CASE WHEN held.state IN ('IN_USE', 'SUPERSEDED') THEN 'DESTROYED' ELSE 'REPLACED' END);
    RETURN true;
END $$;

-- Runs at COMMIT: a number is typed, confirmed or erased only with an entry of its own in the same transaction. The
-- owner who replays deletions is nobody on the staff, so that entry alone has no name.
CREATE OR REPLACE FUNCTION vault.number_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.action LIKE 'mynumber.number.%'
          AND (e.actor_id IS NOT NULL
               OR e.action = 'mynumber.number.destroyed_again' AND vault.is_owner())
    ) THEN
        RAISE EXCEPTION 'number_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

FUNCTIONS = (
    "number_state_is_dated()",
    "sealed_after(uuid, integer)",
    "sealed_of(uuid[])",
    "hold_people(uuid[])",
    "is_owner()",
    "destroy(uuid, integer, uuid)",
    "still_sealed(uuid[], integer[], timestamptz[])",
    "destroy_again(uuid, integer, timestamptz)",
)
CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in FUNCTIONS)


def _function_before(name: str) -> str:
    text: str = _before.INSTALL
    start = text.index(f"CREATE FUNCTION vault.{name}(")
    end = text.index("END $$;", start) + len("END $$;")
    return text[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


REMOVE = "\n".join(
    [
        _function_before("number_change_is_on_record"),
        "ALTER TABLE vault.number RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);",
        "ALTER TABLE vault.wrapped_key RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold);",
        "DROP TRIGGER number_state_is_dated ON vault.number;",
        *(f"DROP FUNCTION vault.{function};" for function in reversed(FUNCTIONS)),
        "ALTER TABLE vault.number DROP COLUMN state_since;",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0006_revealing")]

    operations: ClassVar = [migrations.RunSQL(INSTALL + CLOSE, REMOVE)]

"""Let a number out only to whoever holds the ticket for it, for a purpose on the list, within limits that are data.

An entry of the record alone opens nothing any more: it carries the digest of a ticket that only the process which wrote
the entry knows, so that a colleague's entry, which everybody with the app role's rights can read, is of no use. What
may be shown for which purpose, and how often, stands in tables that the app role can neither write nor read.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("mynumber.migrations.0002_wrapped_keys")

#: As at this release: a purpose that is added later comes with a migration of its own.
PURPOSES = ("INQUIRY", "COMPARISON", "CORRECTION", "INSURER", "DISCLOSURE")

INSTALL = """
-- What a number may be shown for; the words for it are the product's.
CREATE TABLE vault.purpose (
    code text NOT NULL PRIMARY KEY CONSTRAINT purpose_has_a_code CHECK (code <> '')
);
INSERT INTO vault.purpose (code) VALUES __PURPOSES__;

-- How many reveals there may be: by one person within an hour and within a day, by all within a day.
CREATE TABLE vault.reveal_limit (
    name text    NOT NULL PRIMARY KEY
        CONSTRAINT reveal_limit_is_known CHECK (name IN ('PERSON_HOUR', 'PERSON_DAY', 'OFFICE_DAY')),
    most integer NOT NULL CONSTRAINT reveal_limit_is_a_limit CHECK (most BETWEEN 1 AND 10000)
);
INSERT INTO vault.reveal_limit (name, most) VALUES ('PERSON_HOUR', 60), ('PERSON_DAY', 300), ('OFFICE_DAY', 2000);

CREATE FUNCTION vault.reveal_limits_stay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'reveal_limits_stay' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER reveal_limits_stay BEFORE INSERT OR DELETE OR TRUNCATE ON vault.reveal_limit
FOR EACH STATEMENT EXECUTE FUNCTION vault.reveal_limits_stay();
ALTER TABLE vault.reveal_limit ENABLE ALWAYS TRIGGER reveal_limits_stay;

-- Runs at COMMIT: the owner too changes a limit only with an entry in the same transaction.
CREATE FUNCTION vault.reveal_limit_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.xid = pg_current_xact_id() AND e.action = 'mynumber.limits.changed' AND e.result = 'DONE'
          AND e.at > clock_timestamp() - interval '1 day' AND e.subject_id = NEW.name
          AND e.details ->> 'count' = NEW.most::text
    ) THEN
        RAISE EXCEPTION 'reveal_limit_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reveal_limit_change_is_on_record AFTER UPDATE ON vault.reveal_limit
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vault.reveal_limit_change_is_on_record();
ALTER TABLE vault.reveal_limit ENABLE ALWAYS TRIGGER reveal_limit_change_is_on_record;

-- How many there may be: for the page that tells its reader how far they have come.
CREATE FUNCTION vault.reveal_limit_of(p_name text) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.most FROM vault.reveal_limit l WHERE l.name = p_name;
$$;

DROP FUNCTION vault.fetch(uuid);

-- Wait until everything that has happened so far is on the disk. Closed to everybody.
CREATE FUNCTION vault.flush() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    so_far pg_lsn := pg_current_wal_insert_lsn();
    until timestamptz := clock_timestamp() + interval '3 seconds';
BEGIN
    IF current_setting('server_version_num')::integer >= 170000 THEN
        PERFORM pg_logical_emit_message(false, 'kyufu', 'reveal', true);
        RETURN;
    END IF;
    -- an older server writes commits that nobody waits for within half a second
    WHILE pg_current_wal_flush_lsn() < so_far LOOP
        IF clock_timestamp() > until THEN
            RAISE EXCEPTION 'the entry is not on the disk' USING ERRCODE = 'KY003';
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END $$;

-- Hand out one sealed number against one committed entry of the record and the ticket that belongs to it.
CREATE FUNCTION vault.fetch(p_event uuid, p_ticket uuid)
RETURNS TABLE (version integer, kek_id integer, wrapped bytea, body bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry record;
    held vault.number%ROWTYPE;
    last_hour integer;
    last_day integer;
    by_all integer;
BEGIN
    -- What happened a moment ago must be seen: a release that was used, a person who is protected since.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'numbers are fetched in read committed' USING ERRCODE = 'KY010';
    END IF;
    SELECT e.id, e.at, e.action, e.result, e.actor_id, e.person_id, e.purpose, e.details, e.xid INTO entry
    FROM audit.event e WHERE e.id = p_event;
    IF NOT FOUND OR entry.action <> 'mynumber.number.revealed' OR entry.result <> 'DONE'
       OR entry.actor_id IS NULL OR entry.person_id IS NULL
       OR NOT EXISTS (SELECT 1 FROM vault.purpose p WHERE p.code = entry.purpose) THEN
        RAISE EXCEPTION 'no such reveal on record' USING ERRCODE = 'KY002';
    END IF;
    -- Committed, and by another transaction: an entry that could still be rolled back opens nothing.
    IF entry.xid = pg_current_xact_id() OR pg_xact_status(entry.xid) IS DISTINCT FROM 'committed' THEN
        RAISE EXCEPTION 'the entry is not committed' USING ERRCODE = 'KY003';
    END IF;
    -- Whoever committed it may have turned synchronous_commit off after the entry was written: what a power cut could take
    -- back opens nothing, so everything up to here goes to the disk first.
    PERFORM vault.flush();
    IF entry.at < clock_timestamp() - interval '60 seconds' THEN
        RAISE EXCEPTION 'the entry is older than 60 seconds' USING ERRCODE = 'KY004';
    END IF;
    IF NOT coalesce(entry.details ->> 'ticket' = encode(sha256(convert_to(p_ticket::text, 'UTF8')), 'hex'), false) THEN
        RAISE EXCEPTION 'the ticket belongs to another entry' USING ERRCODE = 'KY009';
    END IF;
    SELECT * INTO held FROM vault.number n WHERE n.person = entry.person_id AND n.state = 'IN_USE';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no number in use' USING ERRCODE = 'KY005';
    END IF;
    -- Whoever typed any version of it, the first or the second time.
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.person = entry.person_id
               AND entry.actor_id IN (n.typed_by, n.confirmed_by))
       OR EXISTS (SELECT 1 FROM vault.comparison c WHERE c.person = entry.person_id AND c.typed_by = entry.actor_id) THEN
        RAISE EXCEPTION 'whoever typed a number does not see it again' USING ERRCODE = 'KY006';
    END IF;
    -- Committed entries are counted, this one among them: a fetch that is rolled back has used up its quota too.
    SELECT count(*) FILTER (WHERE e.at > clock_timestamp() - interval '1 hour'), count(*)
    INTO last_hour, last_day FROM audit.event e
    WHERE e.action = 'mynumber.number.revealed' AND e.actor_id = entry.actor_id
      AND e.at > clock_timestamp() - interval '1 day';
    SELECT count(*) INTO by_all FROM audit.event e
    WHERE e.action = 'mynumber.number.revealed' AND e.at > clock_timestamp() - interval '1 day';
    -- a limit that is missing lets nothing through
    IF NOT coalesce(last_hour <= vault.reveal_limit_of('PERSON_HOUR') AND last_day <= vault.reveal_limit_of('PERSON_DAY')
                    AND by_all <= vault.reveal_limit_of('OFFICE_DAY'), false) THEN
        RAISE EXCEPTION 'too many reveals' USING ERRCODE = 'KY007';
    END IF;
    INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (p_event, entry.actor_id);
    RETURN QUERY SELECT w.version, w.kek_id, w.wrapped, held.body FROM vault.wrapped_key w
    WHERE w.person = held.person AND w.version = held.version;
END $$;

REVOKE ALL ON FUNCTION vault.fetch(uuid, uuid) FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.flush() FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.reveal_limit_of(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.reveal_limits_stay() FROM PUBLIC;
REVOKE ALL ON FUNCTION vault.reveal_limit_change_is_on_record() FROM PUBLIC;
""".replace("__PURPOSES__", ", ".join(f"('{code}')" for code in PURPOSES))

REMOVE = (
    """
DROP FUNCTION vault.fetch(uuid, uuid);
DROP FUNCTION vault.flush();
DROP FUNCTION vault.reveal_limit_of(text);
DROP TRIGGER reveal_limit_change_is_on_record ON vault.reveal_limit;
DROP FUNCTION vault.reveal_limit_change_is_on_record();
DROP TRIGGER reveal_limits_stay ON vault.reveal_limit;
DROP FUNCTION vault.reveal_limits_stay();
DROP TABLE vault.reveal_limit;
DROP TABLE vault.purpose;
"""
    + _before._fetch()
    + "\nREVOKE ALL ON FUNCTION vault.fetch(uuid) FROM PUBLIC;"
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0005_corrections")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

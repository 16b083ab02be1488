"""Keep the wrapped data keys in a table of their own, and say whose numbers are held, on what basis.

A wrapped key that is gone is a number that nobody can open any more, so it must be possible to back the wrapped keys
up apart from the ciphertext, and for a shorter time. Which key-encryption key seals what is written is now a row,
so that it changes for every process at once.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("mynumber.migrations.0001_vault")

# What is sealed already is split where it was joined: version 1, kek id 2, wrapped key 60, nonce and ciphertext.
SPLIT = """
CREATE TABLE vault.kek (
    id         integer     NOT NULL PRIMARY KEY CONSTRAINT kek_id_is_two_bytes CHECK (id BETWEEN 1 AND 65535),
    state      text        NOT NULL CONSTRAINT kek_state_is_known CHECK (state IN ('CURRENT', 'OLD', 'RETIRED')),
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    retired_at timestamptz,
    CONSTRAINT kek_retirement_is_dated CHECK ((state = 'RETIRED') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX one_kek_seals ON vault.kek (state) WHERE state = 'CURRENT';

CREATE TABLE vault.wrapped_key (
    person  uuid    NOT NULL,
    version integer NOT NULL,
    kek_id  integer NOT NULL REFERENCES vault.kek (id),
    wrapped bytea   NOT NULL CONSTRAINT wrapped_key_is_not_empty CHECK (length(wrapped) BETWEEN 32 AND 1024),
    PRIMARY KEY (person, version),
    FOREIGN KEY (person, version) REFERENCES vault.number (person, version)
);
CREATE INDEX wrapped_key_by_kek ON vault.wrapped_key (kek_id, person, version);

INSERT INTO vault.kek (id, state)
SELECT k.id, CASE WHEN k.id = max(k.id) OVER () THEN 'CURRENT' ELSE 'OLD' END
FROM (SELECT 1 AS id UNION SELECT get_byte(n.blob, 1) * 256 + get_byte(n.blob, 2) FROM vault.number n
      WHERE n.blob IS NOT NULL) AS k;

INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped)
SELECT n.person, n.version, get_byte(n.blob, 1) * 256 + get_byte(n.blob, 2), substring(n.blob FROM 4 FOR 60)
FROM vault.number n WHERE n.blob IS NOT NULL;

-- no number changes, only its place: the record has nothing to say of it
ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record;
ALTER TABLE vault.number RENAME COLUMN blob TO body;
UPDATE vault.number SET body = '\\x01'::bytea || substring(body FROM 64) WHERE body IS NOT NULL;
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record;

ALTER TABLE vault.number
    ADD COLUMN kind   text NOT NULL DEFAULT 'PATIENT'
        CONSTRAINT number_kind_is_known CHECK (kind IN ('PATIENT', 'GUARDIAN', 'MEMBER')),
    ADD COLUMN basis  text NOT NULL DEFAULT 'NANBYO'
        CONSTRAINT number_has_a_legal_basis CHECK (basis <> ''),
    ADD COLUMN source text NOT NULL DEFAULT 'PAPER'
        CONSTRAINT number_source_is_known CHECK (source IN ('PAPER', 'JUKI')),
    DROP CONSTRAINT number_state_is_known,
    DROP CONSTRAINT number_is_sealed_until_replaced,
    DROP CONSTRAINT number_is_confirmed_before_use,
    -- REPLACED: erased before it was used. SUPERSEDED: corrected, and sealed until its time is over. DESTROYED: erased.
    ADD CONSTRAINT number_state_is_known CHECK (
        state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE', 'REPLACED', 'SUPERSEDED', 'DESTROYED')),
    ADD CONSTRAINT number_is_sealed_until_erased CHECK (
        (state IN ('REPLACED', 'DESTROYED')) = (body IS NULL) AND (body IS NULL) = (number_index IS NULL)),
    ADD CONSTRAINT number_is_confirmed_before_use CHECK (
        state NOT IN ('CONFIRMED', 'IN_USE', 'SUPERSEDED', 'DESTROYED') OR confirmed_by IS NOT NULL);
DROP INDEX vault.number_belongs_to_one_person;
DROP INDEX vault.person_has_one_current_number;
CREATE UNIQUE INDEX number_belongs_to_one_person ON vault.number (number_index)
    WHERE state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE');
CREATE UNIQUE INDEX person_has_one_number_in_waiting ON vault.number (person)
    WHERE state IN ('PROVISIONAL', 'CONFIRMED');
CREATE UNIQUE INDEX person_has_one_number_in_use ON vault.number (person) WHERE state = 'IN_USE';

DROP FUNCTION vault.keep(uuid, integer, bytea, bytea, bigint);
DROP FUNCTION vault.keep_all(uuid[], bytea[], bytea[], bigint[]);
DROP FUNCTION vault.fetch(uuid);

-- Which key seals what is written now.
CREATE FUNCTION vault.current_kek() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id FROM vault.kek k WHERE k.state = 'CURRENT';
$$;

-- The same for whoever is about to seal something: until their transaction ends no other key takes over.
CREATE FUNCTION vault.hold_current_kek() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held integer;
BEGIN
    FOR attempt IN 1..10 LOOP
        -- a row that changed while this waited for it is not returned: then the new one is asked for
        SELECT k.id INTO held FROM vault.kek k WHERE k.state = 'CURRENT' FOR SHARE;
        IF held IS NOT NULL THEN
            RETURN held;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'no key seals' USING ERRCODE = 'KY008';
END $$;

-- Refuse what is sealed under a key that does not seal any more.
CREATE FUNCTION vault.require_current_kek(p_kek integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM vault.kek k WHERE k.id = p_kek AND k.state = 'CURRENT' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the key does not seal any more' USING ERRCODE = 'KY008';
    END IF;
END $$;

-- Keep a newly typed number; an earlier one that is not in use yet is replaced and its content erased.
CREATE FUNCTION vault.keep(p_person uuid, p_version integer, p_kek integer, p_wrapped bytea, p_body bytea,
                           p_index bytea, p_by bigint, p_kind text, p_basis text, p_source text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_current_kek(p_kek);
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.person = p_person AND n.state = 'IN_USE') THEN
        RAISE EXCEPTION 'a number in use is corrected on request, not overwritten' USING ERRCODE = 'KY001';
    END IF;
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED');
    INSERT INTO vault.number (person, version, state, body, number_index, typed_by, kind, basis, source)
    VALUES (p_person, p_version, 'PROVISIONAL', p_body, p_index, p_by, p_kind, p_basis, p_source);
    INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped) VALUES (p_person, p_version, p_kek, p_wrapped);
END $$;

-- Destroy what a version held: the ciphertext, the wrapped key, and what tells it from others. Closed to everybody.
CREATE FUNCTION vault.erase(p_person uuid, p_version integer, p_state text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM vault.wrapped_key w WHERE w.person = p_person AND w.version = p_version;
    UPDATE vault.number n SET state = p_state, body = NULL, number_index = NULL
    WHERE n.person = p_person AND n.version = p_version;
END $$;

-- Keep many at once, for people who have none yet (the demo office, migration from the old system).
CREATE FUNCTION vault.keep_all(p_people uuid[], p_kek integer, p_wrapped bytea[], p_bodies bytea[], p_indexes bytea[],
                               p_typed_by bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.require_current_kek(p_kek);
    INSERT INTO vault.number (person, version, state, body, number_index, typed_by)
    SELECT t.person, 1, 'PROVISIONAL', t.body, t.number_index, t.typed_by
    FROM unnest(p_people, p_bodies, p_indexes, p_typed_by) AS t (person, body, number_index, typed_by);
    INSERT INTO vault.wrapped_key (person, version, kek_id, wrapped)
    SELECT t.person, 1, p_kek, t.wrapped FROM unnest(p_people, p_wrapped) AS t (person, wrapped);
END $$;

-- What may be known of a person's number without seeing it: of the one in use, or else of the one that waits.
CREATE OR REPLACE FUNCTION vault.standing(p_person uuid)
RETURNS TABLE (version integer, state text, typed_by bigint, typed_at timestamptz, confirmed_by bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT n.version, n.state, n.typed_by, n.typed_at, n.confirmed_by
    FROM vault.number n WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE')
    ORDER BY n.state = 'IN_USE' DESC LIMIT 1;
$$;

-- An application ended without approval, or its number turned out not to be given: what is not needed is erased.
CREATE OR REPLACE FUNCTION vault.remove(p_person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM vault.erase(n.person, n.version, 'REPLACED') FROM vault.number n
    WHERE n.person = p_person AND n.state IN ('PROVISIONAL', 'CONFIRMED');
    RETURN FOUND;
END $$;
"""


def _fetch() -> str:
    """Return ``vault.fetch`` as it was, but for where it finds the number: the conditions stay word for word."""
    start = _before.INSTALL.index("-- Hand out one sealed number")
    text: str = _before.INSTALL[start:]
    for old, new in (
        (
            "RETURNS TABLE (version integer, blob bytea)",
            "RETURNS TABLE (version integer, kek_id integer, wrapped bytea, body bytea)",
        ),
        (
            "    RETURN QUERY SELECT held.version, held.blob;",
            "    RETURN QUERY SELECT w.version, w.kek_id, w.wrapped, held.body FROM vault.wrapped_key w\n    WHERE w.person = held.person AND w.version = held.version;",
        ),
    ):
        if text.count(old) != 1:
            raise AssertionError(old)
        text = text.replace(old, new)
    return text


NEW = (
    "current_kek()",
    "hold_current_kek()",
    "require_current_kek(integer)",
    "erase(uuid, integer, text)",
    "keep(uuid, integer, integer, bytea, bytea, bytea, bigint, text, text, text)",
    "keep_all(uuid[], integer, bytea[], bytea[], bytea[], bigint[])",
    "fetch(uuid)",
)
CLOSE = "\n".join(f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;" for function in NEW)


def _function(name: str) -> str:
    """Return the text of one function of the first release, from its CREATE to its last line."""
    start = _before.INSTALL.index(f"CREATE FUNCTION vault.{name}(")
    end = _before.INSTALL.index("$$;", _before.INSTALL.index("AS $$", start) + 5) + 3
    text: str = _before.INSTALL[start:end]
    return text


# Only while every number is as the first release knew it: a corrected or destroyed one has no place there.
ONLY_IF_KNOWN = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM vault.number n WHERE n.state IN ('SUPERSEDED', 'DESTROYED')) THEN
        RAISE EXCEPTION 'numbers were corrected or destroyed: the release before cannot hold that';
    END IF;
END $$;
"""
JOINED = """
DROP INDEX vault.person_has_one_number_in_use;
DROP INDEX vault.person_has_one_number_in_waiting;
DROP INDEX vault.number_belongs_to_one_person;
ALTER TABLE vault.number
    DROP CONSTRAINT number_is_confirmed_before_use,
    DROP CONSTRAINT number_is_sealed_until_erased,
    DROP CONSTRAINT number_state_is_known,
    DROP COLUMN source, DROP COLUMN basis, DROP COLUMN kind;
ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record;
UPDATE vault.number n SET body = '\\x01'::bytea || substring(int4send(w.kek_id) FROM 3) || w.wrapped || substring(n.body FROM 2)
FROM vault.wrapped_key w WHERE w.person = n.person AND w.version = n.version AND n.body IS NOT NULL;
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record;
ALTER TABLE vault.number RENAME COLUMN body TO blob;
ALTER TABLE vault.number
    ADD CONSTRAINT number_state_is_known CHECK (state IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE', 'REPLACED')),
    ADD CONSTRAINT number_is_sealed_until_replaced
        CHECK ((state = 'REPLACED') = (blob IS NULL) AND (blob IS NULL) = (number_index IS NULL)),
    ADD CONSTRAINT number_is_confirmed_before_use
        CHECK (state NOT IN ('CONFIRMED', 'IN_USE') OR confirmed_by IS NOT NULL);
CREATE UNIQUE INDEX number_belongs_to_one_person ON vault.number (number_index) WHERE state <> 'REPLACED';
CREATE UNIQUE INDEX person_has_one_current_number ON vault.number (person) WHERE state <> 'REPLACED';
DROP TABLE vault.wrapped_key; DROP TABLE vault.kek;
"""
JOIN = "\n".join(
    [
        ONLY_IF_KNOWN,
        *(f"DROP FUNCTION vault.{function};" for function in reversed(NEW)),
        JOINED,
        *(
            _function(name).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            for name in ("keep", "keep_all", "standing", "remove", "fetch")
        ),
        *(
            f"REVOKE ALL ON FUNCTION vault.{function} FROM PUBLIC;"
            for function in _before.FUNCTIONS
            if function.startswith(("keep", "fetch"))
        ),
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("mynumber", "0001_vault")]

    operations: ClassVar = [migrations.RunSQL(SPLIT + _fetch() + CLOSE, JOIN)]

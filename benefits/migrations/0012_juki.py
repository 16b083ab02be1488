"""Imports from the Juki-net terminal: their layouts, files and lines, and guards that hold for raw SQL too.

No line gets lost (the database counts), nothing is applied that a second person has not compared a sample of, nobody
applies what they brought or linked, a number comes into use by a file only out of an application of that file, and
what is over can be wiped and nothing else.
"""

import uuid
from importlib import import_module
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

_staging = import_module("mynumber.migrations.0008_staging")

DEMO = """
INSERT INTO benefits_jukilayout (name, version, valid_from, encoding, separator, has_heading, items, date_notation,
                                 columns, query_columns, note, outcome, decided_at)
VALUES ('見本の様式（要確認）', 1, '2025-04-01', '', 'COMMA', true, 4, 'WESTERN8',
        '[["IGNORED", "整理番号"], ["NAME", "氏名"], ["KANA", "フリガナ"], ["BIRTH", "生年月日"], ["SEX", "性別"],
          ["ADDRESS", "住所"], ["NUMBER", "個人番号"]]',
        '[["SERIAL", "整理番号"], ["NAME", "氏名"], ["KANA", "フリガナ"], ["BIRTH", "生年月日"], ["SEX", "性別"],
          ["ADDRESS", "住所"]]',
        '公開された様式がないため、見本です。統合端末の手引きと見比べ、所属の様式を新しい版として登録してください。',
        'CONFIRMED', now());
-- no event may wait on a table that triggers are put on next
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

GUARDS = """
CREATE SEQUENCE benefits_juki_serial;

-- What was erased lies on in the table's file until it is vacuumed: at once, and however little it is.
ALTER TABLE benefits_jukirow SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1);

CREATE UNIQUE INDEX juki_files_come_one_at_a_time ON benefits_jukibatch ((true))
    WHERE state NOT IN ('APPLIED', 'UNDONE', 'CANCELLED', 'EXPIRED', 'UNUSABLE');

-- Layouts: proposed by one, decided by another, never changed.
CREATE FUNCTION benefits_juki_layout_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.decided_at IS NOT NULL OR NEW.proposed_by_id IS NULL
           OR NOT (accounts_holds(NEW.proposed_by_id, 'RECORDS_KEEPER') OR accounts_holds(NEW.proposed_by_id, 'CHECKER')) THEN
            RAISE EXCEPTION 'layout_begins_as_a_proposal' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' OR to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at'] THEN
        RAISE EXCEPTION 'layout_version_is_never_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id IS NULL
       OR NOT (accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER') OR accounts_holds(NEW.decided_by_id, 'CHECKER')) THEN
        RAISE EXCEPTION 'layout_is_decided_by_those_who_may' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER layout_takes_two BEFORE INSERT OR UPDATE ON benefits_jukilayout
FOR EACH ROW EXECUTE FUNCTION benefits_juki_layout_takes_two();

CREATE FUNCTION benefits_juki_layout_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'benefits.jukilayout' AND e.subject_id = NEW.id::text AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE'
          AND e.action = CASE WHEN TG_OP = 'INSERT' THEN 'benefits.layout.proposed' ELSE 'benefits.layout.decided' END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END
    ) THEN
        RAISE EXCEPTION 'layout_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER layout_is_on_record AFTER INSERT OR UPDATE ON benefits_jukilayout
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_juki_layout_is_on_record();

-- The counts of a file follow its lines, whoever writes them and however many at once.
CREATE FUNCTION benefits_juki_counts_new_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE benefits_jukibatch b
    SET lines_in = b.lines_in + d.lines, linked = b.linked + d.linked, queued = b.queued + d.queued,
        rejected = b.rejected + d.rejected, with_errors = b.with_errors + d.with_errors
    FROM (SELECT r.batch_id, count(*)::integer AS lines,
                 (count(*) FILTER (WHERE r.state = 'LINKED'))::integer AS linked,
                 (count(*) FILTER (WHERE r.state = 'QUEUED'))::integer AS queued,
                 (count(*) FILTER (WHERE r.state = 'REJECTED'))::integer AS rejected,
                 (count(*) FILTER (WHERE r.code = 'ERROR'))::integer AS with_errors
          FROM after r GROUP BY r.batch_id) d
    WHERE b.id = d.batch_id;
    RETURN NULL;
END $$;
CREATE TRIGGER juki_counts_new_lines AFTER INSERT ON benefits_jukirow REFERENCING NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION benefits_juki_counts_new_lines();

CREATE FUNCTION benefits_juki_counts_changed_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE benefits_jukibatch b
    SET linked = b.linked + d.linked, queued = b.queued + d.queued, rejected = b.rejected + d.rejected,
        with_errors = b.with_errors + d.with_errors, judged = b.judged + d.judged, applied = b.applied + d.applied
    FROM (SELECT r.batch_id, sum(r.sign * (r.state = 'LINKED')::integer)::integer AS linked,
                 sum(r.sign * (r.state = 'QUEUED')::integer)::integer AS queued,
                 sum(r.sign * (r.state = 'REJECTED')::integer)::integer AS rejected,
                 sum(r.sign * (r.code = 'ERROR')::integer)::integer AS with_errors,
                 sum(r.sign * (r.state = 'LINKED' AND r.verdict <> '')::integer)::integer AS judged,
                 sum(r.sign * r.is_applied::integer)::integer AS applied
          FROM (SELECT 1 AS sign, n.* FROM after n UNION ALL SELECT -1, o.* FROM before o) r
          GROUP BY r.batch_id) d
    WHERE b.id = d.batch_id;
    RETURN NULL;
END $$;
CREATE TRIGGER juki_counts_changed_lines AFTER UPDATE ON benefits_jukirow
REFERENCING OLD TABLE AS before NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION benefits_juki_counts_changed_lines();

-- What may become of a line, and when.
CREATE FUNCTION benefits_juki_row_moves_by_the_table() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    file record;
    is_right boolean;
BEGIN
    SELECT b.state, l.items INTO file FROM benefits_jukibatch b LEFT JOIN benefits_jukilayout l ON l.id = b.layout_id
    WHERE b.id = NEW.batch_id;
    IF TG_OP = 'INSERT' THEN
        IF file.state <> 'STAGING' OR NEW.is_applied OR NEW.person_id IS NOT NULL OR NEW.verdict <> ''
           OR (NEW.state, NEW.code) NOT IN (('QUEUED', 'UNMATCHED'), ('REJECTED', 'ERROR')) THEN
            RAISE EXCEPTION 'juki_row_begins_unmatched' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.batch_id, NEW.line, NEW.name, NEW.kana, NEW.birth_on, NEW.sex, NEW.address, NEW.name_key,
        NEW.kana_key, NEW.address_key) IS DISTINCT FROM
       (OLD.id, OLD.batch_id, OLD.line, OLD.name, OLD.kana, OLD.birth_on, OLD.sex, OLD.address, OLD.name_key,
        OLD.kana_key, OLD.address_key) THEN
        RAISE EXCEPTION 'juki_row_says_what_the_file_says' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'REJECTED' OR OLD.is_applied THEN
        RAISE EXCEPTION 'juki_row_is_settled' USING ERRCODE = 'check_violation';
    END IF;
    is_right := CASE file.state
        WHEN 'STAGING' THEN NEW.state = 'REJECTED' AND NEW.code = 'ERROR'
        WHEN 'MATCHING' THEN NOT NEW.is_applied AND NEW.verdict = ''
            AND (NEW.state = 'LINKED' AND NEW.code = 'EXACT'
                 OR NEW.state = 'QUEUED' AND NEW.code IN ('NOBODY', 'DIFFERS', 'SEVERAL', 'SAME_PERSON'))
        WHEN 'CHECKING' THEN NOT NEW.is_applied AND OLD.state = 'LINKED' AND NEW.person_id = OLD.person_id
            AND (NEW.state = 'LINKED' AND NEW.code = OLD.code OR NEW.state = 'QUEUED' AND NEW.code IN ('OTHER', 'TAKEN'))
        WHEN 'REVIEW' THEN NOT NEW.is_applied AND (
            OLD.state = 'LINKED' AND NEW.person_id = OLD.person_id
                AND (NEW.state = 'LINKED' AND NEW.code = OLD.code AND NEW.decided_by_id IS NOT DISTINCT FROM OLD.decided_by_id
                     OR NEW.state = 'QUEUED' AND NEW.code IN ('OTHER', 'TAKEN', 'DISPUTED'))
            OR OLD.state = 'QUEUED' AND NEW.state = 'LINKED' AND NEW.code = 'BY_HAND' AND NEW.verdict = ''
                AND OLD.code IN ('DIFFERS') AND NEW.person_id = ANY (NEW.candidates)
                AND NEW.candidates = OLD.candidates AND accounts_holds(NEW.decided_by_id, 'MAKER')
            OR OLD.state = 'QUEUED' AND NEW.state = 'REJECTED' AND NEW.code = 'REFUSED'
                AND accounts_holds(NEW.decided_by_id, 'MAKER'))
        WHEN 'APPLYING' THEN OLD.state = 'LINKED' AND NEW.person_id = OLD.person_id
            AND (NEW.state = 'LINKED' AND NEW.is_applied AND NEW.code = OLD.code AND NEW.verdict = OLD.verdict
                 OR NEW.state = 'REJECTED' AND NEW.code = 'CHANGED')
        ELSE false END;
    IF NOT coalesce(is_right, false) THEN
        RAISE EXCEPTION 'juki_row_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    -- Never linked on fewer items: what no notation can change agrees with the person as they are registered, or
    -- as an application without a number says.
    IF NEW.state = 'LINKED' AND OLD.state <> 'LINKED' AND NOT EXISTS (
        SELECT 1 FROM benefits_person p
        WHERE p.id = NEW.person_id AND p.registered_at IS NOT NULL AND p.birth_on = NEW.birth_on
          AND (p.sex = NEW.sex OR file.items = 3 AND NEW.sex = '') AND (NEW.code <> 'EXACT' OR p.name_key = NEW.name_key)
    ) AND NOT EXISTS (
        SELECT 1 FROM benefits_application a
        WHERE a.person_id = NEW.person_id AND a.status = 'SUBMITTED' AND a.number_version IS NULL
          AND (a.content::jsonb -> 'form' ->> 'birth_on')::date = NEW.birth_on
          AND (a.content::jsonb -> 'form' ->> 'sex' = NEW.sex OR file.items = 3 AND NEW.sex = '')
    ) THEN
        RAISE EXCEPTION 'juki_row_is_never_linked_on_fewer_items' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER juki_row_moves_by_the_table BEFORE INSERT OR UPDATE ON benefits_jukirow
FOR EACH ROW EXECUTE FUNCTION benefits_juki_row_moves_by_the_table();

-- Runs at COMMIT: what a person decides about a line is on record, in their name.
CREATE FUNCTION benefits_juki_decision_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'benefits.jukibatch' AND e.subject_id = NEW.batch_id::text
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = CASE NEW.code WHEN 'BY_HAND' THEN 'benefits.import.linked'
                         WHEN 'REFUSED' THEN 'benefits.import.rejected' ELSE 'benefits.import.disputed' END
          AND (NEW.code = 'DISPUTED' OR e.actor_id = NEW.decided_by_id)
    ) THEN
        RAISE EXCEPTION 'juki_decision_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER juki_decision_is_on_record AFTER UPDATE ON benefits_jukirow
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.code IN ('BY_HAND', 'REFUSED', 'DISPUTED') AND NEW.code <> OLD.code)
EXECUTE FUNCTION benefits_juki_decision_is_on_record();

-- How many exactly matched lines the second person compares: the square root, at least five, and as many again for
-- each that did not agree. Closed to everybody.
CREATE FUNCTION benefits_juki_sample_needed(p_batch uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT least(n.exact, greatest(5, ceil(sqrt(n.exact))::integer) * (1 + n.disputed))
    FROM (SELECT (SELECT count(*)::integer FROM benefits_jukirow r
                  WHERE r.batch_id = p_batch AND r.state = 'LINKED' AND r.code = 'EXACT') AS exact,
                 (SELECT count(*)::integer FROM benefits_jukisample s
                  WHERE s.batch_id = p_batch AND s.agrees = false) AS disputed) n;
$$;

-- Draw what is missing of the sample: at random among the exactly matched, and every line that was linked by hand.
CREATE FUNCTION benefits_juki_draw(p_batch uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    missing integer;
    drawn integer;
BEGIN
    PERFORM 1 FROM benefits_jukibatch b WHERE b.id = p_batch AND b.state = 'REVIEW' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'juki_sample_is_drawn_for_review' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO benefits_jukisample (batch_id, line)
    SELECT r.batch_id, r.line FROM benefits_jukirow r
    WHERE r.batch_id = p_batch AND r.state = 'LINKED' AND r.code = 'BY_HAND'
    ON CONFLICT (batch_id, line) DO NOTHING;
    SELECT benefits_juki_sample_needed(p_batch) - count(*) INTO missing
    FROM benefits_jukisample s JOIN benefits_jukirow r ON r.batch_id = s.batch_id AND r.line = s.line
    WHERE s.batch_id = p_batch AND r.state = 'LINKED' AND r.code = 'EXACT';
    IF missing > 0 THEN
        -- not random(), whose seed any session may set
        INSERT INTO benefits_jukisample (batch_id, line)
        SELECT r.batch_id, r.line FROM benefits_jukirow r
        WHERE r.batch_id = p_batch AND r.state = 'LINKED' AND r.code = 'EXACT'
          AND NOT EXISTS (SELECT 1 FROM benefits_jukisample s WHERE s.batch_id = r.batch_id AND s.line = r.line)
        ORDER BY gen_random_uuid() LIMIT missing;
    END IF;
    SELECT count(*)::integer INTO drawn FROM benefits_jukisample s WHERE s.batch_id = p_batch;
    UPDATE benefits_jukibatch b SET sample_size = drawn WHERE b.id = p_batch AND b.sample_size <> drawn;
    RETURN drawn;
END $$;

-- An answer to a drawn line is given once for all by whoever opened it, which the record says, or begun anew by
-- somebody else.
CREATE FUNCTION benefits_juki_sample_is_answered_by_a_checker() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.batch_id, NEW.line, NEW.drawn_at) IS DISTINCT FROM (OLD.batch_id, OLD.line, OLD.drawn_at)
       OR OLD.agrees = false OR NOT accounts_holds(NEW.opened_by_id, 'CHECKER')
       OR EXISTS (SELECT 1 FROM benefits_jukibatch b WHERE b.id = NEW.batch_id
                  AND (b.state <> 'REVIEW' OR b.uploaded_by_id = NEW.opened_by_id)) THEN
        RAISE EXCEPTION 'juki_sample_is_answered_by_a_checker' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'benefits.jukibatch' AND e.subject_id = NEW.batch_id::text
          AND e.action = 'benefits.import.row_viewed' AND e.result = 'DONE' AND e.actor_id = NEW.opened_by_id
          AND e.details ->> 'page' = NEW.line::text AND e.at >= NEW.drawn_at AND e.xid <> pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'juki_sample_is_opened_before_it_is_answered' USING ERRCODE = 'check_violation';
    END IF;
    NEW.opened_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER juki_sample_is_answered_by_a_checker BEFORE UPDATE ON benefits_jukisample
FOR EACH ROW EXECUTE FUNCTION benefits_juki_sample_is_answered_by_a_checker();

-- Runs at COMMIT: what somebody says of a drawn line is on record, in their name.
CREATE FUNCTION benefits_juki_answer_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'benefits.jukibatch' AND e.subject_id = NEW.batch_id::text
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.actor_id = NEW.opened_by_id
          AND e.details ->> 'page' = NEW.line::text
          AND e.action = CASE WHEN NEW.agrees THEN 'benefits.import.sample_answered' ELSE 'benefits.import.disputed' END
    ) THEN
        RAISE EXCEPTION 'juki_answer_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER juki_answer_is_on_record AFTER UPDATE ON benefits_jukisample
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.agrees IS NOT NULL)
EXECUTE FUNCTION benefits_juki_answer_is_on_record();

-- Where a file may go from where it stands, and what must hold then.
CREATE FUNCTION benefits_juki_batch_moves_by_the_table() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'UPLOADING' OR NEW.applied_by_id IS NOT NULL OR NEW.undone_by_id IS NOT NULL
           OR NEW.wiped_at IS NOT NULL
           OR NEW.lines_in + NEW.linked + NEW.queued + NEW.rejected + NEW.with_errors + NEW.judged + NEW.applied
              + NEW.undone + NEW.sample_size <> 0
           OR NOT accounts_holds(NEW.uploaded_by_id, 'MAKER') THEN
            RAISE EXCEPTION 'juki_file_begins_with_an_upload' USING ERRCODE = 'check_violation';
        END IF;
        NEW.uploaded_at := clock_timestamp();
        NEW.since := clock_timestamp();
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.serial, NEW.uploaded_by_id, NEW.uploaded_at) IS DISTINCT FROM
       (OLD.id, OLD.serial, OLD.uploaded_by_id, OLD.uploaded_at)
       OR OLD.file_digest IS NOT NULL AND NEW.file_digest IS DISTINCT FROM OLD.file_digest
       OR OLD.applied_by_id IS NOT NULL AND NEW.applied_by_id IS DISTINCT FROM OLD.applied_by_id
       OR OLD.undone_by_id IS NOT NULL AND NEW.undone_by_id IS DISTINCT FROM OLD.undone_by_id THEN
        RAISE EXCEPTION 'juki_file_keeps_its_origin' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.layout_id, NEW.encoding) IS DISTINCT FROM (OLD.layout_id, OLD.encoding) AND OLD.state NOT IN ('UPLOADING', 'UPLOADED') THEN
        RAISE EXCEPTION 'juki_file_is_read_one_way' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        NEW.since := OLD.since;
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('UPLOADING', 'UPLOADED'), ('UPLOADING', 'UNUSABLE'), ('UPLOADING', 'EXPIRED'),
        ('UPLOADED', 'STAGING'), ('UPLOADED', 'UNUSABLE'), ('UPLOADED', 'CANCELLED'), ('UPLOADED', 'EXPIRED'),
        ('STAGING', 'MATCHING'), ('STAGING', 'HALTED'), ('STAGING', 'UNUSABLE'), ('STAGING', 'CANCELLED'),
        ('HALTED', 'MATCHING'), ('HALTED', 'CANCELLED'), ('HALTED', 'EXPIRED'),
        ('MATCHING', 'CHECKING'), ('MATCHING', 'CANCELLED'),
        ('CHECKING', 'REVIEW'), ('CHECKING', 'CANCELLED'),
        ('REVIEW', 'APPLYING'), ('REVIEW', 'CANCELLED'), ('REVIEW', 'EXPIRED'),
        ('APPLYING', 'APPLIED'), ('APPLIED', 'UNDOING'), ('UNDOING', 'UNDONE')
    ) THEN
        RAISE EXCEPTION 'juki_file_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    NEW.since := clock_timestamp();
    IF NEW.state = 'STAGING' AND NOT EXISTS (
        SELECT 1 FROM benefits_jukilayout l WHERE l.id = NEW.layout_id AND l.outcome = 'CONFIRMED'
    ) THEN
        RAISE EXCEPTION 'juki_file_is_read_by_a_confirmed_layout' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'MATCHING' AND NEW.mode = 'ALL' AND NEW.with_errors > 0 THEN
        RAISE EXCEPTION 'juki_file_with_errors_stops' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'CHECKING' AND EXISTS (
        SELECT 1 FROM benefits_jukirow r WHERE r.batch_id = NEW.id AND r.code = 'UNMATCHED') THEN
        RAISE EXCEPTION 'juki_file_is_matched_whole' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'APPLYING' THEN
        IF NOT accounts_holds(NEW.applied_by_id, 'CHECKER') THEN
            RAISE EXCEPTION 'juki_file_is_applied_by_a_checker' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.queued > 0 OR NEW.linked = 0 THEN
            RAISE EXCEPTION 'juki_file_is_applied_once_every_line_is_decided' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM benefits_jukirow r WHERE r.batch_id = NEW.id AND r.state = 'LINKED'
                   AND r.verdict NOT IN ('FREE', 'SAME')) THEN
            RAISE EXCEPTION 'juki_file_is_applied_once_its_numbers_are_checked' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM benefits_jukirow r WHERE r.batch_id = NEW.id AND r.decided_by_id = NEW.applied_by_id) THEN
            RAISE EXCEPTION 'juki_file_is_not_applied_by_whoever_linked' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT 1 FROM benefits_jukirow r
            LEFT JOIN benefits_jukisample s ON s.batch_id = r.batch_id AND s.line = r.line
            WHERE r.batch_id = NEW.id AND r.state = 'LINKED' AND (r.code = 'BY_HAND' OR s.id IS NOT NULL)
              AND (s.agrees IS NOT TRUE OR s.opened_by_id IS DISTINCT FROM NEW.applied_by_id)
        ) OR (SELECT count(*) FROM benefits_jukisample s
              JOIN benefits_jukirow r ON r.batch_id = s.batch_id AND r.line = s.line
              WHERE s.batch_id = NEW.id AND r.state = 'LINKED' AND r.code = 'EXACT'
             ) < benefits_juki_sample_needed(NEW.id) THEN
            RAISE EXCEPTION 'juki_file_is_applied_once_its_sample_agrees' USING ERRCODE = 'check_violation';
        END IF;
        NEW.applied_at := clock_timestamp();
    END IF;
    IF NEW.state = 'APPLIED' AND NEW.applied <> NEW.linked THEN
        RAISE EXCEPTION 'juki_file_is_applied_whole' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'UNDOING' AND (NEW.undo_proposed_by_id IS NULL OR NEW.wiped_at IS NULL
        OR NOT accounts_holds(NEW.undo_proposed_by_id, 'MAKER') OR NOT accounts_holds(NEW.undone_by_id, 'CHECKER')) THEN
        RAISE EXCEPTION 'juki_undo_takes_a_maker_and_a_checker' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER juki_batch_moves_by_the_table BEFORE INSERT OR UPDATE ON benefits_jukibatch
FOR EACH ROW EXECUTE FUNCTION benefits_juki_batch_moves_by_the_table();

-- Runs at COMMIT: a file begins and moves on only with its entry in the same transaction, in the name of whoever
-- brought it, lets it be applied, or lets it be undone.
CREATE FUNCTION benefits_juki_step_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_kind = 'benefits.jukibatch' AND e.subject_id = NEW.id::text
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.action LIKE 'benefits.import.%'
          AND e.details ->> 'status' = NEW.state
          AND CASE NEW.state
              WHEN 'UPLOADING' THEN e.action = 'benefits.import.begun' AND e.actor_id = NEW.uploaded_by_id
              WHEN 'STAGING' THEN e.action = 'benefits.import.started' AND e.actor_id IS NOT NULL
              WHEN 'APPLYING' THEN e.action = 'benefits.import.applied' AND e.actor_id = NEW.applied_by_id
              WHEN 'UNDOING' THEN e.action = 'benefits.import.undo_approved' AND e.actor_id = NEW.undone_by_id
              WHEN 'CANCELLED' THEN e.action = 'benefits.import.cancelled' AND e.actor_id IS NOT NULL
              ELSE true END
    ) THEN
        RAISE EXCEPTION 'juki_step_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER juki_step_is_on_record AFTER INSERT OR UPDATE OF state ON benefits_jukibatch
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_juki_step_is_on_record();

-- Erase the lines of a file that has ended, once the vault holds nothing of it any more.
CREATE FUNCTION benefits_juki_wipe(p_batch uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    gone integer;
BEGIN
    PERFORM 1 FROM benefits_jukibatch b WHERE b.id = p_batch AND b.wiped_at IS NULL
        AND b.state IN ('APPLIED', 'CANCELLED', 'EXPIRED', 'UNUSABLE') FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'juki_file_is_wiped_once_it_has_ended' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM vault.staged_left(p_batch) l WHERE l.parts > 0 OR l.numbers > 0 OR l.has_key) THEN
        RAISE EXCEPTION 'juki_file_is_wiped_from_the_vault_first' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM benefits_jukisample s WHERE s.batch_id = p_batch;
    DELETE FROM benefits_jukirow r WHERE r.batch_id = p_batch;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE benefits_jukibatch b SET wiped_at = clock_timestamp() WHERE b.id = p_batch;
    RETURN gone;
END $$;

-- Runs at COMMIT: a number comes by a file only while that file is applied, by whoever applies it, for a linked line.
CREATE FUNCTION benefits_number_comes_by_an_applied_file() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM vault.imported i JOIN benefits_jukibatch b ON b.id = i.batch
        JOIN benefits_jukirow r ON r.batch_id = b.id AND r.line = i.line AND r.person_id = i.person
        WHERE i.person = NEW.person AND i.version = NEW.version AND b.state = 'APPLYING'
          AND b.applied_by_id = NEW.confirmed_by AND b.uploaded_by_id = NEW.typed_by
          AND r.state = 'LINKED' AND r.is_applied
    ) THEN
        RAISE EXCEPTION 'number_comes_by_an_applied_file' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_comes_by_an_applied_file AFTER INSERT ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.source = 'JUKI')
EXECUTE FUNCTION benefits_number_comes_by_an_applied_file();

-- A number is staged, judged and let go only as long as its file is at that, and only for the person its line is linked
-- with: once the file is applied nothing of it changes but what is put into use.
CREATE FUNCTION benefits_number_is_staged_while_its_file_is_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT n.batch FROM after n) d LEFT JOIN benefits_jukibatch b ON b.id = d.batch
               WHERE b.state IS DISTINCT FROM 'STAGING') THEN
        RAISE EXCEPTION 'number_is_staged_while_its_file_is_read' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER number_is_staged_while_its_file_is_read AFTER INSERT ON vault.staged REFERENCING NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION benefits_number_is_staged_while_its_file_is_read();

CREATE FUNCTION benefits_number_is_judged_for_its_line() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM benefits_jukibatch b JOIN benefits_jukirow r ON r.batch_id = b.id AND r.line = NEW.line
        WHERE b.id = NEW.batch AND r.state = 'LINKED' AND r.person_id = NEW.person
          AND (b.state IN ('CHECKING', 'REVIEW') OR b.state = 'APPLYING' AND NEW.person = OLD.person)
    ) OR (NEW.batch, NEW.line, NEW.body, NEW.twin) IS DISTINCT FROM (OLD.batch, OLD.line, OLD.body, OLD.twin) THEN
        RAISE EXCEPTION 'number_is_judged_for_its_line' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER number_is_judged_for_its_line BEFORE UPDATE ON vault.staged
FOR EACH ROW EXECUTE FUNCTION benefits_number_is_judged_for_its_line();

CREATE FUNCTION benefits_number_is_let_go_in_its_time() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM before o JOIN benefits_jukibatch b ON b.id = o.batch
        WHERE b.state NOT IN ('APPLYING', 'APPLIED', 'CANCELLED', 'EXPIRED', 'UNUSABLE')
          AND NOT (b.state = 'REVIEW' AND EXISTS (
              SELECT 1 FROM benefits_jukirow r
              WHERE r.batch_id = o.batch AND r.line = o.line AND r.state = 'REJECTED'))
    ) THEN
        RAISE EXCEPTION 'number_is_let_go_in_its_time' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER number_is_let_go_in_its_time AFTER DELETE ON vault.staged REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION benefits_number_is_let_go_in_its_time();

-- What somebody is told from somebody else by, as their application says it, and as they are registered. Closed.
CREATE FUNCTION benefits_likeness(p_salt uuid, p_family_name text, p_given_name text, p_family_kana text,
                                  p_given_kana text, p_birth_on text, p_sex text) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        p_salt, p_family_name, p_given_name, p_family_kana, p_given_kana, p_birth_on, p_sex)::text, 'UTF8'));
$$;

-- Whether nothing that came by a file for an applicant came for somebody else than this.
CREATE FUNCTION benefits_applicant_is_as_matched(
    p_person uuid, p_family_name text, p_given_name text, p_family_kana text, p_given_kana text, p_birth_on text, p_sex text
) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (
        SELECT 1 FROM vault.imported i
        WHERE i.person = p_person AND i.undone_at IS NULL AND i.likeness IS DISTINCT FROM benefits_likeness(
            i.salt, p_family_name, p_given_name, p_family_kana, p_given_kana, p_birth_on, p_sex));
$$;

-- Keep what an applicant was matched by; their application waits meanwhile, so that it says the same afterwards.
CREATE FUNCTION benefits_import_keeps_a_likeness() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    form jsonb;
BEGIN
    NEW.salt := gen_random_uuid();
    NEW.likeness := NULL;
    IF NOT EXISTS (SELECT 1 FROM benefits_person p WHERE p.id = NEW.person AND p.registered_at IS NOT NULL) THEN
        SELECT a.content::jsonb -> 'form' INTO form FROM benefits_application a
        WHERE a.person_id = NEW.person AND a.status = 'SUBMITTED' AND a.number_version IS NULL
        ORDER BY a.submitted_at DESC, a.id DESC LIMIT 1 FOR SHARE;
        NEW.likeness := benefits_likeness(NEW.salt, form ->> 'family_name', form ->> 'given_name',
            form ->> 'family_kana', form ->> 'given_kana', form ->> 'birth_on', form ->> 'sex');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER import_keeps_a_likeness BEFORE INSERT ON vault.imported
FOR EACH ROW EXECUTE FUNCTION benefits_import_keeps_a_likeness();

-- Nobody is registered with a number that came by a file for somebody else.
CREATE FUNCTION benefits_imported_number_is_of_who_is_registered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT benefits_applicant_is_as_matched(NEW.id, NEW.family_name, NEW.given_name, NEW.family_kana, NEW.given_kana,
                                            to_char(NEW.birth_on, 'YYYY-MM-DD'), NEW.sex) THEN
        RAISE EXCEPTION 'imported_number_is_of_who_is_registered' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER imported_number_is_of_who_is_registered BEFORE INSERT OR UPDATE ON benefits_person
FOR EACH ROW WHEN (NEW.registered_at IS NOT NULL)
EXECUTE FUNCTION benefits_imported_number_is_of_who_is_registered();

-- Runs at COMMIT: what came by a file is taken back only while two people are undoing that file, or by the maker whose
-- step made the applicant somebody else or ended the application; and never while the person's numbers are on hold.
CREATE FUNCTION benefits_import_is_undone_by_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    taker bigint;
BEGIN
    SELECT e.actor_id INTO taker FROM audit.event e
    WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.action = 'mynumber.number.import_undone'
      AND e.result = 'DONE' LIMIT 1;
    IF taker IS NULL OR NOT (
        EXISTS (SELECT 1 FROM benefits_jukibatch b WHERE b.id = NEW.batch AND b.state = 'UNDOING')
        OR EXISTS (
            SELECT 1 FROM benefits_person p JOIN audit.event e ON e.person_id = p.id
            WHERE p.id = NEW.person AND p.registered_at IS NULL AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
              AND e.actor_id = taker AND e.subject_kind = 'benefits.application' AND e.action IN (
                  'benefits.application.saved', 'benefits.application.submitted', 'benefits.application.withdrawn'))
    ) THEN
        RAISE EXCEPTION 'import_is_undone_by_two' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM benefits_deletionhold h
               WHERE h.ended_at IS NULL AND h.person_id IN (SELECT benefits_cases_of(NEW.person))) THEN
        RAISE EXCEPTION 'number_on_hold_is_not_taken_back' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER import_is_undone_by_two AFTER UPDATE ON vault.imported
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_import_is_undone_by_two();
"""

TRIGGERS = (
    ("benefits_jukilayout", "layout_takes_two", "benefits_juki_layout_takes_two()"),
    ("benefits_jukilayout", "layout_is_on_record", "benefits_juki_layout_is_on_record()"),
    ("benefits_jukirow", "juki_counts_new_lines", "benefits_juki_counts_new_lines()"),
    ("benefits_jukirow", "juki_counts_changed_lines", "benefits_juki_counts_changed_lines()"),
    ("benefits_jukirow", "juki_row_moves_by_the_table", "benefits_juki_row_moves_by_the_table()"),
    ("benefits_jukirow", "juki_decision_is_on_record", "benefits_juki_decision_is_on_record()"),
    (
        "benefits_jukisample",
        "juki_sample_is_answered_by_a_checker",
        "benefits_juki_sample_is_answered_by_a_checker()",
    ),
    ("benefits_jukisample", "juki_answer_is_on_record", "benefits_juki_answer_is_on_record()"),
    ("benefits_jukibatch", "juki_batch_moves_by_the_table", "benefits_juki_batch_moves_by_the_table()"),
    ("benefits_jukibatch", "juki_step_is_on_record", "benefits_juki_step_is_on_record()"),
    ("vault.number", "number_comes_by_an_applied_file", "benefits_number_comes_by_an_applied_file()"),
    ("vault.imported", "import_is_undone_by_two", "benefits_import_is_undone_by_two()"),
    ("vault.imported", "import_keeps_a_likeness", "benefits_import_keeps_a_likeness()"),
    (
        "vault.staged",
        "number_is_staged_while_its_file_is_read",
        "benefits_number_is_staged_while_its_file_is_read()",
    ),
    ("vault.staged", "number_is_judged_for_its_line", "benefits_number_is_judged_for_its_line()"),
    ("vault.staged", "number_is_let_go_in_its_time", "benefits_number_is_let_go_in_its_time()"),
    (
        "benefits_person",
        "imported_number_is_of_who_is_registered",
        "benefits_imported_number_is_of_who_is_registered()",
    ),
)
FUNCTIONS = (
    "benefits_juki_draw(uuid)",
    "benefits_juki_sample_needed(uuid)",
    "benefits_juki_wipe(uuid)",
    "benefits_applicant_is_as_matched(uuid, text, text, text, text, text, text)",
    "benefits_likeness(uuid, text, text, text, text, text, text)",
)

#: The vault asks here whether a number is on hold before it takes one back, as it does before it destroys one.
HELD = """EXISTS (
        SELECT 1 FROM public.benefits_deletionhold h WHERE h.ended_at IS NULL AND h.person_id = i.person)"""

CLOSE = "\n".join(
    [
        *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger};" for table, trigger, _function in TRIGGERS),
        *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC;" for _table, _trigger, function in TRIGGERS),
        *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC;" for function in FUNCTIONS),
    ]
)
REMOVE = "\n".join(
    [
        *(f"DROP TRIGGER {trigger} ON {table};" for table, trigger, _function in TRIGGERS),
        *(f"DROP FUNCTION {function};" for _table, _trigger, function in TRIGGERS),
        *(f"DROP FUNCTION {function};" for function in FUNCTIONS),
        "DROP SEQUENCE benefits_juki_serial; DROP INDEX juki_files_come_one_at_a_time;",
    ]
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0011_papers"),
        ("mynumber", "0008_staging"),
        ("accounts", "0004_rights_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="JukiLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="様式の名前")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("valid_from", models.DateField(verbose_name="使い始める日")),
                (
                    "encoding",
                    models.CharField(
                        blank=True,
                        choices=[("CP932", "Shift_JIS（CP932）"), ("UTF8", "UTF-8")],
                        default="",
                        help_text="空なら自動で判定します",
                        max_length=10,
                        verbose_name="文字コード",
                    ),
                ),
                (
                    "separator",
                    models.CharField(
                        choices=[("COMMA", "コンマ"), ("TAB", "タブ")],
                        default="COMMA",
                        max_length=10,
                        verbose_name="区切り",
                    ),
                ),
                ("has_heading", models.BooleanField(default=True, verbose_name="1行目は見出し")),
                ("items", models.PositiveSmallIntegerField(default=4, verbose_name="照合する情報の数")),
                (
                    "date_notation",
                    models.CharField(
                        choices=[
                            ("WESTERN8", "西暦8桁（19700401）"),
                            ("ERA7", "元号の番号と6桁（3450401）"),
                            ("WRITTEN", "書いたとおり（昭和45年4月1日、S45.4.1、1970/4/1）"),
                        ],
                        default="WESTERN8",
                        max_length=10,
                        verbose_name="生年月日の表記",
                    ),
                ),
                ("columns", models.JSONField(verbose_name="列")),
                ("query_columns", models.JSONField(default=list, verbose_name="要求一覧の列")),
                ("note", models.CharField(blank=True, max_length=400, verbose_name="備考")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="申請日時"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("CONFIRMED", "確定"), ("REJECTED", "却下")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="決定日時")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決定者",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申請者",
                    ),
                ),
            ],
            options={
                "verbose_name": "住基ネットの様式",
                "verbose_name_plural": "住基ネットの様式",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("name", "version"), name="layout_version_is_one"),
                    models.CheckConstraint(
                        condition=models.Q(("items__in", [3, 4])), name="layout_matches_on_four_or_three"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("encoding__in", ["", "CP932", "UTF8"])), name="layout_encoding_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("separator__in", ["COMMA", "TAB"])), name="layout_separator_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("date_notation__in", ["WESTERN8", "ERA7", "WRITTEN"])),
                        name="layout_dates_are_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                        name="layout_is_not_decided_by_its_proposer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")),
                            models.Q(("decided_at__isnull", False), ("outcome__in", ["CONFIRMED", "REJECTED"])),
                            _connector="OR",
                        ),
                        name="layout_decision_is_signed_and_dated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JukiBatch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("serial", models.PositiveIntegerField(unique=True, verbose_name="取込番号")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("UPLOADING", "受信中"),
                            ("UPLOADED", "開始待ち"),
                            ("STAGING", "読取り中"),
                            ("HALTED", "誤りのため停止"),
                            ("MATCHING", "照合中"),
                            ("CHECKING", "番号の確認中"),
                            ("REVIEW", "確認待ち"),
                            ("APPLYING", "適用中"),
                            ("APPLIED", "適用済み"),
                            ("UNDOING", "取消し中"),
                            ("UNDONE", "取消し済み"),
                            ("CANCELLED", "中止"),
                            ("EXPIRED", "期限切れ"),
                            ("UNUSABLE", "使えないファイル"),
                        ],
                        default="UPLOADING",
                        max_length=12,
                        verbose_name="状態",
                    ),
                ),
                ("code", models.CharField(blank=True, default="", max_length=20, verbose_name="理由の区分")),
                ("file_digest", models.BinaryField(null=True, verbose_name="ファイルの鍵つき指紋")),
                ("size", models.BigIntegerField(default=0, verbose_name="大きさ")),
                (
                    "encoding",
                    models.CharField(
                        blank=True,
                        choices=[("CP932", "Shift_JIS（CP932）"), ("UTF8", "UTF-8")],
                        default="",
                        max_length=10,
                        verbose_name="文字コード",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("ALL", "1行でも誤りがあれば、どの行も取り込まない"),
                            ("SKIP", "誤りのある行を除いて取り込む"),
                        ],
                        default="ALL",
                        max_length=4,
                        verbose_name="誤りのある行",
                    ),
                ),
                ("next_byte", models.BigIntegerField(default=0)),
                ("next_line", models.PositiveIntegerField(default=1)),
                ("matched_to", models.PositiveIntegerField(default=0)),
                ("lines_in", models.PositiveIntegerField(default=0, verbose_name="行")),
                ("linked", models.PositiveIntegerField(default=0, verbose_name="結付け")),
                ("queued", models.PositiveIntegerField(default=0, verbose_name="要確認")),
                ("rejected", models.PositiveIntegerField(default=0, verbose_name="除外")),
                ("with_errors", models.PositiveIntegerField(default=0, verbose_name="誤り")),
                ("judged", models.PositiveIntegerField(default=0, verbose_name="番号の確認済み")),
                ("applied", models.PositiveIntegerField(default=0, verbose_name="適用")),
                (
                    "uploaded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="取込み日時"
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="今の状態の始まり"
                    ),
                ),
                ("applied_at", models.DateTimeField(null=True, verbose_name="適用の決定日時")),
                ("sample_size", models.PositiveIntegerField(default=0, verbose_name="抜取り")),
                ("undo_proposed_at", models.DateTimeField(null=True, verbose_name="取消しの申請日時")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="取消しの承認日時")),
                ("undone", models.PositiveIntegerField(default=0, verbose_name="取消し")),
                ("wiped_at", models.DateTimeField(null=True, verbose_name="消去日時")),
                (
                    "applied_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="適用した人",
                    ),
                ),
                (
                    "undo_proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取消しの申請者",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取消しの承認者",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="取り込んだ人",
                    ),
                ),
                (
                    "layout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="benefits.jukilayout",
                        verbose_name="様式",
                    ),
                ),
            ],
            options={
                "verbose_name": "住基ネットのファイル",
                "verbose_name_plural": "住基ネットのファイル",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "UPLOADING",
                                    "UPLOADED",
                                    "STAGING",
                                    "HALTED",
                                    "MATCHING",
                                    "CHECKING",
                                    "REVIEW",
                                    "APPLYING",
                                    "APPLIED",
                                    "UNDOING",
                                    "UNDONE",
                                    "CANCELLED",
                                    "EXPIRED",
                                    "UNUSABLE",
                                ],
                            )
                        ),
                        name="juki_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["ALL", "SKIP"])), name="juki_mode_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "lines_in",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("linked"), "+", models.F("queued")
                                    ),
                                    "+",
                                    models.F("rejected"),
                                ),
                            )
                        ),
                        name="juki_counts_add_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("applied_by", models.F("uploaded_by")), _negated=True),
                        name="juki_file_is_not_applied_by_whoever_brought_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("applied_at__isnull", False), ("applied_by__isnull", False)),
                            models.Q(("applied_at__isnull", True), ("applied_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="juki_application_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("applied_by__isnull", False),
                            models.Q(("state__in", ["APPLYING", "APPLIED", "UNDOING", "UNDONE"]), _negated=True),
                            _connector="OR",
                        ),
                        name="juki_file_is_applied_only_by_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undo_proposed_at__isnull", False), ("undo_proposed_by__isnull", False)),
                            models.Q(("undo_proposed_at__isnull", True), ("undo_proposed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="juki_undo_proposal_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("undone_by", models.F("undo_proposed_by")), _negated=True),
                        name="juki_undo_takes_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            models.Q(("undone_at__isnull", True), ("undone_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="juki_undo_is_signed_and_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["UNDONE", "CANCELLED", "EXPIRED", "UNUSABLE"]), _negated=True
                        ),
                        fields=("file_digest",),
                        name="juki_file_is_taken_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JukiRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="行")),
                (
                    "state",
                    models.CharField(
                        choices=[("QUEUED", "要確認"), ("LINKED", "結付け"), ("REJECTED", "除外")],
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("UNMATCHED", "照合前"),
                            ("EXACT", "すべて一致"),
                            ("BY_HAND", "表記の違いを確かめて結付け"),
                            ("NOBODY", "該当する人がいない"),
                            ("DIFFERS", "似た人はいるが、一致しない"),
                            ("SEVERAL", "一致する人が2人以上いる"),
                            ("SAME_PERSON", "ほかの行と同じ人に当たる"),
                            ("OTHER", "この人は別の個人番号を登録済み"),
                            ("TAKEN", "番号はほかの人のものとして登録済み"),
                            ("DISPUTED", "抜取りの照合で一致しなかった"),
                            ("ERROR", "行の誤り"),
                            ("REFUSED", "人が除外"),
                            ("CHANGED", "確認の後に変わったため除外"),
                        ],
                        max_length=12,
                        verbose_name="理由",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=400, verbose_name="氏名")),
                ("kana", models.CharField(blank=True, max_length=400, verbose_name="フリガナ")),
                ("birth_on", models.DateField(null=True, verbose_name="生年月日")),
                (
                    "sex",
                    models.CharField(
                        blank=True, choices=[("1", "男"), ("2", "女")], max_length=1, verbose_name="性別"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=1100, verbose_name="住所")),
                ("name_key", models.CharField(blank=True, max_length=400)),
                ("kana_key", models.CharField(blank=True, max_length=400)),
                ("address_key", models.CharField(blank=True, max_length=1100)),
                ("problems", models.JSONField(default=list, verbose_name="誤り")),
                (
                    "candidates",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("verdict", models.CharField(blank=True, default="", max_length=6, verbose_name="番号の確認")),
                ("link_reasons", models.JSONField(default=dict, verbose_name="表記の違いの理由")),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="除外の理由")),
                ("is_applied", models.BooleanField(default=False)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="benefits.jukibatch"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="benefits.person"
                    ),
                ),
            ],
            options={
                "verbose_name": "住基ネットのファイルの行",
                "verbose_name_plural": "住基ネットのファイルの行",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["batch", "state", "code", "line"], name="juki_row_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "line"), name="juki_line_stands_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["QUEUED", "LINKED", "REJECTED"])),
                        name="juki_row_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "LINKED"), _negated=True), ("person__isnull", False), _connector="OR"
                        ),
                        name="juki_link_is_to_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "LINKED")),
                        fields=("batch", "person"),
                        name="juki_person_is_linked_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", "BY_HAND"), ("state", "LINKED"), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("link_reasons", {}), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="juki_hand_link_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", "REFUSED"), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="juki_refusal_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_applied", False),
                            models.Q(("state", "LINKED"), ("verdict__in", ["FREE", "SAME"])),
                            _connector="OR",
                        ),
                        name="juki_row_is_applied_once_judged",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JukiSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.PositiveIntegerField(verbose_name="行")),
                ("drawn_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("opened_at", models.DateTimeField(null=True)),
                ("agrees", models.BooleanField(null=True, verbose_name="一致")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="sample", to="benefits.jukibatch"
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "抜取り",
                "verbose_name_plural": "抜取り",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "line"), name="juki_line_is_drawn_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("agrees__isnull", True),
                            models.Q(("opened_at__isnull", False), ("opened_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="juki_answer_is_signed",
                    ),
                ],
            },
        ),
        migrations.RunSQL(DEMO, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS + CLOSE, REMOVE),
        migrations.RunSQL(_staging.blockers(held=HELD), _staging.blockers()),
    ]

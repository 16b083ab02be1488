"""Retention periods, holds, deletion lists and certificates, with guards that hold for raw SQL too.

Two keepers stand behind every period and every list. The vault erases a number that was in use only while an approved
list names it and nobody has put it on hold, and only with a certificate, which nobody ever changes.
"""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

INSTALL = """
-- Whose case a number belongs to: the person's own, and the patient's in whose application it came. A hold on either
-- keeps it.
CREATE FUNCTION benefits_cases_of(p_person uuid) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_person
    UNION SELECT a.person_id FROM benefits_householdperson h JOIN benefits_application a ON a.id = h.application_id
    WHERE h.id = p_person;
$$;
REVOKE ALL ON FUNCTION benefits_cases_of(uuid) FROM PUBLIC;

-- A period is proposed by one keeper and decided by another, never dated back, and never changed or taken away.
CREATE FUNCTION benefits_period_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'period_is_followed_and_never_deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.proposed_by_id IS NULL AND accounts_is_owner() THEN
            RETURN NEW;  -- what the product ships
        END IF;
        IF NEW.outcome <> '' OR NEW.decided_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'period_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.proposed_by_id IS NULL OR NOT accounts_holds(NEW.proposed_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'period_is_proposed_by_a_keeper' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.valid_from < (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date THEN
            RAISE EXCEPTION 'period_is_not_dated_back' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'period_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at'] THEN
        RAISE EXCEPTION 'period_is_followed_and_never_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('APPROVED', 'REJECTED') AND NOT accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'period_is_decided_by_a_keeper' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER period_takes_two BEFORE INSERT OR UPDATE OR DELETE ON benefits_retentionperiod
FOR EACH ROW EXECUTE FUNCTION benefits_period_takes_two();
ALTER TABLE benefits_retentionperiod ENABLE ALWAYS TRIGGER period_takes_two;

CREATE FUNCTION benefits_period_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.proposed_by_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.retentionperiod' AND e.result = 'DONE'
          AND e.xid = pg_current_xact_id()
          AND e.action = 'benefits.period.' || CASE WHEN TG_OP = 'INSERT' THEN 'proposed' ELSE lower(NEW.outcome) END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END
    ) THEN
        RAISE EXCEPTION 'period_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER period_is_on_record AFTER INSERT OR UPDATE ON benefits_retentionperiod
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_period_is_on_record();
ALTER TABLE benefits_retentionperiod ENABLE ALWAYS TRIGGER period_is_on_record;

-- A hold waits for a deletion that is under way, and the next one sees it.
CREATE FUNCTION benefits_hold_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'hold_is_ended_and_never_deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL THEN
            RAISE EXCEPTION 'hold_begins_in_force' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (accounts_holds(NEW.set_by_id, 'RECORDS_KEEPER') OR accounts_holds(NEW.set_by_id, 'CHECKER')) THEN
            RAISE EXCEPTION 'hold_is_set_by_a_checker_or_keeper' USING ERRCODE = 'check_violation';
        END IF;
        PERFORM vault.hold_people(ARRAY(
            SELECT NEW.person_id
            UNION SELECT h.id FROM benefits_householdperson h JOIN benefits_application a ON a.id = h.application_id
            WHERE a.person_id = NEW.person_id));
        NEW.set_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'hold_is_ended_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['ended_by_id', 'ended_at', 'ended_words']
       <> to_jsonb(OLD) - ARRAY['ended_by_id', 'ended_at', 'ended_words'] OR NEW.ended_by_id IS NULL THEN
        RAISE EXCEPTION 'hold_is_ended_and_never_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (accounts_holds(NEW.ended_by_id, 'RECORDS_KEEPER') OR accounts_holds(NEW.ended_by_id, 'CHECKER')) THEN
        RAISE EXCEPTION 'hold_is_ended_by_a_checker_or_keeper' USING ERRCODE = 'check_violation';
    END IF;
    NEW.ended_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER hold_takes_two BEFORE INSERT OR UPDATE OR DELETE ON benefits_deletionhold
FOR EACH ROW EXECUTE FUNCTION benefits_hold_takes_two();
ALTER TABLE benefits_deletionhold ENABLE ALWAYS TRIGGER hold_takes_two;

CREATE FUNCTION benefits_hold_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.deletionhold' AND e.result = 'DONE'
          AND e.xid = pg_current_xact_id() AND e.person_id = NEW.person_id
          AND e.action = CASE WHEN TG_OP = 'INSERT' THEN 'benefits.hold.set' ELSE 'benefits.hold.ended' END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.set_by_id ELSE NEW.ended_by_id END
    ) THEN
        RAISE EXCEPTION 'hold_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hold_is_on_record AFTER INSERT OR UPDATE ON benefits_deletionhold
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_hold_is_on_record();
ALTER TABLE benefits_deletionhold ENABLE ALWAYS TRIGGER hold_is_on_record;

CREATE FUNCTION benefits_deletion_list_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'list_is_never_deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'MAKING' THEN
            RAISE EXCEPTION 'list_begins_empty' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.as_of > (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date THEN
            RAISE EXCEPTION 'list_is_not_dated_ahead' USING ERRCODE = 'check_violation';
        END IF;
        -- a day of grace for midnight: periods that are replaced since are not brought back by an older date
        IF NEW.as_of < (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date - 1 THEN
            RAISE EXCEPTION 'list_is_not_dated_back' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.made_by_id IS NOT NULL AND NOT accounts_holds(NEW.made_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'list_is_made_by_a_keeper' USING ERRCODE = 'check_violation';
        END IF;
        NEW.made_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.month, NEW.as_of, NEW.made_by_id, NEW.made_at)
       IS DISTINCT FROM (OLD.id, OLD.month, OLD.as_of, OLD.made_by_id, OLD.made_at) THEN
        RAISE EXCEPTION 'list_keeps_its_origin' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = OLD.state AND OLD.state NOT IN ('MAKING', 'DRAFT') OR NEW.state <> OLD.state
       AND (OLD.state, NEW.state) NOT IN (
           ('MAKING', 'DRAFT'), ('MAKING', 'EMPTY'), ('DRAFT', 'PROPOSED'), ('PROPOSED', 'DRAFT'),
           ('PROPOSED', 'APPROVED'), ('PROPOSED', 'REJECTED'), ('APPROVED', 'DONE')) THEN
        RAISE EXCEPTION 'list_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'PROPOSED' AND NEW.state <> 'DRAFT'
       AND (NEW.proposed_by_id, NEW.proposed_at) IS DISTINCT FROM (OLD.proposed_by_id, OLD.proposed_at)
       OR OLD.state = 'APPROVED' AND (NEW.proposed_by_id, NEW.proposed_at, NEW.decided_by_id, NEW.decided_at)
          IS DISTINCT FROM (OLD.proposed_by_id, OLD.proposed_at, OLD.decided_by_id, OLD.decided_at) THEN
        RAISE EXCEPTION 'list_names_who_stood_behind_it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'PROPOSED' THEN
        IF NOT accounts_holds(NEW.proposed_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'list_is_proposed_by_a_keeper' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
    ELSIF NEW.state IN ('APPROVED', 'REJECTED') THEN
        IF NOT accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'list_is_decided_by_a_keeper' USING ERRCODE = 'check_violation';
        END IF;
        NEW.decided_at := clock_timestamp();
    ELSIF NEW.state IN ('DONE', 'EMPTY') THEN
        IF EXISTS (SELECT 1 FROM benefits_deletionrow r WHERE r.deletion_list_id = NEW.id AND r.outcome = '') THEN
            RAISE EXCEPTION 'list_is_done_when_nothing_waits' USING ERRCODE = 'check_violation';
        END IF;
        NEW.finished_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER list_takes_two BEFORE INSERT OR UPDATE OR DELETE ON benefits_deletionlist
FOR EACH ROW EXECUTE FUNCTION benefits_deletion_list_takes_two();
ALTER TABLE benefits_deletionlist ENABLE ALWAYS TRIGGER list_takes_two;

CREATE FUNCTION benefits_deletion_list_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted text;
    whose bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        wanted := 'made'; whose := NEW.made_by_id;
    ELSIF NEW.state = OLD.state THEN
        RETURN NULL;
    ELSIF OLD.state = 'MAKING' THEN
        wanted := 'ready';
    ELSIF NEW.state = 'DRAFT' THEN
        wanted := 'withdrawn'; whose := OLD.proposed_by_id;
    ELSIF NEW.state = 'PROPOSED' THEN
        wanted := 'proposed'; whose := NEW.proposed_by_id;
    ELSE
        wanted := lower(NEW.state); whose := NEW.decided_by_id;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.deletionlist' AND e.result = 'DONE'
          AND e.xid = pg_current_xact_id() AND e.action = 'benefits.deletion.' || wanted
          AND (whose IS NULL OR e.actor_id = whose)
    ) THEN
        RAISE EXCEPTION 'list_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER list_is_on_record AFTER INSERT OR UPDATE ON benefits_deletionlist
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_deletion_list_is_on_record();
ALTER TABLE benefits_deletionlist ENABLE ALWAYS TRIGGER list_is_on_record;

-- Whether a number could be due then: its reason has ended by that day, and no less than its period has passed since,
-- which is the one in force on the list's day for its kind and for a programme of its case: the most particular one, of
-- those the latest. The clock itself is the product's; this holds what no clock may say.
CREATE FUNCTION benefits_clock_allows(p_person uuid, p_version integer, p_holding text, p_period bigint, p_since date,
                                      p_due date, p_as_of date) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held vault.number%ROWTYPE;
    ends date;
    worked date;
    programmes text[];
BEGIN
    SELECT * INTO held FROM vault.number n WHERE n.person = p_person AND n.version = p_version AND n.body IS NOT NULL;
    IF NOT FOUND OR (held.state = 'SUPERSEDED') <> (p_holding = 'SUPERSEDED') OR NOT EXISTS (
        SELECT 1 FROM benefits_retentionperiod p
        WHERE p.id = p_period AND p_due >= p_since + make_interval(years => p.years, months => p.months)
    ) THEN
        RETURN false;
    END IF;
    SELECT coalesce(array_agg(a.programme), ARRAY['']) INTO programmes FROM benefits_application a
    WHERE a.person_id = p_person
       OR a.id IN (SELECT h.application_id FROM benefits_householdperson h WHERE h.id = p_person);
    IF NOT EXISTS (
        SELECT 1 FROM unnest(programmes) AS one (programme)
        WHERE p_period = (
            SELECT p.id FROM benefits_retentionperiod p
            WHERE p.outcome = 'APPROVED' AND p.valid_from <= p_as_of
              AND p.holding IN ('', p_holding) AND p.programme IN ('', one.programme)
            ORDER BY p.holding <> '' DESC, p.programme <> '' DESC, p.valid_from DESC, p.id DESC LIMIT 1)
    ) THEN
        RETURN false;
    END IF;
    IF p_holding = 'SUPERSEDED' THEN
        RETURN p_since >= (held.state_since AT TIME ZONE 'Asia/Tokyo')::date;
    END IF;
    SELECT max(c.valid_to), max((a.edited_at AT TIME ZONE 'Asia/Tokyo')::date) FILTER (WHERE a.status <> 'APPROVED')
    INTO ends, worked FROM benefits_application a LEFT JOIN benefits_certification c ON c.application_id = a.id
    WHERE a.person_id = p_person
       OR a.id IN (SELECT h.application_id FROM benefits_householdperson h WHERE h.id = p_person);
    RETURN (p_holding = 'NOT_APPROVED') = (ends IS NULL) AND p_since >= coalesce(greatest(ends, worked), 'infinity');
END $$;
REVOKE ALL ON FUNCTION benefits_clock_allows(uuid, integer, text, bigint, date, date, date) FROM PUBLIC;

-- What is on a list is fixed once it is proposed; what becomes of a row is written once.
CREATE FUNCTION benefits_deletion_row_stays() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    its_list benefits_deletionlist%ROWTYPE;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'row_is_never_deleted' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO its_list FROM benefits_deletionlist l WHERE l.id = NEW.deletion_list_id FOR SHARE;
    IF TG_OP = 'INSERT' THEN
        IF its_list.state <> 'MAKING' OR NEW.outcome <> '' THEN
            RAISE EXCEPTION 'row_is_listed_while_the_list_is_made' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.due_on >= its_list.as_of THEN
            RAISE EXCEPTION 'row_is_listed_once_it_is_due' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT benefits_clock_allows(
            NEW.person_id, NEW.version, NEW.holding, NEW.period_id, NEW.since_on, NEW.due_on, its_list.as_of) THEN
            RAISE EXCEPTION 'row_says_what_its_clock_says' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'outcome_words', 'excluded_by_id']
       <> to_jsonb(OLD) - ARRAY['outcome', 'outcome_words', 'excluded_by_id'] THEN
        RAISE EXCEPTION 'row_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.outcome, NEW.outcome) IN (('', 'EXCLUDED'), ('EXCLUDED', '')) THEN
        IF its_list.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'row_is_fixed_once_proposed' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.outcome = 'EXCLUDED' AND NOT accounts_holds(NEW.excluded_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'row_is_excluded_by_a_keeper' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' OR NEW.outcome NOT IN ('DROPPED', 'DESTROYED') OR its_list.state <> 'APPROVED' THEN
        RAISE EXCEPTION 'row_comes_to_one_end' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = 'DESTROYED' AND NOT EXISTS (
        SELECT 1 FROM benefits_deletioncertificate c
        WHERE c.person_id = NEW.person_id AND c.version = NEW.version AND c.list_id = NEW.deletion_list_id
    ) THEN
        RAISE EXCEPTION 'row_is_destroyed_with_a_certificate' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER row_stays BEFORE INSERT OR UPDATE OR DELETE ON benefits_deletionrow
FOR EACH ROW EXECUTE FUNCTION benefits_deletion_row_stays();
ALTER TABLE benefits_deletionrow ENABLE ALWAYS TRIGGER row_stays;

-- Why a version may not be destroyed now ("" = it may): it is on no approved list, on hold, or somebody's still.
CREATE FUNCTION benefits_why_not_destroy(p_person uuid, p_version integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    listed record;
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN 'numbers_are_destroyed_in_read_committed';
    END IF;
    SELECT r.holding, r.due_on INTO listed
    FROM benefits_deletionrow r JOIN benefits_deletionlist l ON l.id = r.deletion_list_id
    WHERE r.person_id = p_person AND r.version = p_version AND r.outcome = '' AND l.state = 'APPROVED'
      AND l.proposed_by_id <> l.decided_by_id;
    IF NOT FOUND OR listed.due_on >= today THEN
        RETURN 'number_is_destroyed_by_an_approved_list';
    END IF;
    IF EXISTS (SELECT 1 FROM benefits_deletionhold h
               WHERE h.ended_at IS NULL AND h.person_id IN (SELECT benefits_cases_of(p_person))) THEN
        RETURN 'number_on_hold_is_not_destroyed';
    END IF;
    IF listed.holding <> 'SUPERSEDED' AND (
        EXISTS (SELECT 1 FROM benefits_certification c
                WHERE c.valid_to >= today AND (c.person_id = p_person OR c.application_id IN (
                    SELECT h.application_id FROM benefits_householdperson h WHERE h.id = p_person)))
        OR EXISTS (SELECT 1 FROM benefits_application a
                   WHERE a.status = 'SUBMITTED' AND (a.person_id = p_person OR a.id IN (
                       SELECT h.application_id FROM benefits_householdperson h WHERE h.id = p_person)))
    ) THEN
        RETURN 'number_of_a_recipient_is_not_destroyed';
    END IF;
    RETURN '';
END $$;
REVOKE ALL ON FUNCTION benefits_why_not_destroy(uuid, integer) FROM PUBLIC;

-- The vault asks here before a number that was in use is erased, whoever wants it.
CREATE FUNCTION benefits_number_is_destroyed_by_list() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    reason text;
BEGIN
    -- After a restore the owner destroys again what a certificate says was destroyed before.
    IF accounts_is_owner() AND EXISTS (
        SELECT 1 FROM benefits_deletioncertificate c
        WHERE c.person_id = NEW.person AND c.version = NEW.version AND c.issued_at >= NEW.typed_at) THEN
        RETURN NEW;
    END IF;
    reason := benefits_why_not_destroy(NEW.person, NEW.version);
    IF reason = '' AND (OLD.state = 'SUPERSEDED') IS DISTINCT FROM EXISTS (
        SELECT 1 FROM benefits_deletionrow r JOIN benefits_deletionlist l ON l.id = r.deletion_list_id
        WHERE r.person_id = NEW.person AND r.version = NEW.version AND r.outcome = '' AND l.state = 'APPROVED'
          AND r.holding = 'SUPERSEDED') THEN
        reason := 'number_is_destroyed_as_what_it_was_listed_for';
    END IF;
    IF reason <> '' THEN
        RAISE EXCEPTION '%', reason USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_number_is_destroyed_by_list() FROM PUBLIC;
CREATE TRIGGER number_is_destroyed_by_list BEFORE UPDATE ON vault.number
FOR EACH ROW WHEN (NEW.state = 'DESTROYED' AND OLD.state <> 'DESTROYED')
EXECUTE FUNCTION benefits_number_is_destroyed_by_list();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_destroyed_by_list;

-- Runs at COMMIT: no number that was in use is erased without its certificate.
CREATE FUNCTION benefits_number_destruction_is_certified() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM benefits_deletioncertificate c
                   WHERE c.person_id = NEW.person AND c.version = NEW.version AND c.issued_at >= NEW.typed_at) THEN
        RAISE EXCEPTION 'number_destruction_is_certified' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_destruction_is_certified AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'DESTROYED' AND OLD.state <> 'DESTROYED')
EXECUTE FUNCTION benefits_number_destruction_is_certified();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_destruction_is_certified;

-- The database numbers the certificates of a fiscal year without a gap, and says itself who stood behind the list.
CREATE FUNCTION benefits_certificate_is_numbered() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    listed record;
    reason text;
BEGIN
    -- one after another, so that none is skipped: a number that is not committed is given again
    PERFORM pg_advisory_xact_lock(5407);
    IF NEW.replayed_at IS NOT NULL THEN
        IF NOT accounts_is_owner() THEN
            RAISE EXCEPTION 'deletions_are_replayed_by_the_owner' USING ERRCODE = 'check_violation';
        END IF;
        NEW.replayed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    reason := benefits_why_not_destroy(NEW.person_id, NEW.version);
    IF reason <> '' THEN
        RAISE EXCEPTION '%', reason USING ERRCODE = 'check_violation';
    END IF;
    SELECT r.holding, r.basis, r.since_on, r.due_on, p.basis AS period_basis, l.id AS list_id,
           to_char(l.month, 'YYYY-MM') AS list_label, l.proposed_by_id, l.decided_by_id,
           one.display_name AS proposed_by_name, other.display_name AS approved_by_name
    INTO listed
    FROM benefits_deletionrow r JOIN benefits_deletionlist l ON l.id = r.deletion_list_id
    JOIN benefits_retentionperiod p ON p.id = r.period_id
    JOIN accounts_user one ON one.id = l.proposed_by_id JOIN accounts_user other ON other.id = l.decided_by_id
    WHERE r.person_id = NEW.person_id AND r.version = NEW.version AND r.outcome = '' AND l.state = 'APPROVED';
    NEW.issued_at := clock_timestamp();
    NEW.fiscal_year := extract(year FROM (NEW.issued_at AT TIME ZONE 'Asia/Tokyo') - interval '3 months');
    NEW.serial := 1 + coalesce((SELECT max(c.serial) FROM benefits_deletioncertificate c
                                WHERE c.fiscal_year = NEW.fiscal_year), 0);
    NEW.list_id := listed.list_id;
    NEW.list_label := listed.list_label;
    NEW.holding := listed.holding;
    NEW.basis := listed.basis;
    NEW.period_basis := listed.period_basis;
    NEW.since_on := listed.since_on;
    NEW.due_on := listed.due_on;
    NEW.proposed_by := listed.proposed_by_id;
    NEW.proposed_by_name := listed.proposed_by_name;
    NEW.approved_by := listed.decided_by_id;
    NEW.approved_by_name := listed.approved_by_name;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_certificate_is_numbered() FROM PUBLIC;
CREATE TRIGGER certificate_is_numbered BEFORE INSERT ON benefits_deletioncertificate
FOR EACH ROW EXECUTE FUNCTION benefits_certificate_is_numbered();
ALTER TABLE benefits_deletioncertificate ENABLE ALWAYS TRIGGER certificate_is_numbered;

CREATE FUNCTION benefits_certificate_is_never_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'certificate_is_never_changed' USING ERRCODE = 'restrict_violation';
END $$;
REVOKE ALL ON FUNCTION benefits_certificate_is_never_changed() FROM PUBLIC;
CREATE TRIGGER certificate_is_never_changed BEFORE UPDATE OR DELETE ON benefits_deletioncertificate
FOR EACH ROW EXECUTE FUNCTION benefits_certificate_is_never_changed();
ALTER TABLE benefits_deletioncertificate ENABLE ALWAYS TRIGGER certificate_is_never_changed;
CREATE TRIGGER certificates_are_never_truncated BEFORE TRUNCATE ON benefits_deletioncertificate
FOR EACH STATEMENT EXECUTE FUNCTION benefits_certificate_is_never_changed();
ALTER TABLE benefits_deletioncertificate ENABLE ALWAYS TRIGGER certificates_are_never_truncated;

-- Runs at COMMIT: a certificate tells the truth. What it names is erased, its row says so, and it is on record. A number
-- that was typed after the certificate was issued is not the one it names.
CREATE FUNCTION benefits_certificate_tells_the_truth() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    label text := NEW.fiscal_year || '-' || lpad(NEW.serial::text, 6, '0');
BEGIN
    IF EXISTS (SELECT 1 FROM vault.number n
               WHERE n.person = NEW.person_id AND n.version = NEW.version AND n.typed_at <= NEW.issued_at
                 AND (n.body IS NOT NULL OR EXISTS (
                     SELECT 1 FROM vault.wrapped_key w WHERE w.person = n.person AND w.version = n.version))) THEN
        RAISE EXCEPTION 'certificate_names_what_is_erased' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.replayed_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM benefits_deletionrow r
        WHERE r.deletion_list_id = NEW.list_id AND r.person_id = NEW.person_id AND r.version = NEW.version
          AND r.outcome = 'DESTROYED') THEN
        RAISE EXCEPTION 'certificate_closes_its_row' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person_id AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.details ->> 'certificate' = label AND e.details ->> 'version' = NEW.version::text
          AND CASE WHEN NEW.replayed_at IS NULL
                   THEN e.action = 'mynumber.number.destroyed' AND e.actor_id = NEW.approved_by
                   ELSE e.action = 'mynumber.number.destroyed_again' END
    ) THEN
        RAISE EXCEPTION 'certificate_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_certificate_tells_the_truth() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER certificate_tells_the_truth AFTER INSERT ON benefits_deletioncertificate
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_certificate_tells_the_truth();
ALTER TABLE benefits_deletioncertificate ENABLE ALWAYS TRIGGER certificate_tells_the_truth;

REVOKE ALL ON FUNCTION benefits_period_takes_two() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_period_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_hold_takes_two() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_hold_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_deletion_list_takes_two() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_deletion_list_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_deletion_row_stays() FROM PUBLIC;

-- What the product ships until the office has proposed its own: to be verified against the office's 文書管理規程.
INSERT INTO benefits_retentionperiod
    (programme, holding, years, months, counted_from, basis, valid_from, decided_at, outcome)
VALUES ('', '', 5, 0, 'FISCAL_YEAR_END',
        '府文書管理規程（支給認定に関する文書の保存期間5年）、番号法20条（要確認 verify）', '2016-01-01',
        clock_timestamp(), 'APPROVED');
-- let the guards speak now: indexes cannot be made while they wait
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

REMOVE = """
DROP TRIGGER number_destruction_is_certified ON vault.number;
DROP TRIGGER number_is_destroyed_by_list ON vault.number;
DROP TRIGGER certificate_tells_the_truth ON benefits_deletioncertificate;
DROP TRIGGER certificates_are_never_truncated ON benefits_deletioncertificate;
DROP TRIGGER certificate_is_never_changed ON benefits_deletioncertificate;
DROP TRIGGER certificate_is_numbered ON benefits_deletioncertificate;
DROP TRIGGER row_stays ON benefits_deletionrow;
DROP TRIGGER list_is_on_record ON benefits_deletionlist;
DROP TRIGGER list_takes_two ON benefits_deletionlist;
DROP TRIGGER hold_is_on_record ON benefits_deletionhold;
DROP TRIGGER hold_takes_two ON benefits_deletionhold;
DROP TRIGGER period_is_on_record ON benefits_retentionperiod;
DROP TRIGGER period_takes_two ON benefits_retentionperiod;
DROP FUNCTION benefits_number_destruction_is_certified();
DROP FUNCTION benefits_number_is_destroyed_by_list();
DROP FUNCTION benefits_certificate_tells_the_truth();
DROP FUNCTION benefits_certificate_is_never_changed();
DROP FUNCTION benefits_certificate_is_numbered();
DROP FUNCTION benefits_why_not_destroy(uuid, integer);
DROP FUNCTION benefits_deletion_row_stays();
DROP FUNCTION benefits_clock_allows(uuid, integer, text, bigint, date, date, date);
DROP FUNCTION benefits_deletion_list_is_on_record();
DROP FUNCTION benefits_deletion_list_takes_two();
DROP FUNCTION benefits_hold_is_on_record();
DROP FUNCTION benefits_hold_takes_two();
DROP FUNCTION benefits_period_is_on_record();
DROP FUNCTION benefits_period_takes_two();
DROP FUNCTION benefits_cases_of(uuid);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0009_showing"),
        ("mynumber", "0007_letting_go"),
        ("accounts", "0004_rights_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="DeletionCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fiscal_year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("serial", models.PositiveIntegerField(verbose_name="番号")),
                ("issued_at", models.DateTimeField(verbose_name="削除日時")),
                ("list_id", models.UUIDField(verbose_name="一覧")),
                ("list_label", models.CharField(max_length=20, verbose_name="対象月")),
                ("person_id", models.UUIDField(verbose_name="内部ID")),
                ("version", models.PositiveIntegerField(verbose_name="版")),
                ("kek_id", models.PositiveIntegerField(null=True, verbose_name="鍵の番号")),
                (
                    "holding",
                    models.CharField(
                        choices=[
                            ("PATIENT", "受診者の番号"),
                            ("GUARDIAN", "保護者の番号"),
                            ("MEMBER", "世帯員の番号"),
                            ("NOT_APPROVED", "認定に至らなかった番号"),
                            ("SUPERSEDED", "訂正前の番号"),
                        ],
                        max_length=20,
                        verbose_name="番号の種類",
                    ),
                ),
                ("basis", models.CharField(max_length=200, verbose_name="保有の根拠")),
                ("period_basis", models.CharField(max_length=200, verbose_name="削除の根拠")),
                ("since_on", models.DateField(verbose_name="起算の日")),
                ("due_on", models.DateField(verbose_name="保存期限")),
                ("proposed_by", models.BigIntegerField(verbose_name="申請した人")),
                ("proposed_by_name", models.CharField(max_length=160, verbose_name="申請した人の氏名")),
                ("approved_by", models.BigIntegerField(verbose_name="承認した人")),
                ("approved_by_name", models.CharField(max_length=160, verbose_name="承認した人の氏名")),
                ("replayed_at", models.DateTimeField(blank=True, null=True, verbose_name="復元後の再実行")),
            ],
            options={
                "verbose_name": "削除証明書",
                "verbose_name_plural": "削除証明書",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["list_id", "fiscal_year", "serial"], name="certificate_by_list"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("fiscal_year", "serial"), name="certificate_number_is_given_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("replayed_at__isnull", True)),
                        fields=("person_id", "version"),
                        name="number_is_destroyed_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("serial__gte", 1)), name="certificate_numbers_count_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("proposed_by", models.F("approved_by")), _negated=True),
                        name="certificate_names_two_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeletionHold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("APPEAL", "不服申立て（審査請求）"),
                            ("LAWSUIT", "訴訟"),
                            ("AUDIT", "監査・検査"),
                            ("DISCLOSURE", "開示請求"),
                        ],
                        max_length=20,
                        verbose_name="理由",
                    ),
                ),
                ("words", models.CharField(max_length=200, verbose_name="事由")),
                (
                    "set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="停止日時"
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="解除日時")),
                ("ended_words", models.CharField(blank=True, default="", max_length=200, verbose_name="解除の事由")),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="解除した人",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deletion_holds",
                        to="benefits.person",
                        verbose_name="対象",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="停止した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "削除の停止",
                "verbose_name_plural": "削除の停止",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)), fields=["person"], name="hold_in_force"
                    ),
                    models.Index(fields=["-set_at", "-id"], name="hold_by_time"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason__in", ["APPEAL", "LAWSUIT", "AUDIT", "DISCLOSURE"])),
                        name="hold_has_a_known_reason",
                    ),
                    models.CheckConstraint(condition=models.Q(("words", ""), _negated=True), name="hold_says_why"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="hold_end_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_words", "")),
                            models.Q(("ended_words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_end_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_by__isnull", True),
                            models.Q(("ended_by", models.F("set_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="hold_is_ended_by_somebody_else",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeletionList",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("month", models.DateField(verbose_name="対象月")),
                ("as_of", models.DateField(verbose_name="基準日")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("MAKING", "作成中"),
                            ("DRAFT", "確認中"),
                            ("PROPOSED", "承認待ち"),
                            ("APPROVED", "削除中"),
                            ("DONE", "削除済み"),
                            ("REJECTED", "却下"),
                            ("EMPTY", "該当なし"),
                        ],
                        default="MAKING",
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1, verbose_name="版")),
                ("looked_until", models.UUIDField(blank=True, editable=False, null=True)),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="作成日時"
                    ),
                ),
                ("proposed_at", models.DateTimeField(blank=True, null=True, verbose_name="申請日時")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "decision_reason",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="却下の理由"),
                ),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="完了日時")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決定した人",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="作成した人",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申請した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "削除対象一覧",
                "verbose_name_plural": "削除対象一覧",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["-month", "-made_at", "-id"], name="deletion_list_by_month"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["MAKING", "DRAFT", "PROPOSED", "APPROVED", "DONE", "REJECTED", "EMPTY"])
                        ),
                        name="list_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("proposed_at__isnull", False), ("proposed_by__isnull", False)),
                            models.Q(("proposed_at__isnull", True), ("proposed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="list_proposal_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="list_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_by__isnull", True),
                                ("proposed_by__isnull", True),
                                ("state__in", ["MAKING", "DRAFT", "EMPTY"]),
                            ),
                            models.Q(
                                ("decided_by__isnull", True), ("proposed_by__isnull", False), ("state", "PROPOSED")
                            ),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("proposed_by__isnull", False),
                                ("state__in", ["APPROVED", "DONE", "REJECTED"]),
                            ),
                            _connector="OR",
                        ),
                        name="list_is_proposed_before_it_is_decided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="list_is_decided_by_a_second_person",
                        violation_error_message="自分が申請した一覧は、自分では承認も却下もできません。",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "REJECTED"), _negated=True),
                            models.Q(("decision_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="list_rejection_says_why",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["MAKING", "DRAFT", "PROPOSED", "APPROVED"])),
                        fields=("month",),
                        name="one_deletion_list_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RetentionPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "programme",
                    models.CharField(
                        blank=True,
                        choices=[("NANBYO", "特定医療費（指定難病）")],
                        default="",
                        max_length=20,
                        verbose_name="制度",
                    ),
                ),
                (
                    "holding",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PATIENT", "受診者の番号"),
                            ("GUARDIAN", "保護者の番号"),
                            ("MEMBER", "世帯員の番号"),
                            ("NOT_APPROVED", "認定に至らなかった番号"),
                            ("SUPERSEDED", "訂正前の番号"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="番号の種類",
                    ),
                ),
                ("years", models.PositiveSmallIntegerField(default=0, verbose_name="年")),
                ("months", models.PositiveSmallIntegerField(default=0, verbose_name="月")),
                (
                    "counted_from",
                    models.CharField(
                        choices=[
                            ("DAY", "その日の翌日から"),
                            ("FISCAL_YEAR_END", "その日の属する年度の翌年度の初日から"),
                        ],
                        max_length=20,
                        verbose_name="起算",
                    ),
                ),
                ("basis", models.CharField(max_length=200, verbose_name="根拠")),
                ("valid_from", models.DateField(verbose_name="適用開始日")),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="申請日時"
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決定した人",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申請した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "保存期間",
                "verbose_name_plural": "保存期間",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("holding__in", ["", "PATIENT", "GUARDIAN", "MEMBER", "NOT_APPROVED", "SUPERSEDED"])
                        ),
                        name="period_is_for_a_known_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("programme__in", ["", "NANBYO"])), name="period_is_for_a_known_programme"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("years__gt", 0), ("months__gt", 0), _connector="OR"),
                            ("months__lte", 11),
                            ("years__lte", 100),
                        ),
                        name="period_is_some_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("counted_from__in", ["DAY", "FISCAL_YEAR_END"])),
                        name="period_counts_from_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis", ""), _negated=True), name="period_has_a_legal_basis"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                        name="period_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome", ""), ("decided_at__isnull", False), _connector="XOR"),
                        name="period_decision_is_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_by__isnull", True),
                            models.Q(("decided_by__isnull", True), ("outcome", "")),
                            models.Q(("outcome", "WITHDRAWN"), ("decided_by", models.F("proposed_by"))),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("outcome__in", ["APPROVED", "REJECTED"]),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="period_is_decided_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeletionRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person_id", models.UUIDField(verbose_name="内部ID")),
                ("version", models.PositiveIntegerField(verbose_name="版")),
                (
                    "recipient_number",
                    models.CharField(blank=True, max_length=20, verbose_name="受給者番号（または受付番号）"),
                ),
                (
                    "holding",
                    models.CharField(
                        choices=[
                            ("PATIENT", "受診者の番号"),
                            ("GUARDIAN", "保護者の番号"),
                            ("MEMBER", "世帯員の番号"),
                            ("NOT_APPROVED", "認定に至らなかった番号"),
                            ("SUPERSEDED", "訂正前の番号"),
                        ],
                        max_length=20,
                        verbose_name="番号の種類",
                    ),
                ),
                ("basis", models.CharField(max_length=200, verbose_name="保有の根拠")),
                ("since_on", models.DateField(verbose_name="起算の日")),
                ("due_on", models.DateField(verbose_name="保存期限")),
                ("why", models.CharField(max_length=300, verbose_name="理由")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("EXCLUDED", "除外"), ("DROPPED", "対象外になった"), ("DESTROYED", "削除済み")],
                        default="",
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "outcome_words",
                    models.CharField(blank=True, default="", max_length=200, verbose_name="除外・対象外の理由"),
                ),
                (
                    "deletion_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="benefits.deletionlist"
                    ),
                ),
                (
                    "excluded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="除外した人",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.retentionperiod",
                        verbose_name="保存期間",
                    ),
                ),
            ],
            options={
                "verbose_name": "削除対象",
                "verbose_name_plural": "削除対象",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")),
                        fields=["deletion_list", "id"],
                        name="deletion_row_waiting",
                    ),
                    models.Index(fields=["deletion_list", "id"], name="deletion_row_by_list"),
                    models.Index(
                        condition=models.Q(("outcome", "")),
                        fields=["person_id", "version"],
                        name="deletion_row_by_number",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deletion_list", "person_id", "version"), name="number_is_listed_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "EXCLUDED", "DROPPED", "DESTROYED"])),
                        name="row_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("holding__in", ["PATIENT", "GUARDIAN", "MEMBER", "NOT_APPROVED", "SUPERSEDED"])
                        ),
                        name="row_is_of_a_known_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("since_on__lte", models.F("due_on"))),
                        name="row_is_not_due_before_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("excluded_by__isnull", False), ("outcome", "EXCLUDED")),
                            models.Q(models.Q(("outcome", "EXCLUDED"), _negated=True), ("excluded_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="row_exclusion_is_signed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome__in", ["EXCLUDED", "DROPPED"]),
                                models.Q(("outcome_words", ""), _negated=True),
                            ),
                            models.Q(("outcome__in", ["", "DESTROYED"]), ("outcome_words", "")),
                            _connector="OR",
                        ),
                        name="row_left_out_says_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]

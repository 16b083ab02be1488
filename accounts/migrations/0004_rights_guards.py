"""Guards that hold for raw SQL too: two voices for every right, nobody's own, no conflicting duties, all on record.

What the office is set up with, by whoever owns the tables, needs no proposal; conflicting duties are refused to
the owner as well.
"""

from typing import ClassVar

from django.db import migrations

from accounts.roles import CONFLICTS

PAIRS = ", ".join(sorted(f"('{min(pair)}', '{max(pair)}')" for pair in CONFLICTS))

INSTALL = """
-- Whether somebody holds a duty today. Where they sit is not asked here: the application knows that, not the database.
CREATE FUNCTION accounts_holds(p_user bigint, p_role text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM accounts_user u JOIN accounts_roleassignment r ON r.user_id = u.id
        CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date AS today) t
        WHERE u.id = p_user AND u.is_active AND coalesce(u.valid_until >= t.today, true) AND r.role = p_role
          AND r.suspended_at IS NULL AND r.starts_on <= t.today
          AND coalesce(r.ends_on >= t.today, true) AND coalesce(r.ended_on >= t.today, true));
$$;
REVOKE ALL ON FUNCTION accounts_holds(bigint, text) FROM PUBLIC;

-- Two duties that nobody may hold together; accounts/roles.py has the same list.
CREATE FUNCTION accounts_conflict(p_one text, p_other text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (least(p_one COLLATE "C", p_other COLLATE "C"), greatest(p_one COLLATE "C", p_other COLLATE "C"))
           IN (VALUES __PAIRS__);
$$;
REVOKE ALL ON FUNCTION accounts_conflict(text, text) FROM PUBLIC;

-- Whether the speaker owns the tables: setting an office up, migrating.
CREATE FUNCTION accounts_is_owner() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_has_role(session_user, (SELECT c.relowner FROM pg_class c
                                      WHERE c.oid = 'public.accounts_user'::regclass), 'USAGE');
$$;
REVOKE ALL ON FUNCTION accounts_is_owner() FROM PUBLIC;

ALTER TABLE accounts_proposal ADD COLUMN decided_xid xid8;

CREATE FUNCTION accounts_proposal_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date;
BEGIN
    -- Whoever lost a right a moment ago must be seen to have lost it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rights_change_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.decided_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'proposal_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.proposed_by_id, 'USER_ADMINISTRATOR') AND NOT (
            NEW.kind = 'END' AND accounts_holds(NEW.proposed_by_id, 'SECTION_HEAD')
            AND EXISTS (SELECT 1 FROM accounts_accessanswer a WHERE a.assignment_id = NEW.assignment_id
                        AND a.answered_by_id = NEW.proposed_by_id AND a.answer IN ('END', 'CHANGE'))
        ) THEN
            RAISE EXCEPTION 'proposal_is_made_by_a_user_administrator' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.assignment_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM accounts_roleassignment r WHERE r.id = NEW.assignment_id AND r.user_id = NEW.user_id
        ) THEN
            RAISE EXCEPTION 'proposal_ends_a_right_of_its_person' USING ERRCODE = 'check_violation';
        END IF;
        -- Nothing is dated back; a right can end with yesterday, which is at once.
        today := (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date;
        IF NEW.kind = 'GRANT' AND NEW.starts_on < today OR NEW.kind = 'END' AND NEW.ends_on < today - 1
           OR NEW.kind IN ('HIRE', 'STOP', 'RESUME') AND NEW.ends_on < today THEN
            RAISE EXCEPTION 'proposal_is_not_dated_back' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    -- A hire is named once its person is there.
    IF OLD.outcome = 'APPROVED' AND OLD.kind = 'HIRE' AND OLD.user_id IS NULL AND NEW.user_id IS NOT NULL
       AND OLD.decided_xid = pg_current_xact_id()
       AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'proposal_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decision_reason', 'decided_xid']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decision_reason', 'decided_xid'] THEN
        RAISE EXCEPTION 'proposal_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('APPROVED', 'REJECTED') AND NOT accounts_holds(NEW.decided_by_id, 'USER_ADMINISTRATOR') THEN
        RAISE EXCEPTION 'proposal_is_decided_by_a_user_administrator' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    NEW.decided_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_proposal_takes_two() FROM PUBLIC;
CREATE TRIGGER proposal_takes_two BEFORE INSERT OR UPDATE ON accounts_proposal
FOR EACH ROW EXECUTE FUNCTION accounts_proposal_takes_two();
ALTER TABLE accounts_proposal ENABLE ALWAYS TRIGGER proposal_takes_two;

-- Runs at COMMIT: no proposal and no decision without its entry, in the name of whoever took the step.
CREATE FUNCTION accounts_proposal_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'accounts.proposal' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE'
          AND e.action = 'accounts.proposal.' || CASE WHEN TG_OP = 'INSERT' THEN 'made' ELSE lower(NEW.outcome) END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END
    ) THEN
        RAISE EXCEPTION 'proposal_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_proposal_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER proposal_is_on_record AFTER INSERT OR UPDATE ON accounts_proposal
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_proposal_is_on_record();
ALTER TABLE accounts_proposal ENABLE ALWAYS TRIGGER proposal_is_on_record;

CREATE FUNCTION accounts_right_follows_a_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    other text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF accounts_is_owner() THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'right_is_ended_and_never_deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - ARRAY['ended_on', 'ended_by_id', 'suspended_at', 'last_used_on']
           <> to_jsonb(OLD) - ARRAY['ended_on', 'ended_by_id', 'suspended_at', 'last_used_on'] THEN
            RAISE EXCEPTION 'right_is_ended_and_never_changed' USING ERRCODE = 'check_violation';
        END IF;
        IF accounts_is_owner() THEN
            RETURN NEW;
        END IF;
        IF (NEW.ended_on, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_on, OLD.ended_by_id) AND NOT EXISTS (
            SELECT 1 FROM accounts_proposal p
            WHERE p.id = NEW.ended_by_id AND p.kind = 'END' AND p.outcome = 'APPROVED' AND p.assignment_id = NEW.id
              AND p.ends_on = NEW.ended_on AND p.decided_xid = pg_current_xact_id()
        ) THEN
            RAISE EXCEPTION 'right_ends_by_proposal' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.ended_by_id IS NOT NULL AND (NEW.ended_on, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_on, OLD.ended_by_id)
        THEN
            RAISE EXCEPTION 'right_ends_once' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.suspended_at IS DISTINCT FROM OLD.suspended_at AND NOT (
            OLD.suspended_at IS NULL AND EXISTS (
                SELECT 1 FROM accounts_accessanswer a JOIN accounts_accessreview v ON v.id = a.review_id
                WHERE a.assignment_id = NEW.id AND a.answer = '' AND v.closed_at IS NULL
                  AND v.due_on < (now() AT TIME ZONE 'Asia/Tokyo')::date)
        ) THEN
            RAISE EXCEPTION 'right_is_suspended_by_an_unanswered_review' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    -- One after another for one person: two rights given at once must see each other.
    -- A transaction that sees the world as it was would not.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rights_change_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM accounts_user u WHERE u.id = NEW.user_id FOR NO KEY UPDATE;
    SELECT r.role INTO other FROM accounts_roleassignment r
    WHERE r.user_id = NEW.user_id AND r.suspended_at IS NULL
      AND (accounts_conflict(r.role, NEW.role)
           OR (r.role, r.office, r.programme, r.network) = (NEW.role, NEW.office, NEW.programme, NEW.network))
      AND r.starts_on <= coalesce(NEW.ends_on, 'infinity')
      AND NEW.starts_on <= coalesce(least(r.ends_on, r.ended_on), 'infinity')
      AND r.starts_on <= coalesce(least(r.ends_on, r.ended_on), 'infinity')
    LIMIT 1;
    IF FOUND AND other <> NEW.role THEN
        RAISE EXCEPTION 'roles_of_one_person_do_not_conflict' USING ERRCODE = 'check_violation';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'role_is_given_once' USING ERRCODE = 'unique_violation';
    END IF;
    IF NEW.ended_on IS NOT NULL OR NEW.suspended_at IS NOT NULL THEN
        RAISE EXCEPTION 'right_begins_in_force' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.proposal_id IS NULL AND accounts_is_owner() THEN
        RETURN NEW;
    END IF;
    NEW.given_at := clock_timestamp();
    NEW.last_used_on := NULL;
    IF NOT EXISTS (
        SELECT 1 FROM accounts_proposal p
        WHERE p.id = NEW.proposal_id AND p.kind = 'GRANT' AND p.outcome = 'APPROVED' AND p.user_id = NEW.user_id
          AND p.decided_xid = pg_current_xact_id()
          AND (p.role, p.office, p.programme, p.network, p.starts_on)
              = (NEW.role, NEW.office, NEW.programme, NEW.network, NEW.starts_on)
          AND p.ends_on IS NOT DISTINCT FROM NEW.ends_on
    ) THEN
        RAISE EXCEPTION 'right_follows_a_proposal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_right_follows_a_proposal() FROM PUBLIC;
CREATE TRIGGER right_follows_a_proposal BEFORE INSERT OR UPDATE OR DELETE ON accounts_roleassignment
FOR EACH ROW EXECUTE FUNCTION accounts_right_follows_a_proposal();
ALTER TABLE accounts_roleassignment ENABLE ALWAYS TRIGGER right_follows_a_proposal;

CREATE FUNCTION accounts_person_changes_by_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF accounts_is_owner() THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- Nobody is hired with a password that somebody knows: it is printed afterwards, on record.
        IF NEW.is_emergency OR NEW.password NOT LIKE '!%' OR NOT NEW.is_active OR NOT EXISTS (
            SELECT 1 FROM accounts_proposal p
            WHERE p.kind = 'HIRE' AND p.outcome = 'APPROVED' AND p.user_id IS NULL AND p.login_id = NEW.login_id
              AND p.display_name = NEW.display_name AND p.section = NEW.section
              AND p.ends_on IS NOT DISTINCT FROM NEW.valid_until AND p.decided_xid = pg_current_xact_id()
        ) THEN
            RAISE EXCEPTION 'person_is_hired_by_proposal' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.login_id, NEW.joined_at, NEW.is_emergency, NEW.key_handle)
       IS DISTINCT FROM (OLD.id, OLD.login_id, OLD.joined_at, OLD.is_emergency, OLD.key_handle) THEN
        RAISE EXCEPTION 'person_stays_who_they_are' USING ERRCODE = 'check_violation';
    END IF;
    -- An emergency account changes its own password and nothing else; the rest is the tables' owner's.
    IF OLD.is_emergency AND (NEW.is_active, NEW.valid_until, NEW.temporary_until, NEW.enrolment_digest, NEW.enrolment_until)
       IS DISTINCT FROM (OLD.is_active, OLD.valid_until, OLD.temporary_until, OLD.enrolment_digest, OLD.enrolment_until)
    THEN
        RAISE EXCEPTION 'emergency_account_is_the_owners' USING ERRCODE = 'check_violation';
    END IF;
    -- One entry explains one thing: who somebody is, whether they may come, or what they prove it with.
    IF ((NEW.display_name, NEW.section) IS DISTINCT FROM (OLD.display_name, OLD.section))::integer
       + (NEW.is_active IS DISTINCT FROM OLD.is_active)::integer
       + (NEW.password IS DISTINCT FROM OLD.password)::integer > 1 THEN
        RAISE EXCEPTION 'person_changes_one_thing_at_a_time' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.display_name, NEW.section) IS DISTINCT FROM (OLD.display_name, OLD.section) AND NOT EXISTS (
        SELECT 1 FROM accounts_proposal p
        WHERE p.kind = 'MOVE' AND p.outcome = 'APPROVED' AND p.user_id = NEW.id
          AND (p.display_name, p.section) = (NEW.display_name, NEW.section) AND p.decided_xid = pg_current_xact_id()
    ) THEN
        RAISE EXCEPTION 'person_moves_by_proposal' USING ERRCODE = 'check_violation';
    END IF;
    -- Stopping somebody at once takes one administrator and an entry (below, at COMMIT); letting them back takes two.
    IF (NEW.is_active AND NOT OLD.is_active OR NEW.valid_until IS DISTINCT FROM OLD.valid_until) AND NOT EXISTS (
        SELECT 1 FROM accounts_proposal p
        WHERE p.outcome = 'APPROVED' AND p.user_id = NEW.id AND p.decided_xid = pg_current_xact_id()
          AND p.ends_on IS NOT DISTINCT FROM NEW.valid_until
          AND (p.kind = 'RESUME' OR p.kind = 'STOP' AND NEW.is_active = OLD.is_active
               AND NEW.valid_until < coalesce(OLD.valid_until, 'infinity'))
    ) THEN
        RAISE EXCEPTION 'person_returns_by_proposal' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_person_changes_by_proposal() FROM PUBLIC;
CREATE TRIGGER person_changes_by_proposal BEFORE INSERT OR UPDATE ON accounts_user
FOR EACH ROW EXECUTE FUNCTION accounts_person_changes_by_proposal();
ALTER TABLE accounts_user ENABLE ALWAYS TRIGGER person_changes_by_proposal;

-- Runs at COMMIT: a password or a standing that changed has an entry about that person in the same transaction.
CREATE FUNCTION accounts_person_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT accounts_is_owner() AND NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'accounts.user' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.actor_id IS NOT NULL
          AND CASE WHEN OLD.is_active IS DISTINCT FROM NEW.is_active
                   THEN e.action IN ('accounts.staff.stopped', 'accounts.staff.resumed')
                        AND e.actor_id <> NEW.id AND accounts_holds(e.actor_id, 'USER_ADMINISTRATOR')
                   WHEN (OLD.display_name, OLD.section) IS DISTINCT FROM (NEW.display_name, NEW.section)
                   THEN e.action = 'accounts.staff.moved'
                   ELSE e.action IN ('accounts.password.changed', 'accounts.password.compromised',
                                     'accounts.slip.printed', 'accounts.staff.reset') END
    ) THEN
        RAISE EXCEPTION 'person_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_person_change_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER person_change_is_on_record AFTER UPDATE ON accounts_user
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (OLD.password IS DISTINCT FROM NEW.password OR OLD.is_active IS DISTINCT FROM NEW.is_active
      OR OLD.password_changed_at IS DISTINCT FROM NEW.password_changed_at
      OR OLD.must_change_password IS DISTINCT FROM NEW.must_change_password
      OR OLD.temporary_until IS DISTINCT FROM NEW.temporary_until
      OR OLD.enrolment_digest IS DISTINCT FROM NEW.enrolment_digest
      OR NEW.enrolment_until IS NOT NULL AND OLD.enrolment_until IS DISTINCT FROM NEW.enrolment_until
      OR OLD.display_name IS DISTINCT FROM NEW.display_name OR OLD.section IS DISTINCT FROM NEW.section)
EXECUTE FUNCTION accounts_person_change_is_on_record();
ALTER TABLE accounts_user ENABLE ALWAYS TRIGGER person_change_is_on_record;

-- Runs at COMMIT: when a user administrator goes, now or from a day on, another one is there the day after.
CREATE FUNCTION accounts_office_keeps_a_user_administrator() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date;
    last_day date;
BEGIN
    IF accounts_is_owner() THEN
        RETURN NULL;
    END IF;
    -- Somebody without the duty goes: nothing is lost.
    IF TG_TABLE_NAME = 'accounts_user' AND NOT EXISTS (
        SELECT 1 FROM accounts_roleassignment r
        WHERE r.user_id = NEW.id AND r.role = 'USER_ADMINISTRATOR' AND r.suspended_at IS NULL
          AND coalesce(least(r.ends_on, r.ended_on) >= today, true)
    ) THEN
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'rights_change_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    -- One such change at a time: two that each leave the other's administrator must see each other.
    PERFORM pg_advisory_xact_lock(5403);
    IF TG_TABLE_NAME = 'accounts_user' THEN
        last_day := CASE WHEN to_jsonb(NEW) ->> 'is_active' = 'true' THEN (to_jsonb(NEW) ->> 'valid_until')::date END;
        IF to_jsonb(NEW) ->> 'is_active' = 'true' AND last_day IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        last_day := (to_jsonb(NEW) ->> 'ended_on')::date;
        IF to_jsonb(NEW) ->> 'suspended_at' IS NOT NULL THEN
            last_day := NULL;
        END IF;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM accounts_user u JOIN accounts_roleassignment r ON r.user_id = u.id
        CROSS JOIN LATERAL (SELECT greatest(last_day + 1, today) AS day) t
        WHERE NOT u.is_emergency AND u.is_active AND coalesce(u.valid_until >= t.day, true)
          AND r.role = 'USER_ADMINISTRATOR' AND r.suspended_at IS NULL AND r.starts_on <= t.day
          AND coalesce(least(r.ends_on, r.ended_on) >= t.day, true)
    ) THEN
        RAISE EXCEPTION 'office_keeps_a_user_administrator' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_office_keeps_a_user_administrator() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER office_keeps_a_user_administrator AFTER UPDATE ON accounts_roleassignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.role = 'USER_ADMINISTRATOR' AND (OLD.ended_on IS DISTINCT FROM NEW.ended_on
      OR OLD.suspended_at IS DISTINCT FROM NEW.suspended_at))
EXECUTE FUNCTION accounts_office_keeps_a_user_administrator();
ALTER TABLE accounts_roleassignment ENABLE ALWAYS TRIGGER office_keeps_a_user_administrator;
CREATE CONSTRAINT TRIGGER office_keeps_a_user_administrator AFTER UPDATE ON accounts_user
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (OLD.is_active AND NOT NEW.is_active OR OLD.valid_until IS DISTINCT FROM NEW.valid_until)
EXECUTE FUNCTION accounts_office_keeps_a_user_administrator();
ALTER TABLE accounts_user ENABLE ALWAYS TRIGGER office_keeps_a_user_administrator;

-- Runs at COMMIT: a factor is added, replaced or taken away only with an entry about its owner.
CREATE FUNCTION accounts_factor_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
BEGIN
    IF NOT accounts_is_owner() AND NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = whose::text AND e.subject_kind = 'accounts.user' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.actor_id IS NOT NULL AND e.action LIKE 'accounts.factor.%'
    ) THEN
        RAISE EXCEPTION 'factor_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_factor_change_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER code_device_change_is_on_record AFTER INSERT OR DELETE OR UPDATE OF user_id, sealed_seed, confirmed
ON accounts_codedevice DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION accounts_factor_change_is_on_record();
ALTER TABLE accounts_codedevice ENABLE ALWAYS TRIGGER code_device_change_is_on_record;
CREATE CONSTRAINT TRIGGER security_key_change_is_on_record AFTER INSERT OR DELETE OR UPDATE OF user_id, credential, credential_id
ON accounts_securitykey DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION accounts_factor_change_is_on_record();
ALTER TABLE accounts_securitykey ENABLE ALWAYS TRIGGER security_key_change_is_on_record;
CREATE CONSTRAINT TRIGGER recovery_sheet_change_is_on_record AFTER INSERT OR DELETE ON accounts_recoverysheet
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_factor_change_is_on_record();
ALTER TABLE accounts_recoverysheet ENABLE ALWAYS TRIGGER recovery_sheet_change_is_on_record;
""".replace("__PAIRS__", PAIRS)

REMOVE = """
DROP TRIGGER recovery_sheet_change_is_on_record ON accounts_recoverysheet;
DROP TRIGGER security_key_change_is_on_record ON accounts_securitykey;
DROP TRIGGER code_device_change_is_on_record ON accounts_codedevice;
DROP FUNCTION accounts_factor_change_is_on_record();
DROP TRIGGER office_keeps_a_user_administrator ON accounts_user;
DROP TRIGGER office_keeps_a_user_administrator ON accounts_roleassignment;
DROP FUNCTION accounts_office_keeps_a_user_administrator();
DROP TRIGGER person_change_is_on_record ON accounts_user;
DROP FUNCTION accounts_person_change_is_on_record();
DROP TRIGGER person_changes_by_proposal ON accounts_user;
DROP FUNCTION accounts_person_changes_by_proposal();
DROP TRIGGER right_follows_a_proposal ON accounts_roleassignment;
DROP FUNCTION accounts_right_follows_a_proposal();
DROP TRIGGER proposal_is_on_record ON accounts_proposal;
DROP FUNCTION accounts_proposal_is_on_record();
DROP TRIGGER proposal_takes_two ON accounts_proposal;
DROP FUNCTION accounts_proposal_takes_two();
ALTER TABLE accounts_proposal DROP COLUMN decided_xid;
DROP FUNCTION accounts_is_owner();
DROP FUNCTION accounts_conflict(text, text);
DROP FUNCTION accounts_holds(bigint, text);
"""

# The record's check of who may be shown a number asks whether the duty is in force, not whether it ever was given.
REVEAL_IN_FORCE = """
CREATE OR REPLACE FUNCTION accounts_event_actor_is_real() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    actor record;
BEGIN
    IF NEW.actor_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT u.display_name INTO actor FROM accounts_user u WHERE u.id = NEW.actor_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event_actor_is_real' USING ERRCODE = 'check_violation';
    END IF;
    NEW.actor_name := actor.display_name;
    IF NEW.action = 'mynumber.number.revealed' AND NOT accounts_holds(NEW.actor_id, 'NUMBER_VIEWER') THEN
        RAISE EXCEPTION 'event_reveal_is_by_a_number_viewer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

REVEAL_AS_GIVEN = """
CREATE OR REPLACE FUNCTION accounts_event_actor_is_real() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    actor record;
BEGIN
    IF NEW.actor_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT u.display_name, u.is_active INTO actor FROM accounts_user u WHERE u.id = NEW.actor_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event_actor_is_real' USING ERRCODE = 'check_violation';
    END IF;
    NEW.actor_name := actor.display_name;
    IF NEW.action = 'mynumber.number.revealed' AND NOT (
        actor.is_active AND EXISTS (
            SELECT 1 FROM accounts_roleassignment r WHERE r.user_id = NEW.actor_id AND r.role = 'NUMBER_VIEWER')
    ) THEN
        RAISE EXCEPTION 'event_reveal_is_by_a_number_viewer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0003_people_and_rights"), ("audit", "0002_append_only")]

    operations: ClassVar = [
        migrations.RunSQL(INSTALL, REMOVE),
        migrations.RunSQL(REVEAL_IN_FORCE, REVEAL_AS_GIVEN),
    ]

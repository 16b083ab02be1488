"""Guards that hold for raw SQL too: who decides, what follows what, what was approved, and that it is on record."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE SEQUENCE benefits_receipt_number;
CREATE SEQUENCE benefits_recipient_serial MAXVALUE 999999;

ALTER TABLE benefits_application
    ADD CONSTRAINT application_is_not_decided_by_anyone_who_typed_it
        CHECK (decided_by_id IS NULL OR NOT (decided_by_id = ANY (editor_ids))),
    ADD CONSTRAINT application_names_everyone_who_typed_it
        CHECK (created_by_id = ANY (editor_ids) AND edited_by_id = ANY (editor_ids)
               AND (submitted_by_id IS NULL OR submitted_by_id = ANY (editor_ids))),
    ADD CONSTRAINT application_approval_matches_its_content
        CHECK (approved_sha256 IS NULL OR approved_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex'));

CREATE FUNCTION benefits_application_begins_as_a_draft() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.status <> 'DRAFT' OR NEW.revision <> 1 OR NEW.submission <> 0 OR NEW.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'application_begins_as_a_draft' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION benefits_application_moves_by_the_table() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status IN ('APPROVED', 'WITHDRAWN') THEN
        RAISE EXCEPTION 'application_is_final' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('DRAFT', 'SUBMITTED'), ('RETURNED', 'SUBMITTED'), ('SUBMITTED', 'DRAFT'), ('DRAFT', 'WITHDRAWN'),
        ('RETURNED', 'WITHDRAWN'), ('SUBMITTED', 'RETURNED'), ('SUBMITTED', 'APPROVED')
    ) THEN
        RAISE EXCEPTION 'application_moves_by_the_table' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.receipt_number, NEW.person_id, NEW.created_by_id, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.receipt_number, OLD.person_id, OLD.created_by_id, OLD.created_at) THEN
        RAISE EXCEPTION 'application_keeps_its_origin' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'application_revision_counts_every_change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.submission <> OLD.submission + (NEW.status = 'SUBMITTED')::integer THEN
        RAISE EXCEPTION 'application_submissions_are_counted' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.editor_ids @> OLD.editor_ids THEN
        RAISE EXCEPTION 'application_names_everyone_who_typed_it' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status NOT IN ('DRAFT', 'RETURNED') AND
        (NEW.entry, NEW.content, NEW.patient_name, NEW.patient_kana, NEW.number_version, NEW.edited_by_id,
         NEW.edited_at, NEW.submitted_by_id, NEW.submitted_at)
        IS DISTINCT FROM
        (OLD.entry, OLD.content, OLD.patient_name, OLD.patient_kana, OLD.number_version, OLD.edited_by_id,
         OLD.edited_at, OLD.submitted_by_id, OLD.submitted_at) THEN
        RAISE EXCEPTION 'application_content_is_fixed_once_submitted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Runs at COMMIT: no change of an application without its entry in the record, written in the same transaction;
-- no approval without its certification, its decider's name on the entry, and the confirmed number it names.
CREATE FUNCTION benefits_application_step_is_on_record() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted text;
    whose bigint;
BEGIN
    -- What the entry must be called, and whose it must be: whoever the row says took the step.
    IF TG_OP = 'INSERT' OR NEW.status = OLD.status THEN
        wanted := 'benefits.application.saved';
        whose := NEW.edited_by_id;
    ELSIF NEW.status = 'SUBMITTED' THEN
        wanted := 'benefits.application.submitted';
        whose := NEW.submitted_by_id;
    ELSIF NEW.status = 'DRAFT' THEN
        wanted := 'benefits.application.pulled_back';
        whose := NEW.submitted_by_id;
    ELSIF NEW.status = 'APPROVED' THEN
        wanted := 'benefits.application.approved';
        whose := NEW.decided_by_id;
    ELSE
        wanted := 'benefits.application.' || lower(NEW.status);
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.application'
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = wanted
          AND e.actor_id = coalesce(whose, e.actor_id)
          AND e.details ->> 'revision' = NEW.revision::text AND e.details ->> 'status' = NEW.status
          AND (NEW.status <> 'APPROVED' OR e.details ->> 'fingerprint' = NEW.approved_sha256)
    ) THEN
        RAISE EXCEPTION 'application_step_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'APPROVED' THEN
        IF NOT EXISTS (SELECT 1 FROM accounts_user u JOIN accounts_roleassignment r ON r.user_id = u.id
                       WHERE u.id = NEW.decided_by_id AND u.is_active AND r.role = 'CHECKER') THEN
            RAISE EXCEPTION 'application_is_decided_by_a_checker' USING ERRCODE = 'check_violation';
        END IF;
        -- Every filled-in box ticked by the decider for this submission, and one tick for the empty ones.
        IF NOT EXISTS (
            SELECT 1 FROM benefits_review r
            WHERE r.application_id = NEW.id AND r.submission = NEW.submission AND r.checker_id = NEW.decided_by_id
              AND NOT EXISTS (
                  SELECT 1 FROM jsonb_each(NEW.content::jsonb -> 'form') box
                  WHERE NOT CASE WHEN box.value IN ('""', 'null', '[]') THEN 'blanks' ELSE box.key END
                        = ANY (r.ticked))
        ) THEN
            RAISE EXCEPTION 'application_is_compared_before_approval' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM benefits_certification c
                       WHERE c.application_id = NEW.id AND c.person_id = NEW.person_id
                         AND c.decided_by_id = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'application_approval_certifies' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.content::jsonb -> 'number' ->> 'version') IS DISTINCT FROM NEW.number_version::text THEN
            RAISE EXCEPTION 'application_number_is_the_one_submitted' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.number_version IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM vault.standing(NEW.person_id) n
            WHERE n.version = NEW.number_version AND n.state = 'IN_USE' AND NOT n.confirmed_by = ANY (NEW.editor_ids)
        ) THEN
            RAISE EXCEPTION 'application_number_is_confirmed_by_somebody_else' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Who somebody is is written by an approval and by nothing else; later changes come by applications of their own.
CREATE FUNCTION benefits_person_is_registered_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.registered_at IS NOT NULL THEN
        RAISE EXCEPTION 'person_is_registered_once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Runs at COMMIT.
CREATE FUNCTION benefits_person_is_registered_by_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM benefits_application a
        WHERE a.person_id = NEW.id AND a.status = 'APPROVED' AND a.decided_by_id = NEW.registered_by_id
    ) THEN
        RAISE EXCEPTION 'person_is_registered_by_approval' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER person_is_registered_once BEFORE UPDATE ON benefits_person
FOR EACH ROW EXECUTE FUNCTION benefits_person_is_registered_once();
CREATE CONSTRAINT TRIGGER person_is_registered_by_approval AFTER INSERT OR UPDATE ON benefits_person
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.registered_at IS NOT NULL)
EXECUTE FUNCTION benefits_person_is_registered_by_approval();
ALTER TABLE benefits_person ENABLE ALWAYS TRIGGER person_is_registered_once;
ALTER TABLE benefits_person ENABLE ALWAYS TRIGGER person_is_registered_by_approval;

CREATE TRIGGER application_begins_as_a_draft BEFORE INSERT ON benefits_application
FOR EACH ROW EXECUTE FUNCTION benefits_application_begins_as_a_draft();
CREATE TRIGGER application_moves_by_the_table BEFORE UPDATE ON benefits_application
FOR EACH ROW EXECUTE FUNCTION benefits_application_moves_by_the_table();
CREATE CONSTRAINT TRIGGER application_step_is_on_record AFTER INSERT OR UPDATE ON benefits_application
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_application_step_is_on_record();

ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_begins_as_a_draft;
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_moves_by_the_table;
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_step_is_on_record;

REVOKE ALL ON FUNCTION benefits_person_is_registered_once() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_person_is_registered_by_approval() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_application_begins_as_a_draft() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_application_moves_by_the_table() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_application_step_is_on_record() FROM PUBLIC;
"""

REMOVE = """
DROP TRIGGER person_is_registered_by_approval ON benefits_person;
DROP TRIGGER person_is_registered_once ON benefits_person;
DROP FUNCTION benefits_person_is_registered_by_approval();
DROP FUNCTION benefits_person_is_registered_once();
DROP TRIGGER application_step_is_on_record ON benefits_application;
DROP TRIGGER application_moves_by_the_table ON benefits_application;
DROP TRIGGER application_begins_as_a_draft ON benefits_application;
DROP FUNCTION benefits_application_step_is_on_record();
DROP FUNCTION benefits_application_moves_by_the_table();
DROP FUNCTION benefits_application_begins_as_a_draft();
ALTER TABLE benefits_application
    DROP CONSTRAINT application_approval_matches_its_content,
    DROP CONSTRAINT application_names_everyone_who_typed_it,
    DROP CONSTRAINT application_is_not_decided_by_anyone_who_typed_it;
DROP SEQUENCE benefits_recipient_serial;
DROP SEQUENCE benefits_receipt_number;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0001_initial"),
        ("accounts", "0002_actors_are_real"),
        ("audit", "0002_append_only"),
        ("mynumber", "0001_vault"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

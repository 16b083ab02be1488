"""Let the guards know offices, and ask for a checker whose duty holds today.

An application's health centre is the one typed and is fixed with the rest of what it says; the decider's duty is
asked of ``accounts_holds``, which knows periods, ends and suspensions.
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

INSTALL = """
ALTER TABLE benefits_application ADD CONSTRAINT application_office_is_the_one_typed CHECK (
    office = CASE WHEN entry ->> 'accepted_office' IN ('CHUO', 'KITA', 'MINAMI', 'HIGASHI', 'NISHI')
             THEN entry ->> 'accepted_office' ELSE '' END);

CREATE OR REPLACE FUNCTION benefits_application_moves_by_the_table() RETURNS trigger
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
    IF (NEW.id, NEW.receipt_number, NEW.person_id, NEW.programme, NEW.created_by_id, NEW.created_at)
        IS DISTINCT FROM
        (OLD.id, OLD.receipt_number, OLD.person_id, OLD.programme, OLD.created_by_id, OLD.created_at) THEN
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
        (NEW.entry, NEW.content, NEW.office, NEW.patient_name, NEW.patient_kana, NEW.number_version,
         NEW.edited_by_id, NEW.edited_at, NEW.submitted_by_id, NEW.submitted_at)
        IS DISTINCT FROM
        (OLD.entry, OLD.content, OLD.office, OLD.patient_name, OLD.patient_kana, OLD.number_version,
         OLD.edited_by_id, OLD.edited_at, OLD.submitted_by_id, OLD.submitted_at) THEN
        RAISE EXCEPTION 'application_content_is_fixed_once_submitted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Runs at COMMIT, as the owner, who alone may ask accounts_holds: no change of an application without its entry in
-- the record, written in the same transaction; no approval without its certification, its decider's name on the
-- entry, and the confirmed number it names.
CREATE OR REPLACE FUNCTION benefits_application_step_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
        IF NOT accounts_holds(NEW.decided_by_id, 'CHECKER') THEN
            RAISE EXCEPTION 'application_is_decided_by_a_checker' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM accounts_roleassignment r
            CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date AS today) t
            WHERE r.user_id = NEW.decided_by_id AND r.role = 'CHECKER' AND r.suspended_at IS NULL
              AND r.office IN ('', NEW.office) AND r.programme IN ('', NEW.programme)
              AND r.starts_on <= t.today AND coalesce(least(r.ends_on, r.ended_on) >= t.today, true)
        ) THEN
            RAISE EXCEPTION 'application_is_decided_within_reach' USING ERRCODE = 'check_violation';
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
"""


def _before(function: str) -> str:
    """Return ``function`` as migration 0002 made it."""
    made: str = import_module("benefits.migrations.0002_guards").INSTALL
    start = made.index(f"CREATE FUNCTION {function}()")
    end = made.index("END $$;", start) + len("END $$;")
    return made[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


REMOVE = "\n".join(
    (
        _before("benefits_application_step_is_on_record"),
        _before("benefits_application_moves_by_the_table"),
        "ALTER TABLE benefits_application DROP CONSTRAINT application_office_is_the_one_typed;",
    )
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0005_fill_offices"),
        ("accounts", "0004_rights_guards"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

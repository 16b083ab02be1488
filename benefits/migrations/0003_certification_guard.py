"""Make a certification follow an approval: without one, raw SQL could make a certificate that nobody decided on."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
-- Runs at COMMIT, like its counterpart application_step_is_on_record: the two need each other.
CREATE FUNCTION benefits_certification_follows_an_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM benefits_application a
        WHERE a.id = NEW.application_id AND a.status = 'APPROVED' AND a.person_id = NEW.person_id
          AND a.decided_by_id = NEW.decided_by_id AND a.decided_at = NEW.decided_at
    ) THEN
        RAISE EXCEPTION 'certification_follows_an_approval' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER certification_follows_an_approval AFTER INSERT OR UPDATE ON benefits_certification
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_certification_follows_an_approval();

ALTER TABLE benefits_certification ENABLE ALWAYS TRIGGER certification_follows_an_approval;

REVOKE ALL ON FUNCTION benefits_certification_follows_an_approval() FROM PUBLIC;
"""

REMOVE = """
DROP TRIGGER certification_follows_an_approval ON benefits_certification;
DROP FUNCTION benefits_certification_follows_an_approval();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("benefits", "0002_guards")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

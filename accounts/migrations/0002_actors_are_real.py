"""Let nobody be named in the record who is not a member of staff, nor shown a number who is not a number viewer.

The record stands below this app and knows nobody, so the check is installed from here. Whoever can write to the
record can still name a colleague, but only a real one, by their real name, and a reveal only by somebody who may.
"""

from typing import ClassVar

from django.db import migrations

INSTALL = """
CREATE FUNCTION accounts_event_actor_is_real() RETURNS trigger
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
REVOKE ALL ON FUNCTION accounts_event_actor_is_real() FROM PUBLIC;

CREATE TRIGGER event_actor_is_real BEFORE INSERT ON audit.event
FOR EACH ROW EXECUTE FUNCTION accounts_event_actor_is_real();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_actor_is_real;
"""

REMOVE = """
DROP TRIGGER event_actor_is_real ON audit.event;
DROP FUNCTION accounts_event_actor_is_real();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0001_initial"), ("audit", "0002_append_only")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

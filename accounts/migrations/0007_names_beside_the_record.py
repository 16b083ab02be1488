"""Names stand beside the record, not in it: what staff are called is kept as it is given, and no entry repeats it.

Whether the actor of an entry is real, and holds the duty, is asked here of what guards look back on, before it counts;
the sealer asks it of every entry within a second (audit/sealing/batches.py). To ask it of all here costs every writer
a look-up in another table (docs/adr/0022).
"""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("accounts.migrations.0006_entries_of_the_vault_name_a_duty")

INSTALL = """
CREATE OR REPLACE FUNCTION accounts_event_actor_is_real() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    duty text;
BEGIN
    IF NEW.actor_id IS NULL THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM accounts_user u WHERE u.id = NEW.actor_id) THEN
        RAISE EXCEPTION 'event_actor_is_real' USING ERRCODE = 'check_violation';
    END IF;
    duty := (SELECT d.duty FROM (VALUES __DUTIES__) AS d (action, duty) WHERE d.action = NEW.action);
    IF NEW.action = 'mynumber.number.revealed' AND NOT accounts_holds(NEW.actor_id, duty) THEN
        RAISE EXCEPTION 'event_reveal_is_by_a_number_viewer' USING ERRCODE = 'check_violation';
    END IF;
    -- what the office is set up with is the owner's
    IF duty IS NOT NULL AND NEW.result = 'DONE' AND NOT accounts_holds(NEW.actor_id, duty) AND NOT accounts_is_owner() THEN
        RAISE EXCEPTION 'event_of_a_number_is_by_whose_duty_it_is' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER event_actor_is_real ON audit.event;
CREATE TRIGGER event_actor_is_real BEFORE INSERT ON audit.remembered
FOR EACH ROW EXECUTE FUNCTION accounts_event_actor_is_real();
ALTER TABLE audit.remembered ENABLE ALWAYS TRIGGER event_actor_is_real;

CREATE FUNCTION accounts_name_is_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO audit.actor_label (actor_id, name, login_id) VALUES (NEW.id, NEW.display_name, NEW.login_id)
    ON CONFLICT (actor_id) DO UPDATE SET name = EXCLUDED.name, login_id = EXCLUDED.login_id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_name_is_kept() FROM PUBLIC;
CREATE TRIGGER name_is_kept AFTER INSERT OR UPDATE OF display_name, login_id ON accounts_user
FOR EACH ROW EXECUTE FUNCTION accounts_name_is_kept();
ALTER TABLE accounts_user ENABLE ALWAYS TRIGGER name_is_kept;
INSERT INTO audit.actor_label (actor_id, name, login_id) SELECT id, display_name, login_id FROM accounts_user
ON CONFLICT (actor_id) DO UPDATE SET name = EXCLUDED.name, login_id = EXCLUDED.login_id;
""".replace("__DUTIES__", ", ".join(f"('{action}', '{duty}')" for action, duty in _before.DUTIES.items()))
REMOVE = (
    _before.INSTALL
    + """
DROP TRIGGER event_actor_is_real ON audit.remembered;
CREATE TRIGGER event_actor_is_real BEFORE INSERT ON audit.event
FOR EACH ROW EXECUTE FUNCTION accounts_event_actor_is_real();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_actor_is_real;
DROP TRIGGER name_is_kept ON accounts_user;
DROP FUNCTION accounts_name_is_kept();
"""
)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0006_entries_of_the_vault_name_a_duty"),
        ("audit", "0005_earlier_table_goes"),
    ]

    operations: ClassVar = [migrations.RunSQL(INSTALL, REMOVE)]

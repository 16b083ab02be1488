"""Whoever is named in an entry about a My Number holds the duty that it belongs to."""

from importlib import import_module
from typing import ClassVar

from django.db import migrations

_before = import_module("accounts.migrations.0004_rights_guards")

#: What is done with a number, and whose duty that is. A refusal may be anybody's.
DUTIES = {
    "mynumber.number.revealed": "NUMBER_VIEWER",
    "mynumber.number.searched": "NUMBER_VIEWER",
    "mynumber.number.typed": "MAKER",
    "mynumber.number.compared": "CHECKER",
}

INSTALL = """
CREATE OR REPLACE FUNCTION accounts_event_actor_is_real() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    actor record;
    duty text;
BEGIN
    IF NEW.actor_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT u.display_name INTO actor FROM accounts_user u WHERE u.id = NEW.actor_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event_actor_is_real' USING ERRCODE = 'check_violation';
    END IF;
    NEW.actor_name := actor.display_name;
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
""".replace("__DUTIES__", ", ".join(f"('{action}', '{duty}')" for action, duty in DUTIES.items()))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0005_review_guards")]

    operations: ClassVar = [migrations.RunSQL(INSTALL, _before.REVEAL_IN_FORCE)]

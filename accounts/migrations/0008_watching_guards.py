"""Guards on who watches and who changes the rules: two people, holding their duty, and nobody about themselves."""

from typing import ClassVar

from django.db import migrations

INSTALL = """
-- Whether something that was found about somebody by this rule still waits.
CREATE FUNCTION accounts_rule_is_about(p_user bigint, p_rule text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM audit.hit h
                   WHERE h.rule_id = p_rule AND h.state <> 'EXPLAINED' AND p_user = ANY (h.people));
$$;
REVOKE ALL ON FUNCTION accounts_rule_is_about(bigint, text) FROM PUBLIC;

CREATE FUNCTION accounts_rule_change_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            RAISE EXCEPTION 'rule_change_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (accounts_holds(NEW.proposed_by_id, 'AUDITOR') OR accounts_holds(NEW.proposed_by_id, 'RECORDS_KEEPER'))
           OR accounts_rule_is_about(NEW.proposed_by_id, NEW.rule_id) THEN
            RAISE EXCEPTION 'rule_change_is_proposed_by_an_auditor_or_keeper' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.is_on AND NOT EXISTS (
            SELECT 1 FROM audit.simulation s
            WHERE s.id = NEW.simulation_id AND s.rule_id = NEW.rule_id AND s.state = 'DONE' AND s.thresholds = NEW.thresholds
        ) THEN
            RAISE EXCEPTION 'rule_is_simulated_first' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'rule_change_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid'] THEN
        RAISE EXCEPTION 'rule_change_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('APPROVED', 'REJECTED') AND (
        NOT (accounts_holds(NEW.decided_by_id, 'AUDITOR') OR accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER'))
        OR accounts_rule_is_about(NEW.decided_by_id, NEW.rule_id)
    ) THEN
        RAISE EXCEPTION 'rule_change_is_decided_by_an_auditor_or_keeper' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    NEW.decided_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_rule_change_takes_two() FROM PUBLIC;
CREATE TRIGGER rule_change_takes_two BEFORE INSERT OR UPDATE ON audit.rule_change
FOR EACH ROW EXECUTE FUNCTION accounts_rule_change_takes_two();
ALTER TABLE audit.rule_change ENABLE ALWAYS TRIGGER rule_change_takes_two;

-- An auditor answers for the office, a section head for the section; what is about those who watch goes to another
-- duty or another section.
CREATE FUNCTION accounts_watcher_is_another() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    hit record;
    home text;
    watches_all boolean;
    heads boolean;
BEGIN
    SELECT h.section, h.is_of_watchers, h.actor_roles INTO hit FROM audit.hit h WHERE h.id = NEW.hit_id;
    SELECT u.section INTO home FROM accounts_user u WHERE u.id = NEW.answered_by_id;
    watches_all := accounts_holds(NEW.answered_by_id, 'AUDITOR');
    heads := accounts_holds(NEW.answered_by_id, 'SECTION_HEAD');
    IF NOT (watches_all OR heads AND (hit.is_of_watchers OR home <> '' AND home = hit.section)) THEN
        RAISE EXCEPTION 'hit_is_answered_by_its_watchers' USING ERRCODE = 'check_violation';
    END IF;
    IF hit.is_of_watchers AND home = hit.section AND EXISTS (
        SELECT 1 FROM unnest(ARRAY['AUDITOR', 'SECTION_HEAD', 'USER_ADMINISTRATOR', 'RECORDS_KEEPER']) AS r (code)
        WHERE r.code = ANY (string_to_array(hit.actor_roles, ',')) AND accounts_holds(NEW.answered_by_id, r.code)
    ) THEN
        RAISE EXCEPTION 'watchers_are_watched_from_another_office' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_watcher_is_another() FROM PUBLIC;
CREATE TRIGGER watcher_is_another BEFORE INSERT ON audit.hit_answer
FOR EACH ROW EXECUTE FUNCTION accounts_watcher_is_another();
ALTER TABLE audit.hit_answer ENABLE ALWAYS TRIGGER watcher_is_another;

CREATE FUNCTION accounts_sample_is_answered_by_its_watchers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT (accounts_holds(NEW.answered_by_id, 'AUDITOR') OR accounts_holds(NEW.answered_by_id, 'SECTION_HEAD') AND EXISTS (
        SELECT 1 FROM audit.sample s JOIN accounts_user u ON u.id = NEW.answered_by_id
        WHERE s.id = NEW.sample_id AND s.section <> '' AND s.section = u.section
    )) THEN
        RAISE EXCEPTION 'sample_is_answered_by_its_watchers' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_sample_is_answered_by_its_watchers() FROM PUBLIC;
CREATE TRIGGER sample_is_answered_by_its_watchers BEFORE UPDATE ON audit.sampled_view
FOR EACH ROW EXECUTE FUNCTION accounts_sample_is_answered_by_its_watchers();
ALTER TABLE audit.sampled_view ENABLE ALWAYS TRIGGER sample_is_answered_by_its_watchers;
"""

REMOVE = """
DROP TRIGGER sample_is_answered_by_its_watchers ON audit.sampled_view;
DROP FUNCTION accounts_sample_is_answered_by_its_watchers();
DROP TRIGGER watcher_is_another ON audit.hit_answer;
DROP FUNCTION accounts_watcher_is_another();
DROP TRIGGER rule_change_takes_two ON audit.rule_change;
DROP FUNCTION accounts_rule_change_takes_two();
DROP FUNCTION accounts_rule_is_about(bigint, text);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("accounts", "0007_names_beside_the_record"),
        ("audit", "0007_watching"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [migrations.RunSQL(INSTALL, REMOVE)]

"""The custody register: papers, places, movements, and the guards that hold for raw SQL too.

Where a paper is follows from its last movement: the serving role inserts movements, and a trigger moves the paper.
"""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

INSTALL = """
CREATE SEQUENCE benefits_label MAXVALUE 99999999;

ALTER TABLE benefits_destructionlist ADD COLUMN proposed_xid xid8, ADD COLUMN decided_xid xid8;

-- ── nothing is taken back ──────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION benefits_custody_is_append_only() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'custody_is_append_only' USING ERRCODE = 'restrict_violation';
END $$;

-- ── places and boxes ───────────────────────────────────────────────────────────────────────────────────────────────

-- Holds the place open until the transaction is over, and refuses what it may not take.
CREATE FUNCTION benefits_place_takes(p_place uuid, p_holds_number boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place benefits_place%ROWTYPE;
BEGIN
    SELECT * INTO place FROM benefits_place WHERE id = p_place FOR SHARE;
    IF place.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'place_is_closed' USING ERRCODE = 'check_violation';
    END IF;
    IF p_holds_number AND NOT place.is_staff_only THEN
        RAISE EXCEPTION 'number_evidence_stays_in_staff_only_places' USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION benefits_place_stays_as_it_is() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'place_begins_open' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.made_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'place_is_kept_by_a_records_keeper' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
       OR to_jsonb(NEW) - ARRAY['closed_by_id', 'closed_at'] <> to_jsonb(OLD) - ARRAY['closed_by_id', 'closed_at'] THEN
        RAISE EXCEPTION 'place_is_closed_and_never_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT accounts_holds(NEW.closed_by_id, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'place_is_kept_by_a_records_keeper' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM benefits_paper p WHERE p.place_id = OLD.id AND p.state IN ('HELD', 'HANDED_OVER'))
       OR EXISTS (SELECT FROM benefits_box b WHERE b.place_id = OLD.id AND b.closed_at IS NULL)
       OR EXISTS (
           SELECT FROM benefits_movement m
           LEFT JOIN benefits_paper p ON (p.id, p.movement_count, p.state) = (m.paper_id, m.number, 'HANDED_OVER')
           LEFT JOIN benefits_box b ON (b.id, b.movement_count, b.state) = (m.box_id, m.number, 'HANDED_OVER')
           WHERE m.to_place_id = OLD.id AND (p.id IS NOT NULL OR b.id IS NOT NULL)) THEN
        RAISE EXCEPTION 'place_is_empty_when_closed' USING ERRCODE = 'check_violation';
    END IF;
    NEW.closed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE FUNCTION benefits_box_moves_by_movements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.state, NEW.movement_count) <> ('HELD', 0) OR NEW.receiver_id IS NOT NULL
           OR NEW.moved_at IS NOT NULL OR NEW.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'box_begins_where_it_is_made' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.made_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'place_is_kept_by_a_records_keeper' USING ERRCODE = 'check_violation';
        END IF;
        PERFORM benefits_place_takes(NEW.place_id, false);
        RETURN NEW;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        RETURN NEW;  -- by a movement (benefits_movement_moves)
    END IF;
    IF OLD.closed_at IS NOT NULL OR NEW.closed_at IS NULL
       OR to_jsonb(NEW) - ARRAY['closed_by_id', 'closed_at'] <> to_jsonb(OLD) - ARRAY['closed_by_id', 'closed_at'] THEN
        RAISE EXCEPTION 'box_moves_by_movements' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT accounts_holds(NEW.closed_by_id, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'place_is_kept_by_a_records_keeper' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'HELD'
       OR EXISTS (SELECT FROM benefits_paper p WHERE p.box_id = OLD.id AND p.state IN ('HELD', 'HANDED_OVER'))
       OR EXISTS (
           SELECT FROM benefits_movement m
           JOIN benefits_paper p ON (p.id, p.movement_count, p.state) = (m.paper_id, m.number, 'HANDED_OVER')
           WHERE m.to_box_id = OLD.id) THEN
        RAISE EXCEPTION 'box_is_empty_when_closed' USING ERRCODE = 'check_violation';
    END IF;
    NEW.closed_at := clock_timestamp();
    RETURN NEW;
END $$;

-- ── papers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION benefits_paper_moves_by_movements() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    standing text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF pg_trigger_depth() > 1 THEN
            RETURN NEW;  -- by a movement (benefits_movement_moves)
        END IF;
        RAISE EXCEPTION 'paper_moves_by_movements' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.state, NEW.movement_count, NEW.borrower) <> ('EXPECTED', 0, '') OR NEW.place_id IS NOT NULL
       OR NEW.box_id IS NOT NULL OR NEW.receiver_id IS NOT NULL OR NEW.due_on IS NOT NULL
       OR NEW.received_on IS NOT NULL OR NEW.moved_at IS NOT NULL THEN
        RAISE EXCEPTION 'paper_begins_as_expected' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (accounts_holds(NEW.listed_by_id, 'INTAKE') OR accounts_holds(NEW.listed_by_id, 'MAKER')
            OR accounts_holds(NEW.listed_by_id, 'CONTRACT_MAKER') OR accounts_holds(NEW.listed_by_id, 'CHECKER')) THEN
        RAISE EXCEPTION 'paper_is_listed_by_somebody_of_the_case' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.copied_from_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM benefits_paper o WHERE o.id = NEW.copied_from_id AND o.application_id = NEW.application_id
        AND (NEW.holds_number OR NOT o.holds_number)) THEN
        RAISE EXCEPTION 'copy_is_of_its_original' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.is_required THEN
        SELECT a.status INTO standing FROM benefits_application a WHERE a.id = NEW.application_id FOR SHARE;
        IF standing IN ('APPROVED', 'WITHDRAWN') THEN
            RAISE EXCEPTION 'paper_is_asked_for_while_its_application_is_open' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION benefits_movement_is_stamped() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT accounts_is_owner() THEN  -- a demo office has a past
        NEW.at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

-- A movement is what moves: the paper's row is locked, the step is looked up in the table, and where the paper is
-- follows from it. Whoever comes second finds another number, or another state, and is refused.
CREATE FUNCTION benefits_movement_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    paper benefits_paper%ROWTYPE;
    box benefits_box%ROWTYPE;
    former benefits_movement%ROWTYPE;
    new_place uuid := NEW.to_place_id;
    new_box uuid := NEW.to_box_id;
    has_number boolean;
    is_of_the_case boolean := accounts_holds(NEW.by_id, 'INTAKE') OR accounts_holds(NEW.by_id, 'MAKER')
                              OR accounts_holds(NEW.by_id, 'CHECKER');
    is_keeper boolean := accounts_holds(NEW.by_id, 'RECORDS_KEEPER');
BEGIN
    -- Whoever moved the paper a moment ago must be seen to have moved it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'papers_move_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (CASE WHEN NEW.kind IN ('DESTROYED', 'WRITTEN_OFF') THEN is_keeper
                 WHEN NEW.box_id IS NOT NULL OR NEW.kind IN ('CONFIRMED', 'TAKEN_BACK') THEN is_of_the_case OR is_keeper
                 ELSE is_of_the_case END) THEN
        RAISE EXCEPTION 'movement_is_made_by_somebody_who_may' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'MOVED' AND NOT (
        accounts_holds(NEW.receiver_id, 'INTAKE') OR accounts_holds(NEW.receiver_id, 'MAKER')
        OR accounts_holds(NEW.receiver_id, 'CHECKER') OR accounts_holds(NEW.receiver_id, 'RECORDS_KEEPER')) THEN
        RAISE EXCEPTION 'movement_is_received_by_somebody_who_may' USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.box_id IS NOT NULL THEN
        SELECT * INTO box FROM benefits_box WHERE id = NEW.box_id FOR UPDATE;
        IF NEW.number <> box.movement_count + 1 THEN
            RAISE EXCEPTION 'movement_follows_the_last_one' USING ERRCODE = 'check_violation';
        END IF;
        IF box.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'box_is_closed' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.kind, box.state) NOT IN
           (('MOVED', 'HELD'), ('CONFIRMED', 'HANDED_OVER'), ('TAKEN_BACK', 'HANDED_OVER')) THEN
            RAISE EXCEPTION 'box_moves_by_the_table' USING ERRCODE = 'check_violation';
        END IF;
        SELECT * INTO former FROM benefits_movement m WHERE m.box_id = box.id AND m.number = box.movement_count;
        new_place := coalesce(new_place, former.to_place_id);
    ELSE
        SELECT * INTO paper FROM benefits_paper WHERE id = NEW.paper_id FOR UPDATE;
        IF NEW.number <> paper.movement_count + 1 THEN
            RAISE EXCEPTION 'movement_follows_the_last_one' USING ERRCODE = 'check_violation';
        END IF;
        IF (NEW.kind, paper.state) NOT IN (
            ('RECEIVED', 'EXPECTED'), ('RECEIVED', 'NOT_NEEDED'), ('NOT_NEEDED', 'EXPECTED'),
            ('MOVED', 'HELD'), ('CONFIRMED', 'HANDED_OVER'), ('TAKEN_BACK', 'HANDED_OVER'),
            ('LENT', 'HELD'), ('RETURNED', 'LENT'), ('COPIED', 'HELD'),
            ('MISSING', 'HELD'), ('MISSING', 'HANDED_OVER'), ('MISSING', 'LENT'), ('FOUND', 'MISSING'), ('FOUND', 'LOST'),
            ('DESTROYED', 'HELD'), ('WRITTEN_OFF', 'MISSING')
        ) THEN
            RAISE EXCEPTION 'paper_moves_by_the_table' USING ERRCODE = 'check_violation';
        END IF;
        SELECT * INTO former FROM benefits_movement m WHERE m.paper_id = paper.id AND m.number = paper.movement_count;
        IF NEW.kind = 'CONFIRMED' THEN
            new_place := former.to_place_id;
            new_box := former.to_box_id;
        END IF;
    END IF;

    -- A hand-over is ended by the people it is between.
    IF NEW.kind = 'CONFIRMED' AND NEW.by_id <> former.receiver_id THEN
        RAISE EXCEPTION 'hand_over_is_confirmed_by_its_receiver' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'TAKEN_BACK' AND NEW.by_id NOT IN (former.giver_id, former.receiver_id) THEN
        RAISE EXCEPTION 'hand_over_is_taken_back_by_its_people' USING ERRCODE = 'check_violation';
    END IF;

    IF NEW.box_id IS NOT NULL THEN
        IF NEW.kind <> 'TAKEN_BACK' THEN
            SELECT EXISTS (SELECT FROM benefits_paper p WHERE p.box_id = box.id AND p.holds_number) INTO has_number;
            PERFORM benefits_place_takes(new_place, has_number);
        END IF;
        UPDATE benefits_box SET
            state = CASE WHEN NEW.kind = 'MOVED' THEN 'HANDED_OVER' ELSE 'HELD' END,
            receiver_id = CASE WHEN NEW.kind = 'MOVED' THEN NEW.receiver_id END,
            place_id = CASE WHEN NEW.kind = 'CONFIRMED' THEN new_place ELSE place_id END,
            movement_count = NEW.number, moved_at = NEW.at
        WHERE id = box.id;
        RETURN NULL;
    END IF;

    -- Out of a box that is on its way, nothing is taken.
    IF NEW.kind IN ('MOVED', 'LENT') AND paper.box_id IS NOT NULL THEN
        SELECT * INTO box FROM benefits_box WHERE id = paper.box_id FOR SHARE;
        IF box.state <> 'HELD' THEN
            RAISE EXCEPTION 'box_is_on_its_way' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF new_box IS NOT NULL THEN
        SELECT * INTO box FROM benefits_box WHERE id = new_box FOR SHARE;
        IF box.closed_at IS NOT NULL THEN
            RAISE EXCEPTION 'box_is_closed' USING ERRCODE = 'check_violation';
        END IF;
        IF box.state <> 'HELD' THEN
            RAISE EXCEPTION 'box_is_on_its_way' USING ERRCODE = 'check_violation';
        END IF;
        PERFORM benefits_place_takes(box.place_id, paper.holds_number);
    ELSIF new_place IS NOT NULL THEN
        PERFORM benefits_place_takes(new_place, paper.holds_number);
    END IF;
    IF NEW.kind = 'LENT' AND paper.holds_number THEN
        RAISE EXCEPTION 'number_evidence_is_not_lent' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'LENT' AND NEW.due_on < (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date
       AND NOT accounts_is_owner() THEN
        RAISE EXCEPTION 'loan_is_due_in_the_future' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'COPIED' AND NOT EXISTS (
        SELECT FROM benefits_paper c WHERE c.id = NEW.copy_id AND c.copied_from_id = paper.id) THEN
        RAISE EXCEPTION 'copy_is_of_its_original' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind IN ('DESTROYED', 'WRITTEN_OFF') AND NOT EXISTS (
        SELECT FROM benefits_destructionlist l JOIN benefits_destructionitem i ON i.destruction_id = l.id
        WHERE l.id = NEW.destruction_id AND i.paper_id = paper.id AND l.outcome = 'DONE'
          AND l.decided_by_id = NEW.by_id AND l.decided_xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'paper_is_destroyed_by_a_list_of_two' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'DESTROYED' AND NOT EXISTS (
        SELECT FROM benefits_application a
        WHERE a.id = paper.application_id AND a.status IN ('APPROVED', 'WITHDRAWN')) THEN
        RAISE EXCEPTION 'paper_is_kept_while_its_application_is_open' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE benefits_paper SET
        state = CASE NEW.kind WHEN 'MOVED' THEN 'HANDED_OVER' WHEN 'LENT' THEN 'LENT' WHEN 'MISSING' THEN 'MISSING'
                WHEN 'NOT_NEEDED' THEN 'NOT_NEEDED' WHEN 'DESTROYED' THEN 'DESTROYED' WHEN 'WRITTEN_OFF' THEN 'LOST'
                ELSE 'HELD' END,
        place_id = CASE WHEN NEW.kind IN ('RECEIVED', 'RETURNED', 'FOUND', 'CONFIRMED') THEN new_place
                   WHEN NEW.kind IN ('DESTROYED', 'WRITTEN_OFF') THEN NULL ELSE place_id END,
        box_id = CASE WHEN NEW.kind IN ('RECEIVED', 'RETURNED', 'FOUND', 'CONFIRMED') THEN new_box
                 WHEN NEW.kind IN ('DESTROYED', 'WRITTEN_OFF') THEN NULL ELSE box_id END,
        receiver_id = CASE WHEN NEW.kind = 'MOVED' THEN NEW.receiver_id END,
        borrower = NEW.borrower,
        due_on = NEW.due_on,
        received_on = coalesce(NEW.received_on, received_on),
        sheets = coalesce(NEW.sheets, sheets),
        is_original = coalesce(NEW.is_original, is_original),
        movement_count = NEW.number,
        moved_at = NEW.at
    WHERE id = paper.id;
    RETURN NULL;
END $$;

-- An application is not closed while one of its papers is out, on its way, missing, or asked for and not there.
-- The papers are held still until the transaction is over: whoever lends one at this moment waits, or is waited for.
CREATE FUNCTION benefits_application_closes_with_its_papers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM benefits_paper p WHERE p.application_id = NEW.id ORDER BY p.id FOR SHARE;
    PERFORM 1 FROM benefits_box b
    WHERE b.id IN (SELECT p.box_id FROM benefits_paper p WHERE p.application_id = NEW.id) ORDER BY b.id FOR SHARE;
    IF EXISTS (
        SELECT FROM benefits_paper p LEFT JOIN benefits_box b ON b.id = p.box_id
        WHERE p.application_id = NEW.id
          AND (p.state IN ('HANDED_OVER', 'LENT', 'MISSING') OR p.state = 'EXPECTED' AND p.is_required
               OR p.state = 'HELD' AND b.state = 'HANDED_OVER')) THEN
        RAISE EXCEPTION 'application_closes_with_its_papers_in_place' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- ── destruction ────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION benefits_destruction_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.decided_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'destruction_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.proposed_by_id, 'RECORDS_KEEPER') THEN
            RAISE EXCEPTION 'destruction_is_by_records_keepers' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_is_owner() THEN
            NEW.proposed_at := clock_timestamp();
        END IF;
        NEW.proposed_xid := pg_current_xact_id();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' OR NEW.outcome = '' THEN
        RAISE EXCEPTION 'destruction_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid'] THEN
        RAISE EXCEPTION 'destruction_list_is_fixed' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER') THEN
        RAISE EXCEPTION 'destruction_is_by_records_keepers' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    NEW.decided_xid := pg_current_xact_id();
    RETURN NEW;
END $$;

CREATE FUNCTION benefits_destruction_list_is_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM benefits_destructionlist l WHERE l.id = NEW.destruction_id AND l.outcome = ''
                   AND l.proposed_xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'destruction_list_is_fixed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Runs at COMMIT: a list names papers, and what is done is done to all of them.
CREATE FUNCTION benefits_destruction_takes_the_whole_list() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM benefits_destructionitem i WHERE i.destruction_id = NEW.id)
       OR NEW.outcome = 'DONE' AND EXISTS (
           SELECT FROM benefits_destructionitem i WHERE i.destruction_id = NEW.id AND NOT EXISTS (
               SELECT FROM benefits_movement m WHERE m.destruction_id = NEW.id AND m.paper_id = i.paper_id)) THEN
        RAISE EXCEPTION 'destruction_takes_the_whole_list' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- ── stocktakes ─────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE FUNCTION benefits_stocktake_ends_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    somebody bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.begun_by_id ELSE NEW.ended_by_id END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            RAISE EXCEPTION 'stocktake_begins_open' USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        IF OLD.outcome <> '' OR NEW.outcome = ''
           OR to_jsonb(NEW) - ARRAY['outcome', 'ended_by_id', 'ended_at']
              <> to_jsonb(OLD) - ARRAY['outcome', 'ended_by_id', 'ended_at'] THEN
            RAISE EXCEPTION 'stocktake_ends_once' USING ERRCODE = 'check_violation';
        END IF;
        NEW.ended_at := clock_timestamp();
    END IF;
    IF NOT (accounts_holds(somebody, 'INTAKE') OR accounts_holds(somebody, 'MAKER')
            OR accounts_holds(somebody, 'CHECKER') OR accounts_holds(somebody, 'RECORDS_KEEPER')) THEN
        RAISE EXCEPTION 'stocktake_is_made_by_somebody_who_may' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION benefits_stocktake_is_open_while_scanned() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    standing text;
BEGIN
    SELECT s.outcome INTO standing FROM benefits_stocktake s WHERE s.id = NEW.stocktake_id FOR SHARE;
    IF standing <> '' THEN
        RAISE EXCEPTION 'stocktake_ends_once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- ── the record ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- Runs at COMMIT: nothing of the register changes without its entry, in the name of whoever did it.
CREATE FUNCTION benefits_custody_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kind text := 'benefits.' || substr(TG_TABLE_NAME, 10);
    subject text := to_jsonb(NEW) ->> 'id';
    wanted text;
    whose bigint;
BEGIN
    IF TG_TABLE_NAME = 'benefits_movement' THEN
        kind := CASE WHEN NEW.paper_id IS NULL THEN 'benefits.box' ELSE 'benefits.paper' END;
        subject := coalesce(NEW.paper_id, NEW.box_id)::text;
        wanted := kind || '.' || lower(NEW.kind);
        whose := NEW.by_id;
    ELSIF TG_TABLE_NAME = 'benefits_paper' THEN
        wanted := 'benefits.paper.listed';
        whose := NEW.listed_by_id;
        -- one entry for the whole checklist of an application
        IF EXISTS (
            SELECT FROM audit.event e
            WHERE e.subject_id = NEW.application_id::text AND e.subject_kind = 'benefits.application'
              AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.action = wanted AND e.actor_id = whose) THEN
            RETURN NULL;
        END IF;
    ELSIF TG_TABLE_NAME IN ('benefits_place', 'benefits_box') THEN
        IF TG_OP = 'INSERT' THEN
            wanted := kind || '.opened';
            whose := NEW.made_by_id;
        ELSIF OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL THEN
            wanted := kind || '.closed';
            whose := NEW.closed_by_id;
        ELSE
            RETURN NULL;  -- a movement, which has its own entry
        END IF;
    ELSIF TG_TABLE_NAME = 'benefits_destructionlist' THEN
        wanted := 'benefits.destruction.' || CASE WHEN TG_OP = 'INSERT' THEN 'proposed' ELSE lower(NEW.outcome) END;
        whose := CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END;
    ELSE
        wanted := 'benefits.stocktake.' || CASE WHEN TG_OP = 'INSERT' THEN 'begun' ELSE lower(NEW.outcome) END;
        whose := CASE WHEN TG_OP = 'INSERT' THEN NEW.begun_by_id ELSE NEW.ended_by_id END;
    END IF;
    IF NOT EXISTS (
        SELECT FROM audit.event e
        WHERE e.subject_id = subject AND e.subject_kind = kind AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.action = wanted AND e.actor_id = whose) THEN
        RAISE EXCEPTION 'custody_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- ── the guards stand ───────────────────────────────────────────────────────────────────────────────────────────────

CREATE TRIGGER place_stays_as_it_is BEFORE INSERT OR UPDATE ON benefits_place
FOR EACH ROW EXECUTE FUNCTION benefits_place_stays_as_it_is();
CREATE TRIGGER box_moves_by_movements BEFORE INSERT OR UPDATE ON benefits_box
FOR EACH ROW EXECUTE FUNCTION benefits_box_moves_by_movements();
CREATE TRIGGER paper_moves_by_movements BEFORE INSERT OR UPDATE ON benefits_paper
FOR EACH ROW EXECUTE FUNCTION benefits_paper_moves_by_movements();
CREATE TRIGGER movement_is_stamped BEFORE INSERT ON benefits_movement
FOR EACH ROW EXECUTE FUNCTION benefits_movement_is_stamped();
CREATE TRIGGER movement_moves AFTER INSERT ON benefits_movement
FOR EACH ROW EXECUTE FUNCTION benefits_movement_moves();
CREATE TRIGGER destruction_takes_two BEFORE INSERT OR UPDATE ON benefits_destructionlist
FOR EACH ROW EXECUTE FUNCTION benefits_destruction_takes_two();
CREATE TRIGGER destruction_list_is_fixed BEFORE INSERT ON benefits_destructionitem
FOR EACH ROW EXECUTE FUNCTION benefits_destruction_list_is_fixed();
CREATE TRIGGER stocktake_ends_once BEFORE INSERT OR UPDATE ON benefits_stocktake
FOR EACH ROW EXECUTE FUNCTION benefits_stocktake_ends_once();
CREATE TRIGGER stocktake_is_open_while_scanned BEFORE INSERT ON benefits_stocktakeline
FOR EACH ROW EXECUTE FUNCTION benefits_stocktake_is_open_while_scanned();
CREATE TRIGGER application_closes_with_its_papers BEFORE UPDATE ON benefits_application
FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status AND NEW.status IN ('APPROVED', 'WITHDRAWN'))
EXECUTE FUNCTION benefits_application_closes_with_its_papers();
CREATE CONSTRAINT TRIGGER destruction_takes_the_whole_list AFTER INSERT OR UPDATE ON benefits_destructionlist
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_destruction_takes_the_whole_list();
CREATE CONSTRAINT TRIGGER place_is_on_record AFTER INSERT OR UPDATE ON benefits_place
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE CONSTRAINT TRIGGER box_is_on_record AFTER INSERT OR UPDATE ON benefits_box
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE CONSTRAINT TRIGGER paper_is_on_record AFTER INSERT ON benefits_paper
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE CONSTRAINT TRIGGER destructionlist_is_on_record AFTER INSERT OR UPDATE ON benefits_destructionlist
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE CONSTRAINT TRIGGER stocktake_is_on_record AFTER INSERT OR UPDATE ON benefits_stocktake
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE CONSTRAINT TRIGGER movement_is_on_record AFTER INSERT ON benefits_movement
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_on_record();
CREATE TRIGGER place_is_never_taken_back BEFORE DELETE ON benefits_place
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER place_is_never_emptied BEFORE TRUNCATE ON benefits_place
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER box_is_never_taken_back BEFORE DELETE ON benefits_box
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER box_is_never_emptied BEFORE TRUNCATE ON benefits_box
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER paper_is_never_taken_back BEFORE DELETE ON benefits_paper
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER paper_is_never_emptied BEFORE TRUNCATE ON benefits_paper
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER destructionlist_is_never_taken_back BEFORE DELETE ON benefits_destructionlist
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER destructionlist_is_never_emptied BEFORE TRUNCATE ON benefits_destructionlist
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER stocktake_is_never_taken_back BEFORE DELETE ON benefits_stocktake
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER stocktake_is_never_emptied BEFORE TRUNCATE ON benefits_stocktake
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER movement_is_never_taken_back BEFORE UPDATE OR DELETE ON benefits_movement
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER movement_is_never_emptied BEFORE TRUNCATE ON benefits_movement
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER destructionitem_is_never_taken_back BEFORE UPDATE OR DELETE ON benefits_destructionitem
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER destructionitem_is_never_emptied BEFORE TRUNCATE ON benefits_destructionitem
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER stocktakeline_is_never_taken_back BEFORE UPDATE OR DELETE ON benefits_stocktakeline
FOR EACH ROW EXECUTE FUNCTION benefits_custody_is_append_only();
CREATE TRIGGER stocktakeline_is_never_emptied BEFORE TRUNCATE ON benefits_stocktakeline
FOR EACH STATEMENT EXECUTE FUNCTION benefits_custody_is_append_only();

ALTER TABLE benefits_place ENABLE ALWAYS TRIGGER place_stays_as_it_is;
ALTER TABLE benefits_place ENABLE ALWAYS TRIGGER place_is_on_record;
ALTER TABLE benefits_place ENABLE ALWAYS TRIGGER place_is_never_taken_back;
ALTER TABLE benefits_place ENABLE ALWAYS TRIGGER place_is_never_emptied;
ALTER TABLE benefits_box ENABLE ALWAYS TRIGGER box_moves_by_movements;
ALTER TABLE benefits_box ENABLE ALWAYS TRIGGER box_is_on_record;
ALTER TABLE benefits_box ENABLE ALWAYS TRIGGER box_is_never_taken_back;
ALTER TABLE benefits_box ENABLE ALWAYS TRIGGER box_is_never_emptied;
ALTER TABLE benefits_paper ENABLE ALWAYS TRIGGER paper_moves_by_movements;
ALTER TABLE benefits_paper ENABLE ALWAYS TRIGGER paper_is_on_record;
ALTER TABLE benefits_paper ENABLE ALWAYS TRIGGER paper_is_never_taken_back;
ALTER TABLE benefits_paper ENABLE ALWAYS TRIGGER paper_is_never_emptied;
ALTER TABLE benefits_movement ENABLE ALWAYS TRIGGER movement_is_stamped;
ALTER TABLE benefits_movement ENABLE ALWAYS TRIGGER movement_moves;
ALTER TABLE benefits_movement ENABLE ALWAYS TRIGGER movement_is_on_record;
ALTER TABLE benefits_movement ENABLE ALWAYS TRIGGER movement_is_never_taken_back;
ALTER TABLE benefits_movement ENABLE ALWAYS TRIGGER movement_is_never_emptied;
ALTER TABLE benefits_destructionlist ENABLE ALWAYS TRIGGER destruction_takes_two;
ALTER TABLE benefits_destructionlist ENABLE ALWAYS TRIGGER destruction_takes_the_whole_list;
ALTER TABLE benefits_destructionlist ENABLE ALWAYS TRIGGER destructionlist_is_on_record;
ALTER TABLE benefits_destructionlist ENABLE ALWAYS TRIGGER destructionlist_is_never_taken_back;
ALTER TABLE benefits_destructionlist ENABLE ALWAYS TRIGGER destructionlist_is_never_emptied;
ALTER TABLE benefits_destructionitem ENABLE ALWAYS TRIGGER destruction_list_is_fixed;
ALTER TABLE benefits_destructionitem ENABLE ALWAYS TRIGGER destructionitem_is_never_taken_back;
ALTER TABLE benefits_destructionitem ENABLE ALWAYS TRIGGER destructionitem_is_never_emptied;
ALTER TABLE benefits_stocktake ENABLE ALWAYS TRIGGER stocktake_ends_once;
ALTER TABLE benefits_stocktake ENABLE ALWAYS TRIGGER stocktake_is_on_record;
ALTER TABLE benefits_stocktake ENABLE ALWAYS TRIGGER stocktake_is_never_taken_back;
ALTER TABLE benefits_stocktake ENABLE ALWAYS TRIGGER stocktake_is_never_emptied;
ALTER TABLE benefits_stocktakeline ENABLE ALWAYS TRIGGER stocktake_is_open_while_scanned;
ALTER TABLE benefits_stocktakeline ENABLE ALWAYS TRIGGER stocktakeline_is_never_taken_back;
ALTER TABLE benefits_stocktakeline ENABLE ALWAYS TRIGGER stocktakeline_is_never_emptied;
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_closes_with_its_papers;

REVOKE ALL ON FUNCTION benefits_custody_is_append_only() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_place_takes(uuid, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_place_stays_as_it_is() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_box_moves_by_movements() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_paper_moves_by_movements() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_movement_is_stamped() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_movement_moves() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_application_closes_with_its_papers() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_destruction_takes_two() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_destruction_list_is_fixed() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_destruction_takes_the_whole_list() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_stocktake_ends_once() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_stocktake_is_open_while_scanned() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_custody_is_on_record() FROM PUBLIC;
"""

REMOVE = """
DROP TRIGGER place_stays_as_it_is ON benefits_place;
DROP TRIGGER place_is_on_record ON benefits_place;
DROP TRIGGER place_is_never_taken_back ON benefits_place;
DROP TRIGGER place_is_never_emptied ON benefits_place;
DROP TRIGGER box_moves_by_movements ON benefits_box;
DROP TRIGGER box_is_on_record ON benefits_box;
DROP TRIGGER box_is_never_taken_back ON benefits_box;
DROP TRIGGER box_is_never_emptied ON benefits_box;
DROP TRIGGER paper_moves_by_movements ON benefits_paper;
DROP TRIGGER paper_is_on_record ON benefits_paper;
DROP TRIGGER paper_is_never_taken_back ON benefits_paper;
DROP TRIGGER paper_is_never_emptied ON benefits_paper;
DROP TRIGGER movement_is_stamped ON benefits_movement;
DROP TRIGGER movement_moves ON benefits_movement;
DROP TRIGGER movement_is_on_record ON benefits_movement;
DROP TRIGGER movement_is_never_taken_back ON benefits_movement;
DROP TRIGGER movement_is_never_emptied ON benefits_movement;
DROP TRIGGER destruction_takes_two ON benefits_destructionlist;
DROP TRIGGER destruction_takes_the_whole_list ON benefits_destructionlist;
DROP TRIGGER destructionlist_is_on_record ON benefits_destructionlist;
DROP TRIGGER destructionlist_is_never_taken_back ON benefits_destructionlist;
DROP TRIGGER destructionlist_is_never_emptied ON benefits_destructionlist;
DROP TRIGGER destruction_list_is_fixed ON benefits_destructionitem;
DROP TRIGGER destructionitem_is_never_taken_back ON benefits_destructionitem;
DROP TRIGGER destructionitem_is_never_emptied ON benefits_destructionitem;
DROP TRIGGER stocktake_ends_once ON benefits_stocktake;
DROP TRIGGER stocktake_is_on_record ON benefits_stocktake;
DROP TRIGGER stocktake_is_never_taken_back ON benefits_stocktake;
DROP TRIGGER stocktake_is_never_emptied ON benefits_stocktake;
DROP TRIGGER stocktake_is_open_while_scanned ON benefits_stocktakeline;
DROP TRIGGER stocktakeline_is_never_taken_back ON benefits_stocktakeline;
DROP TRIGGER stocktakeline_is_never_emptied ON benefits_stocktakeline;
DROP TRIGGER application_closes_with_its_papers ON benefits_application;
DROP FUNCTION benefits_custody_is_on_record();
DROP FUNCTION benefits_stocktake_is_open_while_scanned();
DROP FUNCTION benefits_stocktake_ends_once();
DROP FUNCTION benefits_destruction_takes_the_whole_list();
DROP FUNCTION benefits_destruction_list_is_fixed();
DROP FUNCTION benefits_destruction_takes_two();
DROP FUNCTION benefits_application_closes_with_its_papers();
DROP FUNCTION benefits_movement_moves();
DROP FUNCTION benefits_movement_is_stamped();
DROP FUNCTION benefits_paper_moves_by_movements();
DROP FUNCTION benefits_box_moves_by_movements();
DROP FUNCTION benefits_place_stays_as_it_is();
DROP FUNCTION benefits_place_takes(uuid, boolean);
DROP FUNCTION benefits_custody_is_append_only();
ALTER TABLE benefits_destructionlist DROP COLUMN decided_xid, DROP COLUMN proposed_xid;
DROP SEQUENCE benefits_label;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("benefits", "0010_letting_go"), ("mynumber", "0007_letting_go")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Place",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=10, unique=True, verbose_name="ラベル番号")),
                ("site", models.CharField(max_length=80, verbose_name="施設")),
                ("room", models.CharField(max_length=80, verbose_name="部屋")),
                ("cabinet", models.CharField(max_length=80, verbose_name="キャビネット・棚")),
                ("lock", models.CharField(blank=True, max_length=80, verbose_name="鍵")),
                ("is_staff_only", models.BooleanField(verbose_name="職員専用区域")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="閉鎖日時")),
            ],
            options={
                "verbose_name": "保管場所",
                "verbose_name_plural": "保管場所",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^L[0-9]{9}$")), name="place_code_is_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("site", ""), _negated=True),
                            models.Q(("room", ""), _negated=True),
                            models.Q(("cabinet", ""), _negated=True),
                        ),
                        name="place_says_where_it_is",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                            models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="place_closing_is_signed_and_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("site", "room", "cabinet"),
                        name="place_is_there_once",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Box",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=10, unique=True, verbose_name="ラベル番号")),
                (
                    "place",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="boxes", to="benefits.place"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("HELD", "保管中"), ("HANDED_OVER", "受領確認待ち")],
                        default="HELD",
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("movement_count", models.PositiveIntegerField(default=0, verbose_name="移動の回数")),
                ("moved_at", models.DateTimeField(blank=True, null=True, verbose_name="最後の移動")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="使い終わった日時")),
            ],
            options={
                "verbose_name": "箱",
                "verbose_name_plural": "箱",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "HANDED_OVER")), fields=["moved_at", "id"], name="box_handed_over"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^B[0-9]{9}$")), name="box_code_is_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["HELD", "HANDED_OVER"])), name="box_state_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("receiver__isnull", False), ("state", "HANDED_OVER")),
                            models.Q(models.Q(("state", "HANDED_OVER"), _negated=True), ("receiver__isnull", True)),
                            _connector="OR",
                        ),
                        name="box_on_its_way_has_a_receiver",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                            models.Q(("closed_at__isnull", True), ("closed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="box_closing_is_signed_and_dated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DestructionList",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=10, unique=True, verbose_name="廃棄一覧の番号")),
                ("basis", models.CharField(max_length=800, verbose_name="廃棄の根拠")),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="提案日時"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("DONE", "廃棄済み"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
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
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
            ],
            options={
                "verbose_name": "廃棄一覧",
                "verbose_name_plural": "廃棄一覧",
                "default_permissions": (),
                "indexes": [models.Index(fields=["-proposed_at", "-id"], name="destruction_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^D[0-9]{9}$")), name="destruction_code_is_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis", ""), _negated=True), name="destruction_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "DONE", "REJECTED", "WITHDRAWN"])),
                        name="destruction_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("decided_by__isnull", True), ("outcome", "")),
                                models.Q(models.Q(("outcome", ""), _negated=True), ("decided_by__isnull", False)),
                                _connector="OR",
                            ),
                        ),
                        name="destruction_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["DONE", "REJECTED"]), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="destruction_takes_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "WITHDRAWN"), _negated=True),
                            ("decided_by", models.F("proposed_by")),
                            _connector="OR",
                        ),
                        name="destruction_is_withdrawn_by_its_proposer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Paper",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("code", models.CharField(max_length=10, unique=True, verbose_name="ラベル番号")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="papers", to="benefits.application"
                    ),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="種類")),
                ("holds_number", models.BooleanField(verbose_name="個人番号の記載")),
                ("is_required", models.BooleanField(default=False, verbose_name="提出を求めた書類")),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="copies",
                        to="benefits.paper",
                    ),
                ),
                (
                    "listed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "listed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("EXPECTED", "未受領"),
                            ("NOT_NEEDED", "不要"),
                            ("HELD", "保管中"),
                            ("HANDED_OVER", "受領確認待ち"),
                            ("LENT", "貸出中"),
                            ("MISSING", "所在不明"),
                            ("LOST", "紛失（確定）"),
                            ("DESTROYED", "廃棄済み"),
                        ],
                        default="EXPECTED",
                        max_length=20,
                        verbose_name="状態",
                    ),
                ),
                ("is_original", models.BooleanField(default=True, verbose_name="原本")),
                ("sheets", models.PositiveSmallIntegerField(default=1, verbose_name="枚数")),
                ("received_on", models.DateField(blank=True, null=True, verbose_name="受領日")),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="benefits.place",
                    ),
                ),
                (
                    "box",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="benefits.box",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("borrower", models.CharField(blank=True, default="", max_length=240, verbose_name="貸出先")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="返却期限")),
                ("movement_count", models.PositiveIntegerField(default=0, verbose_name="移動の回数")),
                ("moved_at", models.DateTimeField(blank=True, null=True, verbose_name="最後の移動")),
            ],
            options={
                "verbose_name": "書類",
                "verbose_name_plural": "書類",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["state", "-code"], name="paper_by_state"),
                    models.Index(fields=["place", "-code"], name="paper_by_place"),
                    models.Index(fields=["box", "-code"], name="paper_by_box"),
                    models.Index(condition=models.Q(("state", "LENT")), fields=["due_on", "id"], name="paper_lent"),
                    models.Index(
                        condition=models.Q(("state", "HANDED_OVER")),
                        fields=["moved_at", "id"],
                        name="paper_handed_over",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^P[0-9]{9}$")), name="paper_code_is_a_label"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "EXPECTED",
                                    "NOT_NEEDED",
                                    "HELD",
                                    "HANDED_OVER",
                                    "LENT",
                                    "MISSING",
                                    "LOST",
                                    "DESTROYED",
                                ],
                            )
                        ),
                        name="paper_state_is_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("kind", ""), _negated=True), name="paper_has_a_kind"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["APPLICATION", "NUMBER"]), _negated=True),
                            ("holds_number", True),
                            _connector="OR",
                        ),
                        name="paper_of_the_number_says_so",
                    ),
                    models.CheckConstraint(condition=models.Q(("sheets__gte", 1)), name="paper_has_sheets"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("box__isnull", True),
                                ("place__isnull", True),
                                ("state__in", ["EXPECTED", "NOT_NEEDED", "DESTROYED", "LOST"]),
                            ),
                            models.Q(
                                ("state__in", ["HELD", "HANDED_OVER", "LENT", "MISSING"]),
                                models.Q(
                                    models.Q(("box__isnull", True), ("place__isnull", False)),
                                    models.Q(("box__isnull", False), ("place__isnull", True)),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="paper_is_in_one_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("receiver__isnull", False), ("state", "HANDED_OVER")),
                            models.Q(models.Q(("state", "HANDED_OVER"), _negated=True), ("receiver__isnull", True)),
                            _connector="OR",
                        ),
                        name="paper_on_its_way_has_a_receiver",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due_on__isnull", False), ("state", "LENT"), models.Q(("borrower", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("state", "LENT"), _negated=True), ("borrower", ""), ("due_on__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="paper_lent_has_a_borrower_and_a_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DestructionItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "destruction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="benefits.destructionlist",
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="destruction_items",
                        to="benefits.paper",
                    ),
                ),
            ],
            options={
                "verbose_name": "廃棄する書類",
                "verbose_name_plural": "廃棄する書類",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("destruction", "paper"), name="paper_is_on_a_list_once")
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "paper",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="benefits.paper",
                    ),
                ),
                (
                    "box",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="benefits.box",
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="何回目か")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("RECEIVED", "受領"),
                            ("NOT_NEEDED", "不要とした"),
                            ("MOVED", "引渡し"),
                            ("CONFIRMED", "受領の確認"),
                            ("TAKEN_BACK", "引渡しの取りやめ"),
                            ("LENT", "貸出し"),
                            ("RETURNED", "返却"),
                            ("COPIED", "写しの作成"),
                            ("MISSING", "所在不明"),
                            ("FOUND", "発見"),
                            ("DESTROYED", "廃棄"),
                            ("WRITTEN_OFF", "紛失の確定"),
                        ],
                        max_length=20,
                        verbose_name="内容",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="日時"),
                ),
                (
                    "giver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to_place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.place",
                    ),
                ),
                (
                    "to_box",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.box",
                    ),
                ),
                ("borrower", models.CharField(blank=True, default="", max_length=240, verbose_name="貸出先")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="返却期限")),
                ("received_on", models.DateField(blank=True, null=True, verbose_name="受領日")),
                ("sheets", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="枚数")),
                ("is_original", models.BooleanField(blank=True, null=True, verbose_name="原本")),
                (
                    "copy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.paper",
                    ),
                ),
                (
                    "destruction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="benefits.destructionlist",
                    ),
                ),
            ],
            options={
                "verbose_name": "書類の移動",
                "verbose_name_plural": "書類の移動",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("box__isnull", True), ("paper__isnull", False)),
                            models.Q(
                                ("box__isnull", False),
                                ("kind__in", ("MOVED", "CONFIRMED", "TAKEN_BACK")),
                                ("paper__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_is_of_a_paper_or_a_box",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "RECEIVED",
                                    "NOT_NEEDED",
                                    "MOVED",
                                    "CONFIRMED",
                                    "TAKEN_BACK",
                                    "LENT",
                                    "RETURNED",
                                    "COPIED",
                                    "MISSING",
                                    "FOUND",
                                    "DESTROYED",
                                    "WRITTEN_OFF",
                                ],
                            )
                        ),
                        name="movement_kind_is_known",
                    ),
                    models.UniqueConstraint(fields=("paper", "number"), name="paper_moves_one_step_at_a_time"),
                    models.UniqueConstraint(fields=("box", "number"), name="box_moves_one_step_at_a_time"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "MOVED"), _negated=True),
                            models.Q(
                                ("giver", models.F("by")),
                                ("giver__isnull", False),
                                ("receiver__isnull", False),
                                models.Q(("giver", models.F("receiver")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_is_given_and_received_by_two",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["RECEIVED", "MOVED", "RETURNED", "FOUND"]),
                                models.Q(
                                    models.Q(("to_box__isnull", True), ("to_place__isnull", False)),
                                    models.Q(("to_box__isnull", False), ("to_place__isnull", True)),
                                    _connector="OR",
                                ),
                            ),
                            models.Q(
                                models.Q(("kind__in", ["RECEIVED", "MOVED", "RETURNED", "FOUND"]), _negated=True),
                                ("to_box__isnull", True),
                                ("to_place__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_leads_somewhere",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("box__isnull", True), ("to_box__isnull", True), _connector="OR"),
                        name="movement_of_a_box_leads_to_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due_on__isnull", False), ("kind", "LENT"), models.Q(("borrower", ""), _negated=True)
                            ),
                            models.Q(
                                models.Q(("kind", "LENT"), _negated=True), ("borrower", ""), ("due_on__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="movement_lends_to_somebody_until_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "RECEIVED"), ("received_on__isnull", False), ("sheets__gte", 1)),
                            models.Q(
                                models.Q(("kind", "RECEIVED"), _negated=True),
                                ("is_original__isnull", True),
                                ("received_on__isnull", True),
                                ("sheets__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_receives_on_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("copy__isnull", False), ("kind", "COPIED")),
                            models.Q(models.Q(("kind", "COPIED"), _negated=True), ("copy__isnull", True)),
                            _connector="OR",
                        ),
                        name="movement_of_copying_names_the_copy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("destruction__isnull", False), ("kind__in", ["DESTROYED", "WRITTEN_OFF"])),
                            models.Q(
                                models.Q(("kind__in", ["DESTROYED", "WRITTEN_OFF"]), _negated=True),
                                ("destruction__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="movement_destroys_by_a_list",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="Stocktake",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stocktakes",
                        to="benefits.place",
                    ),
                ),
                (
                    "box",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stocktakes",
                        to="benefits.box",
                    ),
                ),
                (
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "begun_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="開始日時"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("FINISHED", "完了"), ("CANCELLED", "中止")],
                        default="",
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="終了日時")),
            ],
            options={
                "verbose_name": "書類の棚卸し",
                "verbose_name_plural": "書類の棚卸し",
                "default_permissions": (),
                "indexes": [models.Index(fields=["-begun_at", "-id"], name="stocktake_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("box__isnull", True), ("place__isnull", False)),
                            models.Q(("box__isnull", False), ("place__isnull", True)),
                            _connector="OR",
                        ),
                        name="stocktake_is_of_a_place_or_a_box",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "FINISHED", "CANCELLED"])),
                        name="stocktake_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                                models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("ended_by__isnull", True), ("outcome", "")),
                                models.Q(models.Q(("outcome", ""), _negated=True), ("ended_by__isnull", False)),
                                _connector="OR",
                            ),
                        ),
                        name="stocktake_end_is_signed_and_dated",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")), fields=("place",), name="place_is_counted_once_at_a_time"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")), fields=("box",), name="box_is_counted_once_at_a_time"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StocktakeLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "stocktake",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="benefits.stocktake"
                    ),
                ),
                ("code", models.CharField(max_length=40, verbose_name="番号")),
                (
                    "finding",
                    models.CharField(
                        choices=[
                            ("PRESENT", "あり"),
                            ("MISPLACED", "別の場所の登録"),
                            ("UNKNOWN", "登録のない番号"),
                            ("MISSING", "見つからない"),
                        ],
                        max_length=20,
                        verbose_name="結果",
                    ),
                ),
                (
                    "paper",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.paper",
                    ),
                ),
                (
                    "box",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.box",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="日時"),
                ),
            ],
            options={
                "verbose_name": "棚卸しの明細",
                "verbose_name_plural": "棚卸しの明細",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("finding__in", ["PRESENT", "MISPLACED", "UNKNOWN", "MISSING"])),
                        name="stocktake_finding_is_known",
                    ),
                    models.UniqueConstraint(fields=("stocktake", "code"), name="code_is_counted_once"),
                ],
                "indexes": [],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]

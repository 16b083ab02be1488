"""Guards for files of staff and for access reviews that hold for raw SQL too, and the result that a review closes with.

A file is decided once, by two people. A right under review is answered by somebody whose duty it is, never by its own
holder, and not after the review has closed; what the review came to is written once, when it closes.
"""

from typing import ClassVar

from django.db import migrations, models

INSTALL = """
CREATE FUNCTION accounts_batch_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.decided_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'batch_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.proposed_by_id, 'USER_ADMINISTRATOR') THEN
            RAISE EXCEPTION 'batch_is_brought_by_a_user_administrator' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'batch_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at'] THEN
        RAISE EXCEPTION 'batch_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = 'WITHDRAWN' AND NEW.decided_by_id IS DISTINCT FROM NEW.proposed_by_id THEN
        RAISE EXCEPTION 'batch_is_withdrawn_by_whoever_brought_it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('APPROVED', 'REJECTED') AND NOT accounts_holds(NEW.decided_by_id, 'USER_ADMINISTRATOR') THEN
        RAISE EXCEPTION 'batch_is_decided_by_a_user_administrator' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_batch_takes_two() FROM PUBLIC;
CREATE TRIGGER batch_takes_two BEFORE INSERT OR UPDATE ON accounts_staffbatch
FOR EACH ROW EXECUTE FUNCTION accounts_batch_takes_two();
ALTER TABLE accounts_staffbatch ENABLE ALWAYS TRIGGER batch_takes_two;

-- Runs at COMMIT: no file and no decision on one without its entry, in the name of whoever took the step.
CREATE FUNCTION accounts_batch_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'accounts.staffbatch' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE'
          AND e.action = CASE WHEN TG_OP = 'INSERT' THEN 'accounts.batch.uploaded'
                              WHEN NEW.outcome = 'APPROVED' THEN 'accounts.batch.applied'
                              ELSE 'accounts.batch.rejected' END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END
    ) THEN
        RAISE EXCEPTION 'batch_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_batch_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER batch_is_on_record AFTER INSERT OR UPDATE ON accounts_staffbatch
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_batch_is_on_record();
ALTER TABLE accounts_staffbatch ENABLE ALWAYS TRIGGER batch_is_on_record;

CREATE FUNCTION accounts_review_closes_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (now() AT TIME ZONE 'Asia/Tokyo')::date;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.closed_at IS NOT NULL OR NEW.closed_by_id IS NOT NULL OR NEW.result IS NOT NULL THEN
            RAISE EXCEPTION 'review_begins_open' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.due_on < today THEN
            RAISE EXCEPTION 'review_is_due_later' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.opened_by_id, 'USER_ADMINISTRATOR') THEN
            RAISE EXCEPTION 'review_is_opened_by_a_user_administrator' USING ERRCODE = 'check_violation';
        END IF;
        NEW.opened_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'review_closes_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['closed_at', 'closed_by_id', 'result']
       <> to_jsonb(OLD) - ARRAY['closed_at', 'closed_by_id', 'result'] THEN
        RAISE EXCEPTION 'review_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.closed_at IS NULL OR NEW.result IS NULL THEN
        RAISE EXCEPTION 'review_closes_with_its_result' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.due_on >= today AND EXISTS (SELECT 1 FROM accounts_accessanswer a WHERE a.review_id = NEW.id AND a.answer = '')
    THEN
        RAISE EXCEPTION 'review_closes_when_due_or_answered' USING ERRCODE = 'check_violation';
    END IF;
    -- Without a name it was the daily command, which closes what is past due.
    IF NEW.closed_by_id IS NULL AND NEW.due_on >= today THEN
        RAISE EXCEPTION 'review_is_closed_by_somebody' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.closed_by_id IS NOT NULL AND (
        NEW.closed_by_id = NEW.opened_by_id OR NOT accounts_holds(NEW.closed_by_id, 'USER_ADMINISTRATOR')) THEN
        RAISE EXCEPTION 'review_is_closed_by_a_second_person' USING ERRCODE = 'check_violation';
    END IF;
    NEW.closed_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_review_closes_once() FROM PUBLIC;
CREATE TRIGGER review_closes_once BEFORE INSERT OR UPDATE ON accounts_accessreview
FOR EACH ROW EXECUTE FUNCTION accounts_review_closes_once();
ALTER TABLE accounts_accessreview ENABLE ALWAYS TRIGGER review_closes_once;

-- Runs at COMMIT: no review begins or closes without its entry.
CREATE FUNCTION accounts_review_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'accounts.accessreview' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE'
          AND e.action = CASE WHEN TG_OP = 'INSERT' THEN 'accounts.review.opened' ELSE 'accounts.review.closed' END
          AND e.actor_id IS NOT DISTINCT FROM CASE WHEN TG_OP = 'INSERT' THEN NEW.opened_by_id ELSE NEW.closed_by_id END
    ) THEN
        RAISE EXCEPTION 'review_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND EXISTS (
        SELECT 1 FROM accounts_accessanswer a JOIN accounts_roleassignment r ON r.id = a.assignment_id
        CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE 'Asia/Tokyo')::date AS today) t
        WHERE a.review_id = NEW.id AND a.answer = '' AND r.suspended_at IS NULL AND r.role <> 'USER_ADMINISTRATOR'
          AND r.starts_on <= t.today AND coalesce(least(r.ends_on, r.ended_on) >= t.today, true)
    ) THEN
        RAISE EXCEPTION 'review_suspends_what_is_unanswered' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_review_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER review_is_on_record AFTER INSERT OR UPDATE ON accounts_accessreview
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_review_is_on_record();
ALTER TABLE accounts_accessreview ENABLE ALWAYS TRIGGER review_is_on_record;

-- Runs at COMMIT: a right is suspended only with its entry, by a review that closes in the same transaction.
CREATE FUNCTION accounts_suspension_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT accounts_is_owner() AND (
        NOT EXISTS (SELECT 1 FROM audit.event e WHERE e.xid = pg_current_xact_id() AND e.result = 'DONE'
                    AND e.action = 'accounts.role.suspended' AND e.subject_id = NEW.user_id::text)
        OR NOT EXISTS (SELECT 1 FROM audit.event e WHERE e.xid = pg_current_xact_id() AND e.result = 'DONE'
                       AND e.action = 'accounts.review.closed')
    ) THEN
        RAISE EXCEPTION 'right_suspension_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_suspension_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER right_suspension_is_on_record AFTER UPDATE ON accounts_roleassignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at)
EXECUTE FUNCTION accounts_suspension_is_on_record();
ALTER TABLE accounts_roleassignment ENABLE ALWAYS TRIGGER right_suspension_is_on_record;

CREATE FUNCTION accounts_answer_is_its_heads() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    review record;
    holder bigint;
    own_section text;
BEGIN
    -- Held against closing: an answer is either there before the review closes or refused.
    SELECT v.closed_at, v.id INTO review FROM accounts_accessreview v WHERE v.id = NEW.review_id FOR SHARE;
    IF review.closed_at IS NOT NULL THEN
        RAISE EXCEPTION 'answer_comes_before_the_review_closes' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.answer <> '' THEN
            RAISE EXCEPTION 'answer_begins_open' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM audit.event e WHERE e.subject_id = NEW.review_id::text AND e.xid = pg_current_xact_id()
            AND e.subject_kind = 'accounts.accessreview' AND e.action = 'accounts.review.opened'
            AND e.result = 'DONE') THEN
            RAISE EXCEPTION 'rights_are_listed_when_a_review_opens' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.section IS DISTINCT FROM (SELECT u.section FROM accounts_roleassignment r
                                         JOIN accounts_user u ON u.id = r.user_id WHERE r.id = NEW.assignment_id) THEN
            RAISE EXCEPTION 'answer_is_listed_under_its_own_section' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - ARRAY['answer', 'reason', 'answered_by_id', 'answered_at']
       <> to_jsonb(OLD) - ARRAY['answer', 'reason', 'answered_by_id', 'answered_at'] THEN
        RAISE EXCEPTION 'answer_keeps_its_evidence' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.answer IN ('CHANGE', 'END') OR NEW.answer = '' THEN
        RAISE EXCEPTION 'answer_that_was_proposed_stays' USING ERRCODE = 'check_violation';
    END IF;
    SELECT r.user_id INTO holder FROM accounts_roleassignment r WHERE r.id = NEW.assignment_id;
    SELECT u.section INTO own_section FROM accounts_user u WHERE u.id = NEW.answered_by_id;
    IF holder = NEW.answered_by_id THEN
        RAISE EXCEPTION 'answer_is_not_about_oneself' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (accounts_holds(NEW.answered_by_id, 'SECTION_HEAD') AND NEW.section <> '' AND own_section = NEW.section)
       AND NOT (accounts_holds(NEW.answered_by_id, 'USER_ADMINISTRATOR') AND accounts_holds(holder, 'SECTION_HEAD')) THEN
        RAISE EXCEPTION 'answer_is_its_heads' USING ERRCODE = 'check_violation';
    END IF;
    NEW.answered_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION accounts_answer_is_its_heads() FROM PUBLIC;
CREATE TRIGGER answer_is_its_heads BEFORE INSERT OR UPDATE ON accounts_accessanswer
FOR EACH ROW EXECUTE FUNCTION accounts_answer_is_its_heads();
ALTER TABLE accounts_accessanswer ENABLE ALWAYS TRIGGER answer_is_its_heads;

-- Runs at COMMIT: no answer without its entry, in the name of whoever gave it.
CREATE FUNCTION accounts_answer_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'accounts.accessanswer' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.action = 'accounts.review.answered' AND e.actor_id = NEW.answered_by_id
    ) THEN
        RAISE EXCEPTION 'answer_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION accounts_answer_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER answer_is_on_record AFTER UPDATE ON accounts_accessanswer
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_answer_is_on_record();
ALTER TABLE accounts_accessanswer ENABLE ALWAYS TRIGGER answer_is_on_record;
"""

REMOVE = """
DROP TRIGGER right_suspension_is_on_record ON accounts_roleassignment;
DROP FUNCTION accounts_suspension_is_on_record();
DROP TRIGGER answer_is_on_record ON accounts_accessanswer;
DROP FUNCTION accounts_answer_is_on_record();
DROP TRIGGER answer_is_its_heads ON accounts_accessanswer;
DROP FUNCTION accounts_answer_is_its_heads();
DROP TRIGGER review_is_on_record ON accounts_accessreview;
DROP FUNCTION accounts_review_is_on_record();
DROP TRIGGER review_closes_once ON accounts_accessreview;
DROP FUNCTION accounts_review_closes_once();
DROP TRIGGER batch_is_on_record ON accounts_staffbatch;
DROP FUNCTION accounts_batch_is_on_record();
DROP TRIGGER batch_takes_two ON accounts_staffbatch;
DROP FUNCTION accounts_batch_takes_two();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0004_rights_guards")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="accessreview",
            name="result",
            field=models.JSONField(blank=True, editable=False, null=True, verbose_name="結果"),
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]

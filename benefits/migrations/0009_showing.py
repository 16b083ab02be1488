"""Protected people, the release of their numbers by a second person, and the review of reveals without a case."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.roles import CONFLICTS

INSTALL = """
ALTER TABLE benefits_numberrelease ADD COLUMN decided_xid xid8;

-- Which release let which reveal pass: once each. Closed to the app role.
CREATE TABLE vault.release_use (
    release_id uuid        NOT NULL PRIMARY KEY,
    event_id   uuid        NOT NULL UNIQUE,
    used_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Whether somebody is protected today, and with them everybody whose number came with their applications. What waits
-- for its second person protects already.
CREATE FUNCTION benefits_is_protected(p_person uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM benefits_protection p
        CROSS JOIN LATERAL (SELECT (clock_timestamp() AT TIME ZONE 'Asia/Tokyo')::date AS today) t
        WHERE (p.person_id = p_person OR p.person_id IN (
                  SELECT a.person_id FROM benefits_householdperson h JOIN benefits_application a ON a.id = h.application_id
                  WHERE h.id = p_person))
          AND p.outcome IN ('', 'APPROVED') AND p.lifted_at IS NULL
          AND p.starts_on <= t.today AND coalesce(p.ends_on >= t.today, true));
$$;
REVOKE ALL ON FUNCTION benefits_is_protected(uuid) FROM PUBLIC;

CREATE FUNCTION benefits_protection_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.lift_proposed_at IS NOT NULL OR NEW.lifted_at IS NOT NULL THEN
            RAISE EXCEPTION 'protection_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (accounts_holds(NEW.proposed_by_id, 'MAKER') OR accounts_holds(NEW.proposed_by_id, 'CHECKER')) THEN
            RAISE EXCEPTION 'protection_is_proposed_by_a_maker_or_checker' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.person_id, NEW.kind, NEW.starts_on, NEW.sealed_reason, NEW.proposed_by_id, NEW.proposed_at)
       IS DISTINCT FROM (OLD.id, OLD.person_id, OLD.kind, OLD.starts_on, OLD.sealed_reason, OLD.proposed_by_id, OLD.proposed_at)
       OR NEW.ends_on IS DISTINCT FROM OLD.ends_on THEN
        RAISE EXCEPTION 'protection_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome <> OLD.outcome THEN
        IF OLD.outcome <> '' OR NEW.lift_proposed_at IS NOT NULL THEN
            RAISE EXCEPTION 'protection_is_decided_once' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.outcome <> 'WITHDRAWN' AND NOT accounts_holds(NEW.decided_by_id, 'SECTION_HEAD') THEN
            RAISE EXCEPTION 'protection_is_decided_by_a_section_head' USING ERRCODE = 'check_violation';
        END IF;
        NEW.decided_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF (NEW.decided_by_id, NEW.decided_at) IS DISTINCT FROM (OLD.decided_by_id, OLD.decided_at)
       OR NEW.outcome <> 'APPROVED' OR OLD.lifted_at IS NOT NULL THEN
        RAISE EXCEPTION 'protection_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.lifted_at IS NOT NULL THEN
        IF OLD.lift_proposed_at IS NULL
           OR (NEW.lift_proposed_by_id, NEW.lift_proposed_at, NEW.sealed_lift_reason)
              IS DISTINCT FROM (OLD.lift_proposed_by_id, OLD.lift_proposed_at, OLD.sealed_lift_reason) THEN
            RAISE EXCEPTION 'protection_is_lifted_as_proposed' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.lifted_by_id, 'SECTION_HEAD') THEN
            RAISE EXCEPTION 'protection_is_lifted_by_a_section_head' USING ERRCODE = 'check_violation';
        END IF;
        NEW.lifted_at := clock_timestamp();
    ELSIF OLD.lift_proposed_at IS NULL THEN
        IF NOT (accounts_holds(NEW.lift_proposed_by_id, 'MAKER') OR accounts_holds(NEW.lift_proposed_by_id, 'CHECKER')) THEN
            RAISE EXCEPTION 'protection_is_proposed_by_a_maker_or_checker' USING ERRCODE = 'check_violation';
        END IF;
        NEW.lift_proposed_at := clock_timestamp();
    ELSIF NEW.lift_proposed_at IS NOT NULL THEN
        RAISE EXCEPTION 'protection_lifting_is_proposed_once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_protection_takes_two() FROM PUBLIC;
CREATE TRIGGER protection_takes_two BEFORE INSERT OR UPDATE ON benefits_protection
FOR EACH ROW EXECUTE FUNCTION benefits_protection_takes_two();
ALTER TABLE benefits_protection ENABLE ALWAYS TRIGGER protection_takes_two;

-- Runs at COMMIT: no step without its entry, in the name of whoever took it.
CREATE FUNCTION benefits_protection_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted text;
    whose bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        wanted := 'proposed'; whose := NEW.proposed_by_id;
    ELSIF NEW.outcome <> OLD.outcome THEN
        wanted := lower(NEW.outcome); whose := NEW.decided_by_id;
    ELSIF NEW.lifted_at IS NOT NULL THEN
        wanted := 'lifted'; whose := NEW.lifted_by_id;
    ELSIF NEW.lift_proposed_at IS NOT NULL THEN
        wanted := 'lift_proposed'; whose := NEW.lift_proposed_by_id;
    ELSE
        wanted := 'lift_rejected';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.protection' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.action = 'benefits.protection.' || wanted AND e.person_id = NEW.person_id
          AND CASE WHEN wanted = 'lift_rejected'
                   THEN e.actor_id = OLD.lift_proposed_by_id OR accounts_holds(e.actor_id, 'SECTION_HEAD')
                   ELSE e.actor_id = whose END
    ) THEN
        RAISE EXCEPTION 'protection_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_protection_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER protection_is_on_record AFTER INSERT OR UPDATE ON benefits_protection
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_protection_is_on_record();
ALTER TABLE benefits_protection ENABLE ALWAYS TRIGGER protection_is_on_record;

CREATE FUNCTION benefits_release_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            RAISE EXCEPTION 'release_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.asked_by_id, 'NUMBER_VIEWER') THEN
            RAISE EXCEPTION 'release_is_asked_for_by_a_number_viewer' USING ERRCODE = 'check_violation';
        END IF;
        NEW.asked_at := clock_timestamp();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'release_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid']
       <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at', 'decided_xid'] OR NEW.outcome = '' THEN
        RAISE EXCEPTION 'release_is_not_changed' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome <> 'WITHDRAWN' AND NOT accounts_holds(NEW.decided_by_id, 'SECTION_HEAD') THEN
        RAISE EXCEPTION 'release_is_given_by_a_section_head' USING ERRCODE = 'check_violation';
    END IF;
    -- what was asked an hour ago is asked again
    IF NEW.outcome = 'RELEASED' AND OLD.asked_at < clock_timestamp() - interval '1 hour' THEN
        RAISE EXCEPTION 'release_is_given_within_the_hour' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    NEW.decided_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_release_takes_two() FROM PUBLIC;
CREATE TRIGGER release_takes_two BEFORE INSERT OR UPDATE ON benefits_numberrelease
FOR EACH ROW EXECUTE FUNCTION benefits_release_takes_two();
ALTER TABLE benefits_numberrelease ENABLE ALWAYS TRIGGER release_takes_two;

-- Runs at COMMIT.
CREATE FUNCTION benefits_release_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.numberrelease' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.person_id = NEW.person_id
          AND e.action = 'benefits.release.' || CASE WHEN TG_OP = 'INSERT' THEN 'asked' ELSE lower(NEW.outcome) END
          AND e.actor_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.asked_by_id ELSE NEW.decided_by_id END
    ) THEN
        RAISE EXCEPTION 'release_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_release_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER release_is_on_record AFTER INSERT OR UPDATE ON benefits_numberrelease
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_release_is_on_record();
ALTER TABLE benefits_numberrelease ENABLE ALWAYS TRIGGER release_is_on_record;

-- Runs inside vault.fetch: a protected person's number comes only against a release of the same person, viewer and
-- purpose, given by somebody else who still holds the duty, committed by another transaction, ten minutes old at most,
-- and never used before.
CREATE FUNCTION benefits_number_of_a_protected_person_is_released() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    entry record;
    released uuid;
BEGIN
    SELECT e.person_id, e.actor_id, e.purpose INTO entry FROM audit.event e WHERE e.id = NEW.event_id;
    IF NOT benefits_is_protected(entry.person_id) THEN
        RETURN NEW;
    END IF;
    SELECT r.id INTO released FROM benefits_numberrelease r
    WHERE r.person_id = entry.person_id AND r.asked_by_id = entry.actor_id AND r.purpose = entry.purpose
      AND r.outcome = 'RELEASED' AND r.decided_by_id <> entry.actor_id
      AND accounts_holds(r.decided_by_id, 'SECTION_HEAD')
      AND r.decided_at > clock_timestamp() - interval '10 minutes'
      AND r.decided_xid <> pg_current_xact_id() AND pg_xact_status(r.decided_xid) = 'committed'
      AND NOT EXISTS (SELECT 1 FROM vault.release_use u WHERE u.release_id = r.id)
      -- a fetch that is rolled back leaves no use behind, but its entry is committed: one reveal for each release
      AND NOT EXISTS (SELECT 1 FROM audit.event o
                      WHERE o.person_id = entry.person_id AND o.actor_id = entry.actor_id AND o.id <> NEW.event_id
                        AND o.action = 'mynumber.number.revealed' AND o.result = 'DONE' AND o.at >= r.decided_at)
    ORDER BY r.decided_at LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'number_of_a_protected_person_is_released' USING ERRCODE = 'KY011';
    END IF;
    -- of two fetches at once the key lets one through
    INSERT INTO vault.release_use (release_id, event_id) VALUES (released, NEW.event_id);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_number_of_a_protected_person_is_released() FROM PUBLIC;
CREATE TRIGGER number_of_a_protected_person_is_released BEFORE INSERT ON vault.ticket_use
FOR EACH ROW EXECUTE FUNCTION benefits_number_of_a_protected_person_is_released();
ALTER TABLE vault.ticket_use ENABLE ALWAYS TRIGGER number_of_a_protected_person_is_released;

-- With the entry of a reveal, in its transaction: a reveal for which nothing of the person was on anybody's desk goes on
-- the list of those that somebody else looks at. Whoever claims that something was is believed only where it is there.
CREATE FUNCTION benefits_reveal_without_a_case_is_reviewed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    claimed text := NEW.details ->> 'ground';
    -- the recipient, when the number is that of somebody of their household
    recipient uuid := coalesce(
        (SELECT a.person_id FROM benefits_householdperson h JOIN benefits_application a ON a.id = h.application_id
         WHERE h.id = NEW.person_id), NEW.person_id);
    is_there boolean := false;
BEGIN
    IF NEW.person_id IS NULL OR NEW.actor_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF claimed = 'CASE' THEN
        is_there := EXISTS (
            SELECT 1 FROM benefits_application a
            WHERE a.person_id = recipient AND a.status IN ('DRAFT', 'SUBMITTED', 'RETURNED'));
    ELSIF claimed = 'CORRECTION' THEN
        -- nobody makes a case for themselves
        is_there := EXISTS (SELECT 1 FROM benefits_correction c WHERE c.person_id = recipient AND c.outcome = ''
                            AND c.opened_by_id <> NEW.actor_id);
    -- the two tables below come with later migrations of the same release
    ELSIF claimed = 'IMPORT' THEN
        is_there := EXISTS (SELECT 1 FROM benefits_jukirow r WHERE r.person_id = recipient AND r.state = 'QUEUED');
    ELSIF claimed = 'PAPERS' THEN
        is_there := EXISTS (
            SELECT 1 FROM benefits_paper p JOIN benefits_application a ON a.id = p.application_id
            WHERE a.person_id = recipient AND p.state IN ('HANDED_OVER', 'MISSING'));
    END IF;
    IF NOT is_there THEN
        INSERT INTO benefits_revealreview (event_id, person_id, viewer_id, shown_at, outcome)
        VALUES (NEW.id, NEW.person_id, NEW.actor_id, NEW.at, '');
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_reveal_without_a_case_is_reviewed() FROM PUBLIC;
CREATE TRIGGER reveal_without_a_case_is_reviewed AFTER INSERT ON audit.event
FOR EACH ROW WHEN (NEW.action = 'mynumber.number.revealed' AND NEW.result = 'DONE') EXECUTE FUNCTION benefits_reveal_without_a_case_is_reviewed();
ALTER TABLE audit.event ENABLE ALWAYS TRIGGER reveal_without_a_case_is_reviewed;

CREATE FUNCTION benefits_reveal_is_reviewed_by_a_reviewer() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.event_id, NEW.person_id, NEW.viewer_id, NEW.shown_at)
       IS DISTINCT FROM (OLD.event_id, OLD.person_id, OLD.viewer_id, OLD.shown_at) THEN
        RAISE EXCEPTION 'reveal_review_is_of_its_reveal' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.outcome = 'EXPLAINED' OR NEW.outcome NOT IN ('EXPLAINED', 'INVESTIGATE') OR NEW.outcome = OLD.outcome THEN
        RAISE EXCEPTION 'reveal_review_is_closed_once' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT (accounts_holds(NEW.reviewed_by_id, 'AUDITOR') OR accounts_holds(NEW.reviewed_by_id, 'SECTION_HEAD')) THEN
        RAISE EXCEPTION 'reveal_is_reviewed_by_a_reviewer' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM vault.release_use u JOIN benefits_numberrelease r ON r.id = u.release_id
               WHERE u.event_id = NEW.event_id AND r.decided_by_id = NEW.reviewed_by_id) THEN
        RAISE EXCEPTION 'reveal_is_not_reviewed_by_whoever_released_it' USING ERRCODE = 'check_violation';
    END IF;
    NEW.reviewed_at := clock_timestamp();
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_reveal_is_reviewed_by_a_reviewer() FROM PUBLIC;
CREATE TRIGGER reveal_is_reviewed_by_a_reviewer BEFORE UPDATE ON benefits_revealreview
FOR EACH ROW EXECUTE FUNCTION benefits_reveal_is_reviewed_by_a_reviewer();
ALTER TABLE benefits_revealreview ENABLE ALWAYS TRIGGER reveal_is_reviewed_by_a_reviewer;

-- Runs at COMMIT.
CREATE FUNCTION benefits_reveal_review_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.event_id::text AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = 'benefits.reveal.reviewed' AND e.actor_id = NEW.reviewed_by_id AND e.person_id = NEW.person_id
          AND e.details ->> 'status' = NEW.outcome
    ) THEN
        RAISE EXCEPTION 'reveal_review_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_reveal_review_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER reveal_review_is_on_record AFTER UPDATE ON benefits_revealreview
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_reveal_review_is_on_record();
ALTER TABLE benefits_revealreview ENABLE ALWAYS TRIGGER reveal_review_is_on_record;
"""

REMOVE = """
DROP TRIGGER reveal_review_is_on_record ON benefits_revealreview;
DROP FUNCTION benefits_reveal_review_is_on_record();
DROP TRIGGER reveal_is_reviewed_by_a_reviewer ON benefits_revealreview;
DROP FUNCTION benefits_reveal_is_reviewed_by_a_reviewer();
DROP TRIGGER reveal_without_a_case_is_reviewed ON audit.event;
DROP FUNCTION benefits_reveal_without_a_case_is_reviewed();
DROP TRIGGER number_of_a_protected_person_is_released ON vault.ticket_use;
DROP FUNCTION benefits_number_of_a_protected_person_is_released();
DROP TRIGGER release_is_on_record ON benefits_numberrelease;
DROP FUNCTION benefits_release_is_on_record();
DROP TRIGGER release_takes_two ON benefits_numberrelease;
DROP FUNCTION benefits_release_takes_two();
DROP TRIGGER protection_is_on_record ON benefits_protection;
DROP FUNCTION benefits_protection_is_on_record();
DROP TRIGGER protection_takes_two ON benefits_protection;
DROP FUNCTION benefits_protection_takes_two();
DROP FUNCTION benefits_is_protected(uuid);
DROP TABLE vault.release_use;
ALTER TABLE benefits_numberrelease DROP COLUMN decided_xid;
"""

# A section head now decides on people's protection, which is casework: whoever gives rights cannot be one any more.
# What somebody holds already stays until the next review; the list is the handbook's in both directions.
PAIRS = ", ".join(sorted(f"('{min(pair)}', '{max(pair)}')" for pair in CONFLICTS))
CONFLICTING_DUTIES = """
CREATE OR REPLACE FUNCTION accounts_conflict(p_one text, p_other text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (least(p_one COLLATE "C", p_other COLLATE "C"), greatest(p_one COLLATE "C", p_other COLLATE "C"))
           IN (VALUES __PAIRS__);
$$;
""".replace("__PAIRS__", PAIRS)


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0008_corrections"),
        ("mynumber", "0006_revealing"),
        ("accounts", "0005_review_guards"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="NumberRelease",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("INQUIRY", "情報照会（情報提供ネットワークシステム）"),
                            ("COMPARISON", "原本との照合"),
                            ("CORRECTION", "本人からの訂正の申出"),
                            ("INSURER", "医療保険者への照会"),
                            ("DISCLOSURE", "開示請求・監査への対応"),
                        ],
                        max_length=40,
                        verbose_name="目的",
                    ),
                ),
                ("sealed_reason", models.BinaryField(verbose_name="理由（暗号化）")),
                ("asked_at", models.DateTimeField(verbose_name="依頼日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("RELEASED", "解除"), ("REFUSED", "拒否"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="依頼者",
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
                        verbose_name="決定者",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="benefits.person",
                        verbose_name="受給者",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護された個人番号の解除",
                "verbose_name_plural": "保護された個人番号の解除",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["person", "asked_by", "-asked_at"], name="release_by_person"),
                    models.Index(
                        condition=models.Q(("outcome", "")), fields=["asked_at", "id"], name="release_waiting"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "RELEASED", "REFUSED", "WITHDRAWN"])),
                        name="release_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("purpose__in", ["INQUIRY", "COMPARISON", "CORRECTION", "INSURER", "DISCLOSURE"])
                        ),
                        name="release_purpose_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="release_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("asked_by")), ("outcome", "WITHDRAWN")),
                            models.Q(
                                models.Q(("outcome", "WITHDRAWN"), _negated=True),
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="release_is_given_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Protection",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("VIOLENCE", "DV・ストーカー行為等の支援措置"),
                            ("STAFF", "職員、またはその家族"),
                            ("OFFICIAL", "公職にある人、または広く知られた人"),
                            ("OTHER", "その他"),
                        ],
                        max_length=20,
                        verbose_name="区分",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="開始日")),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="終了日")),
                ("sealed_reason", models.BinaryField(verbose_name="理由（暗号化）")),
                ("proposed_at", models.DateTimeField(verbose_name="申請日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "承認"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=10,
                        verbose_name="結果",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                ("sealed_lift_reason", models.BinaryField(blank=True, null=True, verbose_name="解除の理由（暗号化）")),
                ("lift_proposed_at", models.DateTimeField(blank=True, null=True, verbose_name="解除の申請日時")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="解除の決定日時")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="決定者",
                    ),
                ),
                (
                    "lift_proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="解除の申請者",
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="解除の決定者",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="protections",
                        to="benefits.person",
                        verbose_name="受給者",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申請者",
                    ),
                ),
            ],
            options={
                "verbose_name": "保護",
                "verbose_name_plural": "保護",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["person", "-proposed_at"], name="protection_by_person"),
                    models.Index(fields=["-proposed_at", "-id"], name="protection_by_time"),
                    models.Index(
                        condition=models.Q(
                            ("outcome", ""),
                            models.Q(("lift_proposed_at__isnull", False), ("lifted_at__isnull", True)),
                            _connector="OR",
                        ),
                        fields=["proposed_at", "id"],
                        name="protection_waiting",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["VIOLENCE", "STAFF", "OFFICIAL", "OTHER"])),
                        name="protection_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                        name="protection_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                        ),
                        name="protection_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="protection_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("proposed_by")), ("outcome", "WITHDRAWN")),
                            models.Q(
                                models.Q(("outcome", "WITHDRAWN"), _negated=True),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="protection_is_decided_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lift_proposed_at__isnull", False),
                                ("lift_proposed_by__isnull", False),
                                ("sealed_lift_reason__isnull", False),
                            ),
                            models.Q(
                                ("lift_proposed_at__isnull", True),
                                ("lift_proposed_by__isnull", True),
                                ("sealed_lift_reason__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="protection_lifting_is_asked_for_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_at__isnull", False), ("lifted_by__isnull", False)),
                            models.Q(("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="protection_lifting_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lifted_by__isnull", True),
                            models.Q(
                                ("lift_proposed_by__isnull", False),
                                ("outcome", "APPROVED"),
                                models.Q(("lifted_by", models.F("lift_proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="protection_is_lifted_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RevealReview",
            fields=[
                ("event_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("person_id", models.UUIDField(verbose_name="受給者の識別子")),
                ("viewer_id", models.BigIntegerField(verbose_name="表示した人")),
                ("shown_at", models.DateTimeField(verbose_name="表示日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("EXPLAINED", "説明がついた"), ("INVESTIGATE", "要調査")],
                        default="",
                        max_length=12,
                        verbose_name="結果",
                    ),
                ),
                ("sealed_words", models.BinaryField(blank=True, null=True, verbose_name="確認の内容（暗号化）")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="確認日時")),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="確認した人",
                    ),
                ),
            ],
            options={
                "verbose_name": "個人番号の表示の確認",
                "verbose_name_plural": "個人番号の表示の確認",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")),
                        fields=["shown_at", "event_id"],
                        name="reveal_to_be_reviewed",
                    ),
                    models.Index(
                        condition=models.Q(("outcome", "INVESTIGATE")),
                        fields=["shown_at", "event_id"],
                        name="reveal_to_be_investigated",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "EXPLAINED", "INVESTIGATE"])),
                        name="reveal_review_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("outcome", ""),
                                ("reviewed_at__isnull", True),
                                ("reviewed_by__isnull", True),
                                ("sealed_words__isnull", True),
                            ),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                                ("sealed_words__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="reveal_review_is_signed_dated_and_explained",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed_by__isnull", True),
                            models.Q(("reviewed_by", models.F("viewer_id")), _negated=True),
                            _connector="OR",
                        ),
                        name="reveal_is_not_reviewed_by_its_viewer",
                    ),
                ],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        migrations.RunSQL(CONFLICTING_DUTIES, CONFLICTING_DUTIES),
    ]

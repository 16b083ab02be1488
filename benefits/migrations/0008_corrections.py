"""Requests to correct a number, held to two people by the database, and what the review of the holdings found."""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INSTALL = """
ALTER TABLE benefits_correction
    ADD COLUMN decided_xid xid8,
    ADD CONSTRAINT correction_names_everyone_who_typed_it
        CHECK (typed_by_id IS NULL OR typed_by_id = ANY (typist_ids)),
    ADD CONSTRAINT correction_is_not_decided_by_anyone_who_typed_it
        CHECK (outcome NOT IN ('APPROVED', 'REJECTED') OR NOT decided_by_id = ANY (typist_ids));

CREATE FUNCTION benefits_correction_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Whoever lost a duty a moment ago must be seen to have lost it.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'corrections_change_in_read_committed' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' OR NEW.version IS NOT NULL OR NEW.typist_ids <> '{}' OR NEW.decision_words <> '' THEN
            RAISE EXCEPTION 'correction_begins_open' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (accounts_holds(NEW.opened_by_id, 'MAKER') OR accounts_holds(NEW.opened_by_id, 'CHECKER')
                OR accounts_holds(NEW.opened_by_id, 'ISSUER') OR accounts_holds(NEW.opened_by_id, 'NUMBER_VIEWER')) THEN
            RAISE EXCEPTION 'correction_is_opened_by_whoever_sees_people' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM vault.number n
                       WHERE n.person = NEW.holder_id AND n.version = NEW.corrects AND n.state = 'IN_USE') THEN
            RAISE EXCEPTION 'correction_is_of_a_number_in_use' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.holder_id <> NEW.person_id AND NOT EXISTS (
            SELECT 1 FROM benefits_householdperson h JOIN benefits_application a ON a.id = h.application_id
            WHERE h.id = NEW.holder_id AND a.person_id = NEW.person_id AND a.status = 'APPROVED'
        ) THEN
            RAISE EXCEPTION 'correction_is_of_the_household' USING ERRCODE = 'check_violation';
        END IF;
        NEW.opened_at := clock_timestamp();
        NEW.decided_xid := NULL;
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' THEN
        RAISE EXCEPTION 'correction_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.person_id, NEW.holder_id, NEW.corrects, NEW.reason, NEW.words, NEW.opened_by_id, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.id, OLD.person_id, OLD.holder_id, OLD.corrects, OLD.reason, OLD.words, OLD.opened_by_id, OLD.opened_at) THEN
        RAISE EXCEPTION 'correction_keeps_its_origin' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.version, NEW.typed_by_id, NEW.typed_at, NEW.typist_ids, NEW.evidence)
       IS DISTINCT FROM (OLD.version, OLD.typed_by_id, OLD.typed_at, OLD.typist_ids, OLD.evidence) THEN
        IF NEW.outcome <> '' OR NEW.version IS NOT DISTINCT FROM OLD.version THEN
            RAISE EXCEPTION 'correction_is_typed_by_itself' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.typed_by_id, 'MAKER') OR accounts_holds(NEW.typed_by_id, 'NUMBER_VIEWER') THEN
            RAISE EXCEPTION 'correction_is_typed_by_a_maker' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT NEW.typist_ids @> OLD.typist_ids THEN
            RAISE EXCEPTION 'correction_names_everyone_who_typed_it' USING ERRCODE = 'check_violation';
        END IF;
        NEW.typed_at := clock_timestamp();
    END IF;
    IF NEW.outcome IN ('APPROVED', 'REJECTED') THEN
        IF NOT accounts_holds(NEW.decided_by_id, 'CHECKER') THEN
            RAISE EXCEPTION 'correction_is_decided_by_a_checker' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM vault.number n WHERE n.person = NEW.holder_id AND n.version = NEW.corrects
                   AND n.typed_by = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'correction_is_not_decided_by_whoever_erred' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.outcome = 'WITHDRAWN' AND NOT coalesce(
        NEW.decided_by_id = NEW.opened_by_id OR NEW.decided_by_id = ANY (NEW.typist_ids), false) THEN
        RAISE EXCEPTION 'correction_is_withdrawn_by_whoever_asked_for_it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome <> '' THEN
        NEW.decided_at := clock_timestamp();
        NEW.decided_xid := pg_current_xact_id();
    ELSE
        NEW.decided_xid := NULL;
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION benefits_correction_takes_two() FROM PUBLIC;
CREATE TRIGGER correction_takes_two BEFORE INSERT OR UPDATE ON benefits_correction
FOR EACH ROW EXECUTE FUNCTION benefits_correction_takes_two();
ALTER TABLE benefits_correction ENABLE ALWAYS TRIGGER correction_takes_two;

-- Runs at COMMIT: every step of a request has its entry in the same transaction, and the vault has moved with it.
CREATE FUNCTION benefits_correction_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wanted text := CASE WHEN TG_OP = 'INSERT' THEN 'opened' WHEN NEW.outcome = '' THEN 'typed'
                        ELSE lower(NEW.outcome) END;
    whose bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.opened_by_id WHEN NEW.outcome = '' THEN NEW.typed_by_id
                         ELSE NEW.decided_by_id END;
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.id::text AND e.subject_kind = 'benefits.correction' AND e.xid = pg_current_xact_id()
          AND e.result = 'DONE' AND e.action = 'benefits.correction.' || wanted AND e.actor_id = whose
          AND e.person_id = NEW.holder_id
    ) THEN
        RAISE EXCEPTION 'correction_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = 'APPROVED' AND NOT EXISTS (
        SELECT 1 FROM vault.number n
        WHERE n.person = NEW.holder_id AND n.version = NEW.version AND n.corrects = NEW.corrects
          AND n.state = 'IN_USE' AND n.confirmed_by = NEW.decided_by_id
    ) THEN
        RAISE EXCEPTION 'correction_approval_changes_the_number' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome IN ('REJECTED', 'WITHDRAWN') AND EXISTS (
        SELECT 1 FROM vault.number n
        WHERE n.person = NEW.holder_id AND n.state IN ('PROVISIONAL', 'CONFIRMED') AND n.corrects IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'correction_that_is_not_made_leaves_nothing' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome = '' AND NEW.version IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM vault.number n
        WHERE n.person = NEW.holder_id AND n.version = NEW.version AND n.corrects = NEW.corrects
          AND n.typed_by = NEW.typed_by_id
    ) THEN
        RAISE EXCEPTION 'correction_names_what_was_typed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_correction_is_on_record() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER correction_is_on_record AFTER INSERT OR UPDATE ON benefits_correction
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_correction_is_on_record();
ALTER TABLE benefits_correction ENABLE ALWAYS TRIGGER correction_is_on_record;

-- Runs at COMMIT: what waits in the vault to take a number's place was typed, typed again and approved as its request
-- says, by people who may.
CREATE FUNCTION benefits_number_is_corrected_on_request() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state NOT IN ('PROVISIONAL', 'CONFIRMED', 'IN_USE') OR TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM benefits_correction c
        JOIN vault.number wrong ON wrong.person = c.holder_id AND wrong.version = c.corrects
        WHERE c.holder_id = NEW.person AND c.version = NEW.version AND c.corrects = NEW.corrects
          AND c.typed_by_id = NEW.typed_by
          AND CASE WHEN NEW.state = 'IN_USE' THEN c.outcome = 'APPROVED' AND c.decided_xid = pg_current_xact_id()
                   ELSE c.outcome = '' END
          AND (NEW.state = 'PROVISIONAL' OR accounts_holds(NEW.confirmed_by, 'CHECKER')
               AND NEW.confirmed_by <> c.opened_by_id AND NEW.confirmed_by <> wrong.typed_by
               AND NOT NEW.confirmed_by = ANY (c.typist_ids))
    ) THEN
        RAISE EXCEPTION 'number_is_corrected_on_request' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION benefits_number_is_corrected_on_request() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER number_is_corrected_on_request AFTER INSERT OR UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.corrects IS NOT NULL)
EXECUTE FUNCTION benefits_number_is_corrected_on_request();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_is_corrected_on_request;
"""

REMOVE = """
DROP TRIGGER number_is_corrected_on_request ON vault.number;
DROP FUNCTION benefits_number_is_corrected_on_request();
DROP TRIGGER correction_is_on_record ON benefits_correction;
DROP FUNCTION benefits_correction_is_on_record();
DROP TRIGGER correction_takes_two ON benefits_correction;
DROP FUNCTION benefits_correction_takes_two();
ALTER TABLE benefits_correction
    DROP CONSTRAINT correction_is_not_decided_by_anyone_who_typed_it,
    DROP CONSTRAINT correction_names_everyone_who_typed_it,
    DROP COLUMN decided_xid;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("benefits", "0007_household_numbers"),
        ("mynumber", "0005_corrections"),
        ("accounts", "0004_rights_guards"),
        ("audit", "0002_append_only"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="benefits.person",
                        verbose_name="受給者",
                    ),
                ),
                ("holder_id", models.UUIDField(verbose_name="番号の本人")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("CHANGED", "個人番号が変更された（番号法7条2項）"),
                            ("MISTYPED", "入力の誤り"),
                            ("OTHER_PERSON", "別人の番号だった"),
                        ],
                        max_length=20,
                        verbose_name="理由",
                    ),
                ),
                ("words", models.CharField(max_length=800, verbose_name="具体的な内容")),
                (
                    "evidence",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CARD", "マイナンバーカード"),
                            ("RESIDENT_RECORD", "個人番号入りの住民票"),
                            ("NOTICE_CARD", "通知カード（記載事項が現在と一致するもの）"),
                            ("JUKI", "住基ネットの照会結果"),
                        ],
                        default="",
                        max_length=20,
                        verbose_name="確かめた書類",
                    ),
                ),
                ("corrects", models.PositiveIntegerField(verbose_name="訂正する版")),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="申請者",
                    ),
                ),
                ("opened_at", models.DateTimeField(verbose_name="申請日時")),
                ("version", models.PositiveIntegerField(blank=True, null=True, verbose_name="新しい版")),
                (
                    "typist_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="入力した人"
                    ),
                ),
                (
                    "typed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="入力者",
                    ),
                ),
                ("typed_at", models.DateTimeField(blank=True, null=True, verbose_name="入力日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("APPROVED", "訂正済み"), ("REJECTED", "却下"), ("WITHDRAWN", "取下げ")],
                        default="",
                        max_length=10,
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
                        verbose_name="決定者",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="決定日時")),
                (
                    "decision_words",
                    models.CharField(blank=True, default="", max_length=800, verbose_name="決定の理由"),
                ),
            ],
            options={
                "verbose_name": "個人番号の訂正の申請",
                "verbose_name_plural": "個人番号の訂正の申請",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")), fields=["opened_at", "id"], name="correction_open"
                    ),
                    models.Index(fields=["person", "-opened_at"], name="correction_by_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")),
                        fields=("holder_id",),
                        name="person_has_one_open_correction",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason__in", ["CHANGED", "MISTYPED", "OTHER_PERSON"]),
                            models.Q(("words", ""), _negated=True),
                        ),
                        name="correction_reason_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("evidence__in", ["", "CARD", "RESIDENT_RECORD", "NOTICE_CARD", "JUKI"])),
                        name="correction_evidence_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                        name="correction_outcome_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("typed_at__isnull", False), ("typed_by__isnull", False), ("version__isnull", False)
                            ),
                            models.Q(
                                ("typed_at__isnull", True), ("typed_by__isnull", True), ("version__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="correction_typing_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("version__isnull", True), models.Q(("evidence", ""), _negated=True), _connector="OR"
                        ),
                        name="correction_is_typed_from_evidence",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("version__isnull", True), ("version__gt", models.F("corrects")), _connector="OR"
                        ),
                        name="correction_goes_forward",
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
                        name="correction_decision_is_signed_and_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "APPROVED"), _negated=True),
                            ("version__isnull", False),
                            _connector="OR",
                        ),
                        name="correction_is_approved_only_when_typed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "REJECTED"), _negated=True),
                            models.Q(("decision_words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="correction_is_rejected_with_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome__in", ["APPROVED", "REJECTED"]), _negated=True),
                            models.Q(("decided_by", models.F("opened_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="correction_is_not_decided_by_its_requester",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoldingReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField(verbose_name="開始日時")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="終了日時")),
                ("reached_person", models.UUIDField(blank=True, null=True, verbose_name="ここまで（人）")),
                ("reached_version", models.PositiveIntegerField(default=0, verbose_name="ここまで（版）")),
                ("seen", models.PositiveIntegerField(default=0, verbose_name="見た件数")),
                ("counts", models.JSONField(default=list, verbose_name="内訳")),
                ("found", models.JSONField(default=list, verbose_name="指摘の件数")),
            ],
            options={
                "verbose_name": "保有状況の点検",
                "verbose_name_plural": "保有状況の点検",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("finished_at",),
                        name="one_holding_review_at_a_time",
                        nulls_distinct=False,
                    )
                ],
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="HoldingFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="benefits.holdingreview",
                    ),
                ),
                (
                    "finding",
                    models.CharField(
                        choices=[
                            ("BASIS_ENDED", "根拠が現在有効でない"),
                            ("NO_APPROVAL", "承認された申請がない"),
                            ("PAST_RETENTION", "保存期間が過ぎている"),
                            ("SUPERSEDED", "訂正前の番号が残っている"),
                        ],
                        max_length=20,
                        verbose_name="指摘",
                    ),
                ),
                ("person_id", models.UUIDField(verbose_name="人")),
                ("version", models.PositiveIntegerField(verbose_name="版")),
            ],
            options={
                "verbose_name": "保有状況の指摘",
                "verbose_name_plural": "保有状況の指摘",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("review", "finding", "person_id", "version"), name="holding_is_found_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("finding__in", ["BASIS_ENDED", "NO_APPROVAL", "PAST_RETENTION", "SUPERSEDED"])
                        ),
                        name="holding_finding_is_known",
                    ),
                ],
                "indexes": [],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]

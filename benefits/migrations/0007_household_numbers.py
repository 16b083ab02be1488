"""The people of a household whose numbers are held, the third person's comparison, and the guards of both.

They hold for raw SQL too: whose number an approval puts in use, that every number that was given is confirmed by then,
and that nothing of somebody who is not on the form any more stays behind.
"""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

SLOTS = ["", "guardian", "member_0", "member_1", "member_2", "member_3", "member_4", "member_5"]

GUARDS = """
CREATE FUNCTION benefits_household_person_is_fixed_once_submitted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    stands text;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.application_id, NEW.kind, NEW.created_at)
        IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.kind, OLD.created_at) THEN
        RAISE EXCEPTION 'household_person_stays_who_they_are' USING ERRCODE = 'check_violation';
    END IF;
    SELECT a.status INTO stands FROM benefits_application a WHERE a.id = NEW.application_id FOR SHARE;
    IF stands NOT IN ('DRAFT', 'RETURNED') THEN
        RAISE EXCEPTION 'household_person_is_fixed_once_submitted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER household_person_is_fixed_once_submitted BEFORE INSERT OR UPDATE ON benefits_householdperson
FOR EACH ROW EXECUTE FUNCTION benefits_household_person_is_fixed_once_submitted();
ALTER TABLE benefits_householdperson ENABLE ALWAYS TRIGGER household_person_is_fixed_once_submitted;

-- Runs at COMMIT: nobody comes or goes without an entry about their application in the same transaction.
CREATE FUNCTION benefits_household_person_change_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.application_id::text AND e.subject_kind = 'benefits.application'
          AND e.xid = pg_current_xact_id() AND e.action LIKE 'benefits.application.%' AND e.result = 'DONE'
    ) THEN
        RAISE EXCEPTION 'household_person_change_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER household_person_change_is_on_record AFTER INSERT OR UPDATE ON benefits_householdperson
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_household_person_change_is_on_record();
ALTER TABLE benefits_householdperson ENABLE ALWAYS TRIGGER household_person_change_is_on_record;

CREATE FUNCTION benefits_third_comparison_is_answered_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.outcome IS NOT NULL OR (NEW.id, NEW.application_id, NEW.submission, NEW.asked_by_id, NEW.asked_at)
        IS DISTINCT FROM (OLD.id, OLD.application_id, OLD.submission, OLD.asked_by_id, OLD.asked_at) THEN
        RAISE EXCEPTION 'third_comparison_is_answered_once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER third_comparison_is_answered_once BEFORE UPDATE ON benefits_thirdcomparison
FOR EACH ROW EXECUTE FUNCTION benefits_third_comparison_is_answered_once();
ALTER TABLE benefits_thirdcomparison ENABLE ALWAYS TRIGGER third_comparison_is_answered_once;

-- Runs at COMMIT, as the owner, who alone may ask accounts_holds.
CREATE FUNCTION benefits_third_comparison_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    whose bigint := coalesce(NEW.answered_by_id, NEW.asked_by_id);
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = NEW.application_id::text AND e.subject_kind = 'benefits.application'
          AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.actor_id = whose
          AND e.action = CASE WHEN NEW.outcome IS NULL THEN 'benefits.third_comparison.asked'
                         ELSE 'benefits.third_comparison.answered' END
    ) THEN
        RAISE EXCEPTION 'third_comparison_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT accounts_holds(whose, 'CHECKER')
       OR EXISTS (SELECT 1 FROM benefits_application a WHERE a.id = NEW.application_id AND whose = ANY (a.editor_ids)) THEN
        RAISE EXCEPTION 'third_comparison_is_a_checkers' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER third_comparison_is_on_record AFTER INSERT OR UPDATE ON benefits_thirdcomparison
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_third_comparison_is_on_record();
ALTER TABLE benefits_thirdcomparison ENABLE ALWAYS TRIGGER third_comparison_is_on_record;

-- Runs at COMMIT: an approval leaves exactly the household's numbers that its content names, each confirmed by
-- somebody who typed nothing of it; a withdrawal leaves none.
CREATE FUNCTION benefits_application_settles_its_household() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM benefits_householdperson h CROSS JOIN LATERAL vault.standing(h.id) n
        WHERE h.application_id = NEW.id AND (NEW.status = 'WITHDRAWN' OR h.number_version IS NULL)
    ) THEN
        RAISE EXCEPTION 'application_leaves_no_number_behind' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'APPROVED' AND (
        EXISTS (
            SELECT 1 FROM jsonb_each(coalesce(NEW.content::jsonb -> 'household', '{}')) one (slot, said)
            WHERE one.said ->> 'given' = 'true' AND NOT EXISTS (
                SELECT 1 FROM benefits_householdperson h CROSS JOIN LATERAL vault.standing(h.id) n
                WHERE h.application_id = NEW.id AND h.slot = one.slot
                  AND h.number_version::text = one.said ->> 'version' AND n.version = h.number_version
                  AND n.state = 'IN_USE' AND NOT n.confirmed_by = ANY (NEW.editor_ids)))
        OR EXISTS (
            SELECT 1 FROM benefits_householdperson h
            WHERE h.application_id = NEW.id AND h.number_version IS NOT NULL
              AND (NEW.content::jsonb -> 'household' -> h.slot ->> 'version') IS DISTINCT FROM h.number_version::text)
    ) THEN
        RAISE EXCEPTION 'application_household_is_confirmed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER application_settles_its_household AFTER UPDATE ON benefits_application
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.status IN ('APPROVED', 'WITHDRAWN') AND NEW.status <> OLD.status)
EXECUTE FUNCTION benefits_application_settles_its_household();
ALTER TABLE benefits_application ENABLE ALWAYS TRIGGER application_settles_its_household;

-- Runs at COMMIT: what the record says of an approval is true of the application that it names. A further person's
-- number goes into use with that person's own application; a patient's with theirs.
CREATE FUNCTION benefits_number_goes_into_use_with_its_application() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id()
          AND e.action = 'benefits.application.approved' AND e.result = 'DONE'
    ) THEN
        IF EXISTS (SELECT 1 FROM benefits_householdperson h WHERE h.id = NEW.person)
           OR (EXISTS (SELECT 1 FROM benefits_person p WHERE p.id = NEW.person) AND NOT EXISTS (
                   SELECT 1 FROM benefits_application a
                   WHERE a.person_id = NEW.person AND a.status = 'APPROVED' AND a.number_version = NEW.version)) THEN
            RAISE EXCEPTION 'number_goes_into_use_with_its_application' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.person_id = NEW.person AND e.xid = pg_current_xact_id() AND e.result = 'DONE'
          AND e.action = 'mynumber.number.put_in_use' AND e.subject_kind = 'benefits.application'
    ) AND NOT EXISTS (
        SELECT 1 FROM benefits_householdperson h
        JOIN benefits_application a ON a.id = h.application_id
        JOIN audit.event e ON e.person_id = h.id AND e.subject_id = a.id::text
        WHERE h.id = NEW.person AND h.slot <> '' AND h.number_version = NEW.version AND a.status = 'APPROVED'
          AND e.xid = pg_current_xact_id() AND e.action = 'mynumber.number.put_in_use' AND e.result = 'DONE'
    ) THEN
        RAISE EXCEPTION 'number_goes_into_use_with_its_application' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER number_goes_into_use_with_its_application AFTER UPDATE ON vault.number
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'IN_USE' AND OLD.state <> 'IN_USE')
EXECUTE FUNCTION benefits_number_goes_into_use_with_its_application();
ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_goes_into_use_with_its_application;

REVOKE ALL ON FUNCTION benefits_household_person_is_fixed_once_submitted() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_household_person_change_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_third_comparison_is_answered_once() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_third_comparison_is_on_record() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_application_settles_its_household() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_number_goes_into_use_with_its_application() FROM PUBLIC;
"""

REMOVE = """
DROP TRIGGER number_goes_into_use_with_its_application ON vault.number;
DROP FUNCTION benefits_number_goes_into_use_with_its_application();
DROP TRIGGER application_settles_its_household ON benefits_application;
DROP FUNCTION benefits_application_settles_its_household();
DROP TRIGGER third_comparison_is_on_record ON benefits_thirdcomparison;
DROP FUNCTION benefits_third_comparison_is_on_record();
DROP TRIGGER third_comparison_is_answered_once ON benefits_thirdcomparison;
DROP FUNCTION benefits_third_comparison_is_answered_once();
DROP TRIGGER household_person_change_is_on_record ON benefits_householdperson;
DROP FUNCTION benefits_household_person_change_is_on_record();
DROP TRIGGER household_person_is_fixed_once_submitted ON benefits_householdperson;
DROP FUNCTION benefits_household_person_is_fixed_once_submitted();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0006_guards_know_offices"),
        ("mynumber", "0004_holdings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="HouseholdPerson",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("slot", models.CharField(blank=True, max_length=20, verbose_name="記入欄")),
                (
                    "kind",
                    models.CharField(
                        choices=[("GUARDIAN", "保護者"), ("MEMBER", "世帯員")], max_length=10, verbose_name="区分"
                    ),
                ),
                ("number_version", models.PositiveIntegerField(blank=True, null=True, verbose_name="個人番号の版")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="household",
                        to="benefits.application",
                    ),
                ),
            ],
            options={
                "verbose_name": "世帯の人",
                "verbose_name_plural": "世帯の人",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["GUARDIAN", "MEMBER"])),
                        name="household_person_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__in", SLOTS)),
                        name="household_person_stands_where_the_form_has_a_box",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("slot", ""), _negated=True), ("number_version__isnull", True), _connector="OR"
                        ),
                        name="household_person_has_a_number_only_on_the_form",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("slot", ""), _negated=True),
                        fields=("application", "slot"),
                        name="one_household_person_stands_in_one_box",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ThirdComparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.PositiveIntegerField(verbose_name="提出の回数")),
                (
                    "slots",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), size=None, verbose_name="記入欄"
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="依頼日時")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="照合日時")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("AGREED", "一致"), ("DIFFERED", "不一致（差戻し）")],
                        max_length=10,
                        null=True,
                        verbose_name="結果",
                    ),
                ),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="third_comparisons",
                        to="benefits.application",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "3人目の照合",
                "verbose_name_plural": "3人目の照合",
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome__isnull", True)),
                        fields=["asked_at", "id"],
                        name="third_comparison_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_by__isnull", True),
                            models.Q(("answered_by", models.F("asked_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="third_comparison_is_by_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                ("outcome__isnull", False),
                            ),
                            models.Q(
                                ("answered_at__isnull", True),
                                ("answered_by__isnull", True),
                                ("outcome__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="third_comparison_is_answered_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__isnull", True), ("outcome__in", ["AGREED", "DIFFERED"]), _connector="OR"
                        ),
                        name="third_comparison_outcome_is_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__isnull", True)),
                        fields=("application", "submission"),
                        name="one_third_comparison_is_open",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, REMOVE),
    ]

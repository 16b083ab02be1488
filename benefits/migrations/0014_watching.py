"""What the work tells those who watch: contacts, declared relations, overtime, made-up residents that nobody works on."""

import uuid
from typing import ClassVar

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

INSTALL = """
ALTER TABLE benefits_relationdeclaration ADD COLUMN declared_xid xid8;
CREATE FUNCTION benefits_watching_is_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'watching_is_fixed' USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION benefits_contact_is_dated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.made_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER contact_is_dated BEFORE INSERT ON benefits_contactrecord
FOR EACH ROW EXECUTE FUNCTION benefits_contact_is_dated();

CREATE FUNCTION benefits_declaration_is_dated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.declared_at := clock_timestamp();
    NEW.declared_xid := pg_current_xact_id();
    RETURN NEW;
END $$;
CREATE TRIGGER declaration_is_dated BEFORE INSERT ON benefits_relationdeclaration
FOR EACH ROW EXECUTE FUNCTION benefits_declaration_is_dated();

-- A relation comes with its declaration, and none is slipped in later.
CREATE FUNCTION benefits_relation_comes_with_its_declaration() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM benefits_relationdeclaration d
                   WHERE d.id = NEW.declaration_id AND d.declared_xid = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'relation_comes_with_its_declaration' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER relation_comes_with_its_declaration BEFORE INSERT ON benefits_declaredrelation
FOR EACH ROW EXECUTE FUNCTION benefits_relation_comes_with_its_declaration();

-- Not after the fact: what was done yesterday unregistered stays to be explained.
CREATE FUNCTION benefits_overtime_is_told_before() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.registered_at := clock_timestamp();
    IF NEW.ends_at < NEW.registered_at OR NEW.ends_at > NEW.starts_at + interval '24 hours' THEN
        RAISE EXCEPTION 'overtime_is_told_before' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT accounts_holds(NEW.registered_by_id, 'SECTION_HEAD') THEN
        RAISE EXCEPTION 'overtime_is_registered_by_a_section_head' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER overtime_is_told_before BEFORE INSERT ON benefits_overtime
FOR EACH ROW EXECUTE FUNCTION benefits_overtime_is_told_before();

CREATE FUNCTION benefits_made_up_takes_two() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome <> '' THEN
            RAISE EXCEPTION 'made_up_begins_undecided' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT accounts_holds(NEW.proposed_by_id, 'AUDITOR') THEN
            RAISE EXCEPTION 'made_up_is_proposed_by_an_auditor' USING ERRCODE = 'check_violation';
        END IF;
        NEW.proposed_at := clock_timestamp();
        RETURN NEW;
    END IF;
    IF OLD.outcome <> '' OR to_jsonb(NEW) - ARRAY['outcome', 'decided_by_id', 'decided_at']
                            <> to_jsonb(OLD) - ARRAY['outcome', 'decided_by_id', 'decided_at'] THEN
        RAISE EXCEPTION 'made_up_is_decided_once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.outcome <> 'WITHDRAWN'
       AND NOT (accounts_holds(NEW.decided_by_id, 'AUDITOR') OR accounts_holds(NEW.decided_by_id, 'RECORDS_KEEPER')) THEN
        RAISE EXCEPTION 'made_up_is_decided_by_an_auditor_or_keeper' USING ERRCODE = 'check_violation';
    END IF;
    NEW.decided_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER made_up_takes_two BEFORE INSERT OR UPDATE ON benefits_madeupperson
FOR EACH ROW EXECUTE FUNCTION benefits_made_up_takes_two();

-- Runs at COMMIT: nothing of it without its entry, in the name of whoever did it.
CREATE FUNCTION benefits_watching_is_on_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_id text;
    v_step text;
    v_who bigint;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'benefits_contactrecord' THEN
            v_id := NEW.id::text; v_step := 'benefits.contact.recorded'; v_who := NEW.made_by_id;
        WHEN 'benefits_relationdeclaration' THEN
            v_id := NEW.id::text; v_step := 'benefits.relation.declared'; v_who := NEW.user_id;
        WHEN 'benefits_overtime' THEN
            v_id := NEW.id::text; v_step := 'benefits.overtime.registered'; v_who := NEW.registered_by_id;
        ELSE
            v_id := NEW.person_id::text;
            v_step := 'benefits.made_up.' || CASE WHEN TG_OP = 'INSERT' THEN 'proposed' ELSE lower(NEW.outcome) END;
            v_who := CASE WHEN TG_OP = 'INSERT' THEN NEW.proposed_by_id ELSE NEW.decided_by_id END;
    END CASE;
    IF NOT EXISTS (
        SELECT 1 FROM audit.event e
        WHERE e.subject_id = v_id AND e.xid = pg_current_xact_id() AND e.result = 'DONE' AND e.action = v_step
          AND e.actor_id = v_who
    ) THEN
        RAISE EXCEPTION 'watching_is_on_record' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER contact_is_on_record AFTER INSERT ON benefits_contactrecord
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_on_record();
CREATE CONSTRAINT TRIGGER declaration_is_on_record AFTER INSERT ON benefits_relationdeclaration
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_on_record();
CREATE CONSTRAINT TRIGGER overtime_is_on_record AFTER INSERT ON benefits_overtime
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_on_record();
CREATE CONSTRAINT TRIGGER made_up_is_on_record AFTER INSERT OR UPDATE ON benefits_madeupperson
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_on_record();

CREATE TRIGGER contact_is_fixed BEFORE UPDATE OR DELETE ON benefits_contactrecord
FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_fixed();
CREATE TRIGGER declaration_is_fixed BEFORE UPDATE OR DELETE ON benefits_relationdeclaration
FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_fixed();
CREATE TRIGGER relation_is_fixed BEFORE UPDATE OR DELETE ON benefits_declaredrelation
FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_fixed();
CREATE TRIGGER overtime_is_fixed BEFORE UPDATE OR DELETE ON benefits_overtime
FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_fixed();
CREATE TRIGGER made_up_stays BEFORE DELETE ON benefits_madeupperson
FOR EACH ROW EXECUTE FUNCTION benefits_watching_is_fixed();

ALTER TABLE benefits_contactrecord ENABLE ALWAYS TRIGGER contact_is_dated;
ALTER TABLE benefits_contactrecord ENABLE ALWAYS TRIGGER contact_is_on_record;
ALTER TABLE benefits_contactrecord ENABLE ALWAYS TRIGGER contact_is_fixed;
ALTER TABLE benefits_relationdeclaration ENABLE ALWAYS TRIGGER declaration_is_dated;
ALTER TABLE benefits_relationdeclaration ENABLE ALWAYS TRIGGER declaration_is_on_record;
ALTER TABLE benefits_relationdeclaration ENABLE ALWAYS TRIGGER declaration_is_fixed;
ALTER TABLE benefits_declaredrelation ENABLE ALWAYS TRIGGER relation_comes_with_its_declaration;
ALTER TABLE benefits_declaredrelation ENABLE ALWAYS TRIGGER relation_is_fixed;
ALTER TABLE benefits_overtime ENABLE ALWAYS TRIGGER overtime_is_told_before;
ALTER TABLE benefits_overtime ENABLE ALWAYS TRIGGER overtime_is_on_record;
ALTER TABLE benefits_overtime ENABLE ALWAYS TRIGGER overtime_is_fixed;
ALTER TABLE benefits_madeupperson ENABLE ALWAYS TRIGGER made_up_takes_two;
ALTER TABLE benefits_madeupperson ENABLE ALWAYS TRIGGER made_up_is_on_record;
ALTER TABLE benefits_madeupperson ENABLE ALWAYS TRIGGER made_up_stays;

REVOKE ALL ON FUNCTION benefits_watching_is_fixed() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_contact_is_dated() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_declaration_is_dated() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_relation_comes_with_its_declaration() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_overtime_is_told_before() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_made_up_takes_two() FROM PUBLIC;
REVOKE ALL ON FUNCTION benefits_watching_is_on_record() FROM PUBLIC;
"""

REMOVE = """
DROP TRIGGER made_up_stays ON benefits_madeupperson;
DROP TRIGGER overtime_is_fixed ON benefits_overtime;
DROP TRIGGER relation_is_fixed ON benefits_declaredrelation;
DROP TRIGGER declaration_is_fixed ON benefits_relationdeclaration;
DROP TRIGGER contact_is_fixed ON benefits_contactrecord;
DROP TRIGGER made_up_is_on_record ON benefits_madeupperson;
DROP TRIGGER overtime_is_on_record ON benefits_overtime;
DROP TRIGGER declaration_is_on_record ON benefits_relationdeclaration;
DROP TRIGGER contact_is_on_record ON benefits_contactrecord;
DROP FUNCTION benefits_watching_is_on_record();
DROP TRIGGER made_up_takes_two ON benefits_madeupperson;
DROP FUNCTION benefits_made_up_takes_two();
DROP TRIGGER overtime_is_told_before ON benefits_overtime;
DROP FUNCTION benefits_overtime_is_told_before();
DROP TRIGGER relation_comes_with_its_declaration ON benefits_declaredrelation;
DROP FUNCTION benefits_relation_comes_with_its_declaration();
DROP TRIGGER declaration_is_dated ON benefits_relationdeclaration;
DROP FUNCTION benefits_declaration_is_dated();
DROP TRIGGER contact_is_dated ON benefits_contactrecord;
DROP FUNCTION benefits_contact_is_dated();
DROP FUNCTION benefits_watching_is_fixed();
ALTER TABLE benefits_relationdeclaration DROP COLUMN declared_xid;
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("benefits", "0013_key_operation_guards"),
        ("audit", "0007_watching"),
        ("accounts", "0008_watching_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="RelationDeclaration",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("year", models.PositiveSmallIntegerField(verbose_name="年度")),
                ("kana_key", models.CharField(max_length=400, verbose_name="フリガナ")),
                ("birth_on", models.DateField(verbose_name="生年月日")),
                (
                    "postal_code",
                    models.CharField(
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator("\\A[0-9]{7}\\Z", "7桁の数字で入力してください。")
                        ],
                        verbose_name="郵便番号",
                    ),
                ),
                (
                    "declared_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="届出日時"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="職員",
                    ),
                ),
            ],
            options={
                "verbose_name": "関係の届出",
                "verbose_name_plural": "関係の届出",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="DeclaredRelation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FAMILY", "同居の家族"),
                            ("RELATIVE", "親族"),
                            ("OTHER", "その他の関係（友人、取引先など）"),
                        ],
                        max_length=10,
                        verbose_name="関係",
                    ),
                ),
                ("kana_key", models.CharField(max_length=400, verbose_name="フリガナ")),
                ("birth_on", models.DateField(verbose_name="生年月日")),
                (
                    "declaration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relations",
                        to="benefits.relationdeclaration",
                    ),
                ),
            ],
            options={
                "verbose_name": "届け出た関係",
                "verbose_name_plural": "届け出た関係",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ContactRecord",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("COUNTER", "窓口"),
                            ("TELEPHONE", "電話"),
                            ("POST", "郵便"),
                            ("OFFICE", "他機関からの照会"),
                        ],
                        max_length=10,
                        verbose_name="方法",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("APPLYING", "申請・更新の相談"),
                            ("CERTIFICATE", "受給者証の記載・再交付"),
                            ("CHANGE", "住所・保険などの変更"),
                            ("PROGRESS", "審査の進み具合"),
                            ("PAYMENT", "自己負担・払戻し"),
                            ("ENQUIRY", "照会への回答"),
                            ("OTHER", "その他"),
                        ],
                        max_length=20,
                        verbose_name="用件",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="日時"),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="記録者",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="benefits.person",
                        verbose_name="受給者",
                    ),
                ),
            ],
            options={
                "verbose_name": "窓口・電話の記録",
                "verbose_name_plural": "窓口・電話の記録",
                "default_permissions": (),
                "indexes": [models.Index(fields=["person", "-made_at"], name="contact_by_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["COUNTER", "TELEPHONE", "POST", "OFFICE"])),
                        name="contact_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                ["APPLYING", "CERTIFICATE", "CHANGE", "PROGRESS", "PAYMENT", "ENQUIRY", "OTHER"],
                            )
                        ),
                        name="contact_reason_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MadeUpPerson",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="made_up",
                        serialize=False,
                        to="benefits.person",
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="申請日時"
                    ),
                ),
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
                "verbose_name": "架空の受給者",
                "verbose_name_plural": "架空の受給者",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("outcome__in", ["", "APPROVED", "REJECTED", "WITHDRAWN"])),
                        name="made_up_person_outcome_is_known",
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
                        name="made_up_person_decision_is_signed_and_dated",
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
                        name="made_up_person_is_decided_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Overtime",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("starts_at", models.DateTimeField(verbose_name="開始")),
                ("ends_at", models.DateTimeField(verbose_name="終了")),
                (
                    "registered_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="登録日時"
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登録者",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="職員",
                    ),
                ),
            ],
            options={
                "verbose_name": "時間外勤務",
                "verbose_name_plural": "時間外勤務",
                "default_permissions": (),
                "indexes": [models.Index(fields=["user", "starts_at"], name="overtime_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="overtime_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("registered_by", models.F("user")), _negated=True),
                        name="overtime_is_registered_by_another",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="relationdeclaration",
            index=models.Index(fields=["user", "-declared_at"], name="relation_declaration_by_user"),
        ),
        migrations.AddConstraint(
            model_name="relationdeclaration",
            constraint=models.CheckConstraint(
                condition=models.Q(("postal_code__regex", "^[0-9]{7}$")),
                name="relation_declaration_names_a_postal_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="declaredrelation",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["FAMILY", "RELATIVE", "OTHER"])),
                name="declared_relation_kind_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="jukirow",
            index=GinIndex(
                name="juki_row_by_candidate",
                fields=["candidates"],
                condition=models.Q(("state", "QUEUED"), models.Q(("candidates", []), _negated=True)),
            ),
        ),
        migrations.RunSQL(INSTALL, REMOVE),
    ]

"""The table of before the ledger goes: its entries are in the ledger."""

from typing import ClassVar

from django.db import migrations

REMOVE = """
CREATE TABLE audit.event_before_ledger (
    id            uuid         NOT NULL CONSTRAINT event_before_ledger_pkey PRIMARY KEY,
    at            timestamptz  NOT NULL DEFAULT statement_timestamp(),
    action        varchar(60)  NOT NULL,
    result        varchar(10)  NOT NULL,
    actor_id      bigint,
    actor_name    varchar(120) NOT NULL,
    actor_roles   varchar(200) NOT NULL,
    subject_kind  varchar(40)  NOT NULL,
    subject_id    varchar(100) NOT NULL,
    subject_label varchar(60)  NOT NULL,
    person_id     uuid,
    purpose       varchar(40)  NOT NULL,
    sealed_reason bytea,
    details       jsonb        NOT NULL,
    client        inet,
    session       varchar(16)  NOT NULL,
    request_id    uuid,
    xid           xid8         NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT event_result_is_known CHECK (result IN ('DONE', 'REFUSED', 'FAILED')),
    CONSTRAINT event_has_an_action CHECK (NOT (action = ''))
);
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0004_earlier_entries")]

    operations: ClassVar = [migrations.RunSQL("DROP TABLE audit.event_before_ledger;", REMOVE)]

"""What the serving role may do in the database: one line per table and function, and nothing beyond.

``manage.py check_grants`` reports each difference, and the service does not start while there is one. A table that is
not listed is a difference, so a new table cannot go unconsidered. Only a start that has just migrated, and
``manage.py prepare --apply-grants``, take everything away and give exactly this. The owner role needs no line; the
auditor role has none yet.

Rows are kept unless DELETE is listed. Identity columns need no privilege on their sequence.
"""

from collections.abc import Mapping
from types import MappingProxyType

NOTHING: frozenset[str] = frozenset()
READ = frozenset({"SELECT"})
APPEND = frozenset({"SELECT", "INSERT"})
CHANGE = frozenset({"SELECT", "INSERT", "UPDATE"})
USE = frozenset({"USAGE"})
CHANGE_AND_DELETE = CHANGE | {"DELETE"}

#: Schemas whose objects the app may name.
SCHEMAS = ("public", "audit", "vault")

TABLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # the record: written and read, never changed (triggers refuse it to everybody, the owner too)
        "audit.event": APPEND,
        "audit.person_label": CHANGE,
        "audit.actor_label": APPEND,
        # the vault: closed; its functions are below
        "vault.number": NOTHING,
        "vault.comparison": NOTHING,
        "vault.ticket_use": NOTHING,
        # the work
        "public.benefits_application": CHANGE,
        "public.benefits_certification": APPEND,
        "public.benefits_person": CHANGE,
        "public.benefits_returncomment": APPEND,
        "public.benefits_review": CHANGE,
        # people
        # (triggers hold what somebody is and may do to approved proposals: accounts/migrations/0004)
        "public.accounts_user": CHANGE,
        "public.accounts_roleassignment": CHANGE,
        "public.accounts_proposal": CHANGE,
        "public.accounts_staffbatch": CHANGE,
        "public.accounts_accessreview": CHANGE,
        "public.accounts_accessanswer": CHANGE,
        "public.accounts_staffsession": CHANGE,
        "public.accounts_attempts": CHANGE,
        "public.accounts_formerpassword": CHANGE_AND_DELETE,
        "public.accounts_codedevice": CHANGE_AND_DELETE,
        "public.accounts_securitykey": CHANGE_AND_DELETE,
        "public.accounts_recoverysheet": CHANGE_AND_DELETE,
        "public.accounts_recoverycode": CHANGE_AND_DELETE,
        "public.accounts_keptinput": CHANGE_AND_DELETE,
        # what Django and django-axes keep for a while
        "public.django_session": CHANGE_AND_DELETE,
        "public.axes_accessattempt": CHANGE_AND_DELETE,
        "public.axes_accessattemptexpiration": CHANGE_AND_DELETE,
        "public.axes_accessfailurelog": CHANGE_AND_DELETE,
        "public.axes_accesslog": CHANGE_AND_DELETE,
        # Django's own vocabulary: the owner writes it when migrating
        "public.django_content_type": READ,
        "public.django_migrations": READ,
        "public.auth_permission": READ,
        "public.auth_group": NOTHING,
        "public.auth_group_permissions": NOTHING,
    },
)

#: Single columns, where a whole table would be too much: table -> column -> privileges.
COLUMNS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType({})

#: Sequences of their own, where a number is drawn without a row.
SEQUENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "public.benefits_receipt_number": USE,
        "public.benefits_recipient_serial": USE,
    },
)

#: Functions the app may call, with their argument types as the catalogue writes them. Those that handle many
#: numbers at once (the demo office, migration) are the owner's alone.
FUNCTIONS: tuple[str, ...] = (
    "vault.compare(uuid, integer, bytea, bigint)",
    "vault.fetch(uuid)",
    "vault.keep(uuid, integer, bytea, bytea, bigint)",
    "vault.next_version(uuid)",
    "vault.put_in_use(uuid, integer)",
    "vault.remove(uuid)",
    "vault.standing(uuid)",
    "vault.tries_left(uuid, integer, bigint)",
)

#: The guards in the database, by table. Each must be there and fire always, also for a session that replicates; one
#: that is not listed is a difference. No command puts one back: somebody has to ask what passed while it was away.
TRIGGERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "audit.event": frozenset(
            {"event_actor_is_real", "event_is_never_changed", "event_is_never_truncated", "event_is_stamped"}
        ),
        "public.accounts_accessanswer": frozenset({"answer_is_its_heads", "answer_is_on_record"}),
        "public.accounts_accessreview": frozenset({"review_closes_once", "review_is_on_record"}),
        "public.accounts_staffbatch": frozenset({"batch_is_on_record", "batch_takes_two"}),
        "public.accounts_codedevice": frozenset({"code_device_change_is_on_record"}),
        "public.accounts_proposal": frozenset({"proposal_is_on_record", "proposal_takes_two"}),
        "public.accounts_recoverysheet": frozenset({"recovery_sheet_change_is_on_record"}),
        "public.accounts_roleassignment": frozenset(
            {
                "office_keeps_a_user_administrator",
                "right_follows_a_proposal",
                "right_suspension_is_on_record",
            }
        ),
        "public.accounts_securitykey": frozenset({"security_key_change_is_on_record"}),
        "public.accounts_user": frozenset(
            {"office_keeps_a_user_administrator", "person_change_is_on_record", "person_changes_by_proposal"}
        ),
        "vault.comparison": frozenset({"comparison_is_on_record"}),
        "vault.number": frozenset({"number_change_is_on_record", "number_is_in_use_by_approval"}),
        "public.benefits_application": frozenset(
            {"application_begins_as_a_draft", "application_moves_by_the_table", "application_step_is_on_record"}
        ),
        "public.benefits_certification": frozenset({"certification_follows_an_approval"}),
        "public.benefits_person": frozenset({"person_is_registered_by_approval", "person_is_registered_once"}),
    },
)

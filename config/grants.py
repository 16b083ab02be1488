"""What the serving role and the sealer may do in the database: a line per table and function, and nothing beyond.

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
UPDATE = frozenset({"UPDATE"})

#: Schemas whose objects the app may name.
SCHEMAS = ("public", "audit", "vault")

TABLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # the record: written and read, never changed (triggers refuse it to everybody, the owner too)
        "audit.event": APPEND,
        "audit.person_label": CHANGE,
        "audit.actor_label": READ,
        # read for searching and verifying; written by the sealer alone
        "audit.pending": READ,
        "audit.remembered": READ,
        "audit.leaf": READ,
        "audit.tile": READ,
        "audit.checkpoint": READ,
        "audit.note": READ,
        "audit.origin": READ,
        "audit.fault": APPEND,
        # (triggers keep one that has ended as it is)
        "audit.verification": CHANGE,
        "audit.tally_hour": READ,
        "audit.tally_actor": READ,
        # searches under a name, files of entries, the days off
        "audit.saved_search": CHANGE,
        "audit.saved_search_run": APPEND,
        "audit.export": CHANGE,
        "audit.holiday": CHANGE_AND_DELETE,
        # watching (triggers hold who answers, who changes a rule, and that a finding stays: audit 0007, accounts 0008)
        "audit.rule": READ,
        "audit.rule_progress": READ,
        "audit.rule_change": CHANGE,
        "audit.simulation": CHANGE,
        "audit.hit": APPEND,
        "audit.hit_answer": APPEND,
        "audit.sample": APPEND,
        "audit.sampled_view": APPEND,
        "audit.monthly_report": APPEND,
        # months of the record that go: asked and decided here, done by audit.prune_month (audit 0009, accounts 0009)
        "audit.record_retention": READ,
        "audit.pruning": APPEND,
        # the vault: closed; its functions are below
        "vault.number": NOTHING,
        "vault.comparison": NOTHING,
        "vault.ticket_use": NOTHING,
        "vault.search_limit": NOTHING,
        "vault.staging": NOTHING,
        "vault.staged_file": NOTHING,
        "vault.staged": NOTHING,
        "vault.imported": NOTHING,
        "vault.release_use": NOTHING,
        "vault.purpose": NOTHING,
        "vault.reveal_limit": NOTHING,
        "vault.kek": NOTHING,
        "vault.wrapped_key": NOTHING,
        "vault.key_operation": NOTHING,
        "vault.key_trial": NOTHING,
        "vault.rewrap_failure": NOTHING,
        "vault.second_entry": NOTHING,
        "vault.entry_limit": NOTHING,
        # the work
        "public.benefits_application": CHANGE,
        "public.benefits_certification": APPEND,
        # letting go (triggers hold who decides, what may move, and that certificates stay: benefits/migrations/0010)
        "public.benefits_retentionperiod": CHANGE,
        "public.benefits_deletionhold": CHANGE,
        "public.benefits_deletionlist": CHANGE,
        "public.benefits_deletionrow": CHANGE,
        "public.benefits_deletioncertificate": APPEND,
        "public.benefits_correction": CHANGE,
        "public.benefits_holdingfinding": CHANGE_AND_DELETE,
        "public.benefits_holdingreview": CHANGE_AND_DELETE,
        "public.benefits_person": CHANGE,
        "public.benefits_returncomment": APPEND,
        "public.benefits_householdperson": CHANGE,
        "public.benefits_thirdcomparison": CHANGE,
        "public.benefits_review": CHANGE,
        # what the work tells those who watch
        "public.benefits_contactrecord": APPEND,
        "public.benefits_relationdeclaration": APPEND,
        "public.benefits_declaredrelation": APPEND,
        "public.benefits_overtime": APPEND,
        "public.benefits_madeupperson": CHANGE,
        # files from Juki-net: single columns below; the counts are the database's own
        "public.benefits_jukibatch": APPEND,
        "public.benefits_jukilayout": CHANGE,
        "public.benefits_jukirow": CHANGE,
        "public.benefits_jukisample": READ,
        # (triggers ask for two people, and let vault.fetch hand out nothing of a protected person without a release)
        "public.benefits_protection": CHANGE,
        "public.benefits_numberrelease": CHANGE,
        # the database itself adds what is to be reviewed
        "public.benefits_revealreview": frozenset({"SELECT", "UPDATE"}),
        # the custody register: movements are written, and the database moves what they name (0011_papers)
        "public.benefits_place": APPEND,
        "public.benefits_box": APPEND,
        "public.benefits_paper": APPEND,
        "public.benefits_movement": APPEND,
        "public.benefits_destructionlist": APPEND,
        "public.benefits_destructionitem": APPEND,
        "public.benefits_stocktake": APPEND,
        "public.benefits_stocktakeline": APPEND,
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
COLUMNS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # a rule's thresholds, by an approved change; how far it has looked; what came of a drawn view
        "audit.rule": dict.fromkeys(("thresholds", "is_on", "since", "change_id"), UPDATE),
        "audit.rule_progress": dict.fromkeys(("position", "looked_at"), UPDATE),
        "audit.hit": {"state": UPDATE},
        # the second signature, with the document
        "audit.monthly_report": dict.fromkeys(
            ("countersigned_by_id", "countersigned_at", "pdf", "pdf_sha256"), UPDATE
        ),
        "audit.pruning": dict.fromkeys(
            ("outcome", "sealed_decision", "decided_by_id", "decided_at", "problem", "tried_at"), UPDATE
        ),
        "audit.sampled_view": dict.fromkeys(("verdict", "sealed_words", "answered_by_id", "answered_at"), UPDATE),
        # of the custody register, only how a thing ends is written into its row
        "public.benefits_place": {"closed_by_id": UPDATE, "closed_at": UPDATE},
        "public.benefits_box": {"closed_by_id": UPDATE, "closed_at": UPDATE},
        "public.benefits_destructionlist": {"outcome": UPDATE, "decided_by_id": UPDATE, "decided_at": UPDATE},
        "public.benefits_stocktake": {"outcome": UPDATE, "ended_by_id": UPDATE, "ended_at": UPDATE},
        # of a file from Juki-net everything but its origin, its counts and when it was wiped
        "public.benefits_jukibatch": dict.fromkeys(
            (
                "state",
                "code",
                "file_digest",
                "size",
                "layout_id",
                "encoding",
                "mode",
                "since",
                "next_byte",
                "next_line",
                "matched_to",
                "undone",
                "applied_by_id",
                "applied_at",
                "undo_proposed_by_id",
                "undo_proposed_at",
                "undone_by_id",
                "undone_at",
            ),
            UPDATE,
        ),
        "public.benefits_jukisample": {"opened_by_id": UPDATE, "opened_at": UPDATE, "agrees": UPDATE},
    }
)

#: Sequences of their own, where a number is drawn without a row.
SEQUENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "public.benefits_receipt_number": USE,
        "public.benefits_label": USE,
        "public.benefits_recipient_serial": USE,
        "public.benefits_juki_serial": USE,
    },
)

#: Functions the app may call, with their argument types as the catalogue writes them. Those that handle many
#: numbers at once (the demo office, migration) are the owner's alone.
FUNCTIONS: tuple[str, ...] = (
    "audit.search(bigint[], bigint[], bigint[], timestamp with time zone, timestamp with time zone,"
    " timestamp with time zone, uuid, integer)",
    "audit.is_remembered(text)",
    "audit.month_extent(date)",
    "audit.prune_month(uuid)",
    "audit.why_month_stays(date)",
    "vault.apply_correction(uuid, integer)",
    "vault.compare(uuid, integer, bytea, bigint)",
    "vault.correction_standing(uuid)",
    "vault.count_held()",
    "vault.destroy(uuid, integer, uuid)",
    "vault.find(uuid, uuid, bytea)",
    "vault.held(uuid, integer, text, text, text, text, integer)",
    "vault.held_versions(uuid[], integer[])",
    "vault.hold_people(uuid[])",
    "vault.keep_correction(uuid, integer, integer, bytea, bytea, bytea, bigint)",
    "vault.remove_correction(uuid, integer)",
    "vault.current_kek()",
    "vault.decide_key_operation(uuid, text, bigint, text, integer)",
    "vault.fetch(uuid, uuid)",
    "vault.finish_key_operation(uuid)",
    "vault.hold_current_kek()",
    "vault.holdings(uuid, integer)",
    "vault.keep(uuid, integer, integer, bytea, bytea, bytea, bigint, text, text, text)",
    "vault.keep_rewrapped(uuid, uuid[], integer[], bytea[])",
    "vault.keks()",
    "vault.key_operation_of(uuid)",
    "vault.key_operations(integer, timestamp with time zone)",
    "vault.key_trials()",
    "vault.lock_key_operation(uuid)",
    "vault.move_key_operation(uuid, text, bigint, text)",
    "vault.next_version(uuid)",
    "vault.note_key_problem(uuid, text)",
    "vault.note_key_trial(text, text)",
    "vault.note_rewrap_failures(uuid, uuid[], integer[])",
    "vault.open_key_operation()",
    "vault.propose_key_operation(uuid, text, integer, text, bigint)",
    "vault.put_in_use(uuid, integer)",
    "vault.remove(uuid)",
    "vault.sealed_after(uuid, integer)",
    "vault.sealed_of(uuid[])",
    "vault.stage_begin(uuid, integer, bytea, bigint)",
    "vault.stage_part(uuid, integer, bytea)",
    "vault.stage_close(uuid)",
    "vault.staged_parts(uuid, uuid, integer, integer)",
    "vault.staged_numbers(uuid, uuid, integer[])",
    "vault.stage(uuid, integer[], bytea[], bytea[])",
    "vault.judge_staged(uuid, integer, uuid, bytea)",
    "vault.import_staged(uuid, integer, uuid, integer, integer, bytea, bytea, bigint, text)",
    "vault.forget_staged(uuid, integer[])",
    "vault.still_sealed(uuid[], integer[], timestamp with time zone[])",
    "vault.wipe_staging(uuid)",
    "vault.staged_left(uuid)",
    "vault.import_blockers(uuid)",
    "vault.imported_people(uuid, integer)",
    "vault.imported_people(uuid, uuid, integer)",
    "vault.undo_import(uuid, uuid)",
    "vault.give_up_import(uuid)",
    "public.benefits_applicant_is_as_matched(uuid, text, text, text, text, text, text)",
    "public.benefits_juki_draw(uuid)",
    "public.benefits_juki_wipe(uuid)",
    "vault.reveal_limit_of(text)",
    "vault.retyped(uuid[])",
    "vault.standing(uuid)",
    "vault.standings(uuid[])",
    "vault.take_for_rewrap(uuid, integer)",
    "vault.tickets_used_without_entry()",
    "vault.tries_left(uuid, integer, bigint)",
    "vault.whose_among(bytea, uuid[])",
)

#: Definers whose path is not set, because that costs every writer a tenth of a bare INSERT (ADR 22). Nothing in
#: them is found by a path but what is in pg_catalog, and no role here may create anything that could stand before it.
OPEN_PATHS: frozenset[str] = frozenset({"audit.event_is_queued()"})

#: What the sealer may do (``manage.py seal``): it reads the record and its queue, writes positions, tree and notes.
SEALER_TABLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "audit.event": APPEND,
        "audit.pending": frozenset({"SELECT", "DELETE"}),
        "audit.actor_label": READ,
        "audit.leaf": APPEND,
        "audit.tile": CHANGE,
        "audit.checkpoint": APPEND,
        "audit.note": APPEND,
        "audit.origin": APPEND,
        "audit.fault": APPEND,
        "audit.tally_hour": CHANGE,
        "audit.tally_actor": CHANGE,
    },
)
SEALER_SCHEMAS = ("audit",)
SEALER_FUNCTIONS: tuple[str, ...] = ("audit.make_months(date, integer)",)

#: The guards in the database, by table. Each must be there and fire always, also for a session that replicates; one
#: that is not listed is a difference. No command puts one back: somebody has to ask what passed while it was away.
TRIGGERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "audit.event": frozenset(
            {
                "event_is_never_changed",
                "event_is_never_truncated",
                "event_is_queued",
            }
        ),
        "audit.remembered": frozenset(
            {
                "event_actor_is_real",
                "remembered_is_never_changed",
                "remembered_is_never_truncated",
                "reveal_without_a_case_is_reviewed",
            }
        ),
        "audit.pending": frozenset({"pending_is_never_truncated"}),
        "audit.leaf": frozenset({"leaf_is_never_changed", "leaf_is_never_truncated"}),
        "audit.tile": frozenset({"tile_is_never_removed", "tile_is_never_truncated", "tile_only_grows"}),
        "audit.checkpoint": frozenset({"checkpoint_is_never_changed", "checkpoint_is_never_truncated"}),
        "audit.origin": frozenset({"origin_is_never_changed", "origin_is_never_truncated"}),
        "audit.note": frozenset({"note_is_never_changed", "note_is_never_truncated"}),
        "audit.fault": frozenset({"fault_is_dated", "fault_is_never_changed", "fault_is_never_truncated"}),
        "audit.saved_search_run": frozenset({"saved_search_run_is_never_changed"}),
        "audit.verification": frozenset(
            {
                "verification_begins_open",
                "verification_ends_once",
                "verification_is_never_removed",
                "verification_is_never_truncated",
                "verification_is_on_record",
            }
        ),
        "audit.rule": frozenset({"rule_changes_by_approval", "rule_is_never_removed", "rule_is_never_truncated"}),
        "audit.rule_change": frozenset(
            {
                "rule_change_is_never_removed",
                "rule_change_is_never_truncated",
                "rule_change_is_on_record",
                "rule_change_takes_two",
            }
        ),
        "audit.rule_progress": frozenset(
            {"rule_goes_on_by_pieces", "rule_progress_is_never_removed", "rule_progress_is_never_truncated"}
        ),
        "audit.simulation": frozenset(
            {
                "simulation_end_is_on_record",
                "simulation_ends_once",
                "simulation_is_never_removed",
                "simulation_is_never_truncated",
                "simulation_is_on_record",
            }
        ),
        "audit.hit": frozenset(
            {"hit_follows_its_answers", "hit_is_never_removed", "hit_is_never_truncated", "hit_is_on_record"}
        ),
        "audit.hit_answer": frozenset(
            {
                "answer_is_never_changed",
                "answer_is_on_record",
                "hit_answer_is_never_removed",
                "hit_answer_is_never_truncated",
                "hit_is_answered_by_another",
                "hit_takes_its_state",
                "watcher_is_another",
            }
        ),
        "audit.monthly_report": frozenset(
            {
                "report_is_never_removed",
                "report_is_never_truncated",
                "report_is_on_record",
                "report_is_signed_once",
                "report_takes_two",
            }
        ),
        "audit.pruning": frozenset(
            {
                "pruning_is_never_removed",
                "pruning_is_never_truncated",
                "pruning_is_on_record",
                "pruning_is_the_keepers",
                "pruning_moves_by_its_steps",
            }
        ),
        "audit.record_retention": frozenset(
            {
                "retention_change_is_on_record",
                "retention_is_dated",
                "retention_is_never_removed",
                "retention_is_never_truncated",
            }
        ),
        "audit.sample": frozenset({"sample_is_never_changed", "sample_is_never_removed", "sample_is_never_truncated"}),
        "audit.sampled_view": frozenset(
            {
                "sample_is_answered_by_its_watchers",
                "sampled_view_is_answered_once",
                "sampled_view_is_never_removed",
                "sampled_view_is_never_truncated",
                "sampled_view_is_on_record",
            }
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
            {
                "name_is_kept",
                "office_keeps_a_user_administrator",
                "person_change_is_on_record",
                "person_changes_by_proposal",
            }
        ),
        "vault.comparison": frozenset({"comparison_is_on_record"}),
        "vault.kek": frozenset({"kek_follows_an_operation"}),
        "vault.key_operation": frozenset(
            {"key_operation_is_on_record", "key_operation_is_the_keepers", "key_operation_moves_by_the_table"}
        ),
        "vault.second_entry": frozenset({"second_entry_is_on_record"}),
        "vault.entry_limit": frozenset({"entry_limit_change_is_on_record", "entry_limits_stay"}),
        "vault.ticket_use": frozenset({"number_of_a_protected_person_is_released"}),
        "public.benefits_protection": frozenset({"protection_is_on_record", "protection_takes_two"}),
        "public.benefits_contactrecord": frozenset({"contact_is_dated", "contact_is_fixed", "contact_is_on_record"}),
        "public.benefits_relationdeclaration": frozenset(
            {"declaration_is_dated", "declaration_is_fixed", "declaration_is_on_record"}
        ),
        "public.benefits_declaredrelation": frozenset({"relation_comes_with_its_declaration", "relation_is_fixed"}),
        "public.benefits_overtime": frozenset(
            {"overtime_is_fixed", "overtime_is_on_record", "overtime_is_told_before"}
        ),
        "public.benefits_madeupperson": frozenset({"made_up_is_on_record", "made_up_stays", "made_up_takes_two"}),
        "public.benefits_numberrelease": frozenset({"release_is_on_record", "release_takes_two"}),
        "public.benefits_revealreview": frozenset({"reveal_is_reviewed_by_a_reviewer", "reveal_review_is_on_record"}),
        "vault.reveal_limit": frozenset({"reveal_limit_change_is_on_record", "reveal_limits_stay"}),
        "vault.number": frozenset(
            {
                "correction_is_in_use_by_approval",
                "number_comes_by_an_applied_file",
                "number_change_is_on_record",
                "number_goes_into_use_with_its_application",
                "number_is_corrected_on_request",
                "number_is_in_use_by_approval",
                "number_is_superseded_by_a_correction",
                "number_is_superseded_once",
                "number_destruction_is_certified",
                "number_is_destroyed_by_list",
                "number_state_is_dated",
            }
        ),
        "public.benefits_application": frozenset(
            {
                "application_begins_as_a_draft",
                "application_closes_with_its_papers",
                "application_moves_by_the_table",
                "application_settles_its_household",
                "application_step_is_on_record",
            }
        ),
        "public.benefits_place": frozenset(
            {
                "place_is_never_emptied",
                "place_is_never_taken_back",
                "place_is_on_record",
                "place_stays_as_it_is",
            }
        ),
        "public.benefits_box": frozenset(
            {
                "box_is_never_emptied",
                "box_is_never_taken_back",
                "box_is_on_record",
                "box_moves_by_movements",
            }
        ),
        "public.benefits_paper": frozenset(
            {
                "paper_is_never_emptied",
                "paper_is_never_taken_back",
                "paper_is_on_record",
                "paper_moves_by_movements",
            }
        ),
        "public.benefits_movement": frozenset(
            {
                "movement_is_never_emptied",
                "movement_is_never_taken_back",
                "movement_is_on_record",
                "movement_is_stamped",
                "movement_moves",
            }
        ),
        "public.benefits_destructionlist": frozenset(
            {
                "destruction_takes_the_whole_list",
                "destruction_takes_two",
                "destructionlist_is_never_emptied",
                "destructionlist_is_never_taken_back",
                "destructionlist_is_on_record",
            }
        ),
        "public.benefits_destructionitem": frozenset(
            {
                "destruction_list_is_fixed",
                "destructionitem_is_never_emptied",
                "destructionitem_is_never_taken_back",
            }
        ),
        "public.benefits_stocktake": frozenset(
            {
                "stocktake_ends_once",
                "stocktake_is_never_emptied",
                "stocktake_is_never_taken_back",
                "stocktake_is_on_record",
            }
        ),
        "public.benefits_stocktakeline": frozenset(
            {
                "stocktake_is_open_while_scanned",
                "stocktakeline_is_never_emptied",
                "stocktakeline_is_never_taken_back",
            }
        ),
        "public.benefits_certification": frozenset({"certification_follows_an_approval"}),
        "public.benefits_retentionperiod": frozenset({"period_is_on_record", "period_takes_two"}),
        "public.benefits_deletionhold": frozenset({"hold_is_on_record", "hold_takes_two"}),
        "public.benefits_deletionlist": frozenset({"list_is_on_record", "list_takes_two"}),
        "public.benefits_deletionrow": frozenset({"row_stays"}),
        "public.benefits_deletioncertificate": frozenset(
            {
                "certificate_is_never_changed",
                "certificate_is_numbered",
                "certificate_tells_the_truth",
                "certificates_are_never_truncated",
            }
        ),
        "public.benefits_correction": frozenset({"correction_is_on_record", "correction_takes_two"}),
        "vault.search_limit": frozenset({"search_limit_change_is_on_record", "search_limits_stay"}),
        "public.benefits_householdperson": frozenset(
            {"household_person_change_is_on_record", "household_person_is_fixed_once_submitted"}
        ),
        "public.benefits_thirdcomparison": frozenset(
            {"third_comparison_is_answered_once", "third_comparison_is_on_record"}
        ),
        "public.benefits_jukibatch": frozenset({"juki_batch_moves_by_the_table", "juki_step_is_on_record"}),
        "public.benefits_jukilayout": frozenset({"layout_is_on_record", "layout_takes_two"}),
        "public.benefits_jukirow": frozenset(
            {
                "juki_counts_changed_lines",
                "juki_counts_new_lines",
                "juki_decision_is_on_record",
                "juki_row_moves_by_the_table",
            }
        ),
        "public.benefits_jukisample": frozenset({"juki_answer_is_on_record", "juki_sample_is_answered_by_a_checker"}),
        "vault.imported": frozenset({"import_is_undone_by_two", "import_keeps_a_likeness"}),
        "vault.staged": frozenset(
            {
                "number_is_judged_for_its_line",
                "number_is_let_go_in_its_time",
                "number_is_staged_while_its_file_is_read",
            }
        ),
        "vault.staging": frozenset({"staging_is_on_record"}),
        "public.benefits_person": frozenset(
            {
                "imported_number_is_of_who_is_registered",
                "person_is_registered_by_approval",
                "person_is_registered_once",
            }
        ),
    },
)

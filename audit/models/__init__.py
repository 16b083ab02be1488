"""The record and what is kept about reading it."""

from audit.models.ledger import Leaf, Pending
from audit.models.pruning import MonthPruning, PruningOutcome, RecordRetention
from audit.models.record import REASON_KEY, ActorLabel, Event, PersonLabel, Result
from audit.models.reporting import MonthlyReport
from audit.models.searching import Export, ExportState, Holiday, SavedSearch, SavedSearchRun
from audit.models.verifying import Fault, Verification, VerificationKind
from audit.models.watching import (
    AnswerCode,
    ChangeOutcome,
    Hit,
    HitAnswer,
    HitState,
    Rule,
    RuleChange,
    RuleProgress,
    Sample,
    SampledView,
    SampleVerdict,
    Severity,
    Simulation,
    SimulationState,
)

__all__ = [
    "REASON_KEY",
    "ActorLabel",
    "AnswerCode",
    "ChangeOutcome",
    "Event",
    "Export",
    "ExportState",
    "Fault",
    "Hit",
    "HitAnswer",
    "HitState",
    "Holiday",
    "Leaf",
    "MonthPruning",
    "MonthlyReport",
    "Pending",
    "PersonLabel",
    "PruningOutcome",
    "RecordRetention",
    "Result",
    "Rule",
    "RuleChange",
    "RuleProgress",
    "Sample",
    "SampleVerdict",
    "SampledView",
    "SavedSearch",
    "SavedSearchRun",
    "Severity",
    "Simulation",
    "SimulationState",
    "Verification",
    "VerificationKind",
]

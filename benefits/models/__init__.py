"""What the benefits domain keeps."""

from benefits.models.application import Application
from benefits.models.certification import Certification
from benefits.models.correction import Correction
from benefits.models.destruction import DestructionItem, DestructionList
from benefits.models.holding import HoldingFinding, HoldingReview
from benefits.models.household import HouseholdPerson, ThirdComparison
from benefits.models.juki import JukiBatch, JukiLayout, JukiRow, JukiSample
from benefits.models.paper import Movement, Paper
from benefits.models.person import Person
from benefits.models.place import Box, Place
from benefits.models.retention import (
    DeletionCertificate,
    DeletionHold,
    DeletionList,
    DeletionRow,
    RetentionPeriod,
)
from benefits.models.review import ReturnComment, Review
from benefits.models.showing import NumberRelease, Protection, RevealReview
from benefits.models.stocktake import Stocktake, StocktakeLine
from benefits.models.watching import (
    ContactRecord,
    DeclaredRelation,
    MadeUpPerson,
    Overtime,
    RelationDeclaration,
)

__all__ = [
    "Application",
    "Box",
    "Certification",
    "ContactRecord",
    "Correction",
    "DeclaredRelation",
    "DeletionCertificate",
    "DeletionHold",
    "DeletionList",
    "DeletionRow",
    "DestructionItem",
    "DestructionList",
    "HoldingFinding",
    "HoldingReview",
    "HouseholdPerson",
    "JukiBatch",
    "JukiLayout",
    "JukiRow",
    "JukiSample",
    "MadeUpPerson",
    "Movement",
    "NumberRelease",
    "Overtime",
    "Paper",
    "Person",
    "Place",
    "Protection",
    "RelationDeclaration",
    "RetentionPeriod",
    "ReturnComment",
    "RevealReview",
    "Review",
    "Stocktake",
    "StocktakeLine",
    "ThirdComparison",
]

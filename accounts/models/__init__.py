"""The people who use the system: who they are, what they may do, how they prove it, and where they are signed in."""

from accounts.models.access_review import AccessAnswer, AccessReview
from accounts.models.factors import CodeDevice, RecoveryCode, RecoverySheet, SecurityKey
from accounts.models.passwords import Attempts, FormerPassword
from accounts.models.people import User
from accounts.models.rights import Proposal, RoleAssignment, StaffBatch
from accounts.models.sessions import KeptInput, StaffSession

__all__ = [
    "AccessAnswer",
    "AccessReview",
    "Attempts",
    "CodeDevice",
    "FormerPassword",
    "KeptInput",
    "Proposal",
    "RecoveryCode",
    "RecoverySheet",
    "RoleAssignment",
    "SecurityKey",
    "StaffBatch",
    "StaffSession",
    "User",
]

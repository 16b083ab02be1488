"""What the benefits domain keeps."""

from benefits.models.application import Application
from benefits.models.certification import Certification
from benefits.models.person import Person
from benefits.models.review import ReturnComment, Review

__all__ = ["Application", "Certification", "Person", "ReturnComment", "Review"]

"""Classes for events: taxonomy, the user's rules, suggestions and lint."""

from __future__ import annotations

from convbridge.classify.classes import classes_of, classify
from convbridge.classify.lint import Finding, lint
from convbridge.classify.suggestions import Suggestion, suggest
from convbridge.classify.taxonomy import names_of

__all__ = [
    "Finding",
    "Suggestion",
    "classes_of",
    "classify",
    "lint",
    "names_of",
    "suggest",
]

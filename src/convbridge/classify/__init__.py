"""Classes for events: taxonomy, the user's rules, suggestions and lint."""

from __future__ import annotations

from convbridge.classify.classes import classify

__all__ = ["classify"]

"""One valuation under way: everything the entries are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from convbridge.model.policy import ValuePolicy
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import PublishedValue
    from convbridge.value.findings import Finding, Site
    from convbridge.value.heterogeneity import Heterogeneity
    from convbridge.value.schemes import Credit
    from convbridge.value.worth import Worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known before single events are looked at."""

    currency: str
    rules: RuleSet
    policy: ValuePolicy
    previous: Mapping[str, PublishedValue]
    on: date
    site: Site
    worth: Worth
    findings: Mapping[str, Finding]
    heterogeneity: Mapping[str, Heterogeneity]
    credit: Credit
    scale: float
    """What credit is multiplied with, by the anchor."""
    refused: str | None
    """Why nothing at all can be valued."""
    source: str
    """Where the weights come from."""

    def amount(self, event: str) -> float:
        """Return the credit to publish: the mean, or weak evidence's quarter."""
        credit = self.credit.micro[event]
        return credit.quarter if self.findings[event].is_weak else credit.mean

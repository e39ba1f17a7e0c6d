"""What a report says about itself, and flags made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convbridge.errors import DataError
from convbridge.model.quality import Effect, QualityFlag

if TYPE_CHECKING:
    from collections.abc import Iterable

_REVENUE_DATA, _COST_DATA = 2, 1
"""RestrictedMetricType of the Data API v1beta."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInfo:
    """ResponseMetaData of one report, or of several, as plain values."""

    currency: str | None = None
    time_zone: str | None = None
    other_row: bool = False
    thresholded: bool = False
    sampled: float = 1.0
    """Share of events that were read; 1.0 when the report is not sampled."""
    restricted: tuple[str, ...] = ()
    """`REVENUE_DATA`, `COST_DATA`: what the login may not see."""
    truncated: tuple[str, ...] = ()
    """Type and message of each data truncation."""
    empty_reason: str | None = None

    @classmethod
    def from_message(cls, found: Any, *, metrics: Iterable[str] = ()) -> ReportInfo:
        """Read a `ResponseMetaData` message."""
        return cls(
            currency=found.currency_code or None,
            time_zone=found.time_zone or None,
            other_row=found.data_loss_from_other_row,
            thresholded=found.subject_to_thresholding,
            sampled=sampled_share(found.sampling_metadatas),
            restricted=_restricted(found.schema_restriction_response, set(metrics)),
            truncated=tuple(_truncated(found)),
            empty_reason=found.empty_reason or None,
        )

    def merged(self, other: ReportInfo) -> ReportInfo:
        """
        Return what is known from both.

        Raises:
            DataError: They disagree on currency or time zone.
        """
        return replace(
            self,
            currency=_same("currency", self.currency, other.currency),
            time_zone=_same("time zone", self.time_zone, other.time_zone),
            other_row=self.other_row or other.other_row,
            thresholded=self.thresholded or other.thresholded,
            sampled=min(self.sampled, other.sampled),
            restricted=_union(self.restricted, other.restricted),
            truncated=_union(self.truncated, other.truncated),
            empty_reason=self.empty_reason or other.empty_reason,
        )

    def flags(self, report: str) -> tuple[QualityFlag, ...]:
        """Return the flags for a report of this name, each with its reason."""
        found: list[QualityFlag] = []
        if self.thresholded:
            found.append(_flag("thresholding", _THRESHOLDED.format(report), factor=0.9))
        if self.other_row:
            found.append(_flag("other_row", _OTHER.format(report), factor=0.9))
        if self.sampled < 1:
            reason = f"GA4 read {self.sampled:.1%} of the events of report {report}"
            found.append(_flag("sampling", reason, factor=max(self.sampled, 1e-6)))
        found += [
            _flag("truncation", f"report {report} is truncated: {reason}", factor=0.5)
            for reason in self.truncated
        ]
        return (*found, *self._restrictions(report))

    def _restrictions(self, report: str) -> Iterable[QualityFlag]:
        if "REVENUE_DATA" in self.restricted:
            yield QualityFlag(
                code="restricted_revenue",
                effect=Effect.REFUSE,
                reason=f"the login may not see revenue (report {report}): GA4 "
                "answers zeros; lift the data restriction in GA4 under "
                "Admin > Property access management",
            )
        if "COST_DATA" in self.restricted:
            yield QualityFlag(
                code="restricted_cost",
                effect=Effect.NOTE,
                reason=f"the login may not see costs (report {report}): GA4 "
                "answers zeros, so costs are left out",
            )


_THRESHOLDED = (
    "report {} is subject to GA4's thresholds: rows with few users may be missing"
)
_OTHER = (
    "report {} was made from a table with an (other) row: rare values are lumped "
    "together in it"
)


def _flag(code: str, reason: str, *, factor: float) -> QualityFlag:
    return QualityFlag(code=code, effect=Effect.WIDEN, reason=reason, factor=factor)


def sampled_share(samplings: Any) -> float:
    """Return the least share of events that was read in any date range."""
    shares = [
        s.samples_read_count / s.sampling_space_size
        for s in samplings
        if s.sampling_space_size
    ]
    return min(shares, default=1.0)


def _restricted(response: Any, metrics: set[str]) -> tuple[str, ...]:
    """Return the restricted kinds among the metrics that were asked for."""
    kinds: set[str] = set()
    for found in response.active_metric_restrictions:
        if metrics and found.metric_name and found.metric_name not in metrics:
            continue
        types = set(found.restricted_metric_types)
        kinds |= {"REVENUE_DATA"} if _REVENUE_DATA in types else set()
        kinds |= {"COST_DATA"} if _COST_DATA in types else set()
    return tuple(sorted(kinds))


def _truncated(found: Any) -> Iterable[str]:
    for reason in found.data_truncation_reasons:
        field = reason.DESCRIPTOR.fields_by_name["data_truncation_type"]
        known = field.enum_type.values_by_number.get(reason.data_truncation_type)
        name = known.name if known else str(reason.data_truncation_type)
        name = name.removeprefix("DATA_TRUNCATION_TYPE_")
        yield f"{name} {reason.data_truncation_message}".strip()


def _same(what: str, one: str | None, other: str | None) -> str | None:
    if one and other and one != other:
        raise DataError(
            f"GA4 reports two values for the {what}: {one} and {other}",
            hint=f"the property's {what} was changed while it was read; try again",
        )
    return one or other


def _union(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return one + tuple(o for o in other if o not in one)

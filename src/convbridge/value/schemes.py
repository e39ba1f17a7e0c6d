"""The schemes: credit per conversion of each event, before the anchor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from convbridge.model.policy import Scheme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.value.findings import Finding
    from convbridge.value.intervals import Estimate
    from convbridge.value.weights import Weights

_LEAST = 1e-3
"""A primary keeps this much even where the last step always leads to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Credit per conversion, and the share of its face value a primary keeps."""

    primary: float
    micro: Mapping[str, Estimate]
    weights: Mapping[str, float]
    """Factor of each event's rate x primary value, before the anchor's scale."""


def share_credit(
    scheme: Scheme,
    findings: Sequence[Finding],
    stages: Mapping[str, int | None],
    weights: Weights,
    per_user: Estimate,
) -> Credit:
    """Return the credit of each event under a scheme."""
    match scheme:
        case Scheme.BLEND | Scheme.WEIGHTS:
            return _blend(findings, weights, per_user)
        case Scheme.STATIC:
            return _static(findings, per_user)
        case Scheme.DEEPEST_STATE:
            return _states(findings, stages, per_user)
        case Scheme.INCREMENTAL:
            return _incremental(findings, stages, per_user)
        case _:
            assert_never(scheme)


def _blend(findings: Sequence[Finding], weights: Weights, per_user: Estimate) -> Credit:
    """V = lambda V p; with weights that add to 1 a nested path counts money once."""
    return Credit(
        primary=weights.primary,
        micro={
            f.event: (f.rate * per_user).scaled(weights.micro[f.event])
            for f in findings
        },
        weights=weights.micro,
    )


def _static(findings: Sequence[Finding], per_user: Estimate) -> Credit:
    """V = V p, the close-rate values: the same money once per step."""
    return Credit(
        primary=1.0,
        micro={f.event: f.rate * per_user for f in findings},
        weights={f.event: 1.0 for f in findings},
    )


def _states(
    findings: Sequence[Finding], stages: Mapping[str, int | None], per_user: Estimate
) -> Credit:
    """
    V = V p of the deepest state reached, rates clipped to rise along the path.

    One conversion per click carries it and is restated as the user goes on.
    """
    ordered = _on_path(findings, stages)
    rates = _rising([f.rate.mean for f in ordered], [f.users for f in ordered])
    weights = {f.event: 1.0 for f in findings}
    for finding, rate in zip(ordered, rates, strict=True):
        if finding.rate.mean > 0:
            weights[finding.event] = rate / finding.rate.mean
    return Credit(
        primary=1.0,
        micro={f.event: (f.rate * per_user).scaled(weights[f.event]) for f in findings},
        weights=weights,
    )


def _on_path(
    findings: Sequence[Finding], stages: Mapping[str, int | None]
) -> list[Finding]:
    found = [f for f in findings if stages.get(f.event) is not None]
    return sorted(found, key=lambda f: (stages[f.event] or 0, f.event))


def _incremental(
    findings: Sequence[Finding], stages: Mapping[str, int | None], per_user: Estimate
) -> Credit:
    """
    v_k = V (p_k - p_(k-1)) along the path, rates clipped to rise.

    Events of one stage share a rate; those off the path have no place in the
    order and get no credit. The primary keeps 1 - p of the last step.
    """
    ordered = _on_path(findings, stages)
    rates = _rising([f.rate.mean for f in ordered], [f.users for f in ordered])
    before = [0.0, *rates[:-1]]
    weights = dict.fromkeys((f.event for f in findings), 0.0)
    for finding, rate, last in zip(ordered, rates, before, strict=True):
        mean = finding.rate.mean
        weights[finding.event] = (rate - last) / mean if mean > 0 else 0.0
    return Credit(
        primary=max(1.0 - (rates[-1] if rates else 0.0), _LEAST),
        micro={f.event: (f.rate * per_user).scaled(weights[f.event]) for f in findings},
        weights=weights,
    )


def _rising(rates: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Return the nearest rates that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for rate, size in zip(rates, sizes, strict=True):
        mean, weight, many = rate, max(size, 1e-9), 1
        while blocks and blocks[-1][0] > mean:
            last, heavy, count = blocks.pop()
            mean = (mean * weight + last * heavy) / (weight + heavy)
            weight, many = weight + heavy, many + count
        blocks.append((mean, weight, many))
    return [float(mean) for mean, _, many in blocks for _ in range(many)]

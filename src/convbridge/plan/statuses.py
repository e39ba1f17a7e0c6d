"""What Google says of a bidding strategy's health, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LATER = "judge after two conversion cycles"
_LEARNING = "learning since "
_LIMITED = "limited by "
_WRONG = "misconfigured: "

STATUSES = {
    "ENABLED": "active, and Google finds nothing wrong",
    "LEARNING_NEW": f"{_LEARNING}it is new or was turned on again; {_LATER}",
    "LEARNING_SETTING_CHANGE": f"{_LEARNING}a setting of it changed; {_LATER}",
    "LEARNING_BUDGET_CHANGE": f"{_LEARNING}its budget changed; {_LATER}",
    "LEARNING_COMPOSITION_CHANGE": f"{_LEARNING}its campaigns, ad groups or keywords "
    f"changed; {_LATER}",
    "LEARNING_CONVERSION_TYPE_CHANGE": f"{_LEARNING}the conversion actions it bids on "
    f"changed; {_LATER}",
    "LEARNING_CONVERSION_SETTING_CHANGE": f"{_LEARNING}its conversion settings "
    f"changed; {_LATER}",
    "LIMITED_BY_CPC_BID_CEILING": f"{_LIMITED}the highest bid it may make: raise or "
    "remove it",
    "LIMITED_BY_CPC_BID_FLOOR": f"{_LIMITED}the lowest bid it may make: lower or "
    "remove it",
    "LIMITED_BY_DATA": f"{_LIMITED}too few conversions in the last weeks: name more "
    "micro events, or more campaigns in one portfolio",
    "LIMITED_BY_BUDGET": f"{_LIMITED}its budget: raise the budget or the target",
    "LIMITED_BY_LOW_PRIORITY_SPEND": f"{_LIMITED}its low priority: others spend first",
    "LIMITED_BY_LOW_QUALITY": f"{_LIMITED}keywords of a low Quality Score",
    "LIMITED_BY_INVENTORY": f"{_LIMITED}narrow targeting: it cannot spend its budget",
    "MISCONFIGURED_ZERO_ELIGIBILITY": f"{_WRONG}no conversions come in; look at the "
    "tags and at the goals it bids on",
    "MISCONFIGURED_CONVERSION_TYPES": f"{_WRONG}no conversion action is one it could "
    "bid on; look at its goals",
    "MISCONFIGURED_CONVERSION_SETTINGS": f"{_WRONG}look at the account's conversion "
    "settings",
    "MISCONFIGURED_SHARED_BUDGET": f"{_WRONG}it shares a budget with campaigns "
    "outside its strategy",
    "MISCONFIGURED_STRATEGY_TYPE": f"{_WRONG}its strategy is not valid for it, and it "
    "does not serve",
    "PAUSED": "not bidding: no campaign, ad group, keyword or budget of it is active",
    "UNAVAILABLE": "of a strategy that Google gives no status for",
    "MULTIPLE_LEARNING": f"{_LEARNING}several changes; {_LATER}",
    "MULTIPLE_LIMITED": f"{_LIMITED}several things: Google Ads names them beside its "
    "bid strategy",
    "MULTIPLE_MISCONFIGURED": f"{_WRONG}Google Ads names several things beside its bid "
    "strategy",
    "MULTIPLE": "of several statuses: Google Ads names them beside its bid strategy",
}
"""BiddingStrategySystemStatus of API v26."""
_QUIET = {"", "ENABLED", "UNAVAILABLE", "UNKNOWN", "UNSPECIFIED"}


def status_notes(statuses: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what the statuses of campaigns mean, once for each status."""
    found: dict[str, list[str]] = {}
    for name, status in statuses:
        if status not in _QUIET:
            found.setdefault(status, []).append(repr(name))
    unknown = "of a status that this version does not know"
    return tuple(
        f"bidding: {', '.join(names)}: {STATUSES.get(status, unknown)} ({status})"
        for status, names in found.items()
    )

"""Audiences and event create rules, which only v1alpha has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .ga4_admin_wire import page, read_body, read_mask, timestamp, to_json
from .ga4_wire import invalid
from .http import ApiError

if TYPE_CHECKING:
    import re

    from .ga4_admin import Admin
    from .http import Request, Route
    from .site import Site

AUDIENCES = r"/v1alpha/properties/(\d+)/audiences"
RULES = r"/v1alpha/properties/(\d+)/dataStreams/(\d+)/eventCreateRules"
MAX_AUDIENCES = 100
MAX_MEMBERSHIP_DAYS = 540
MAX_CONDITIONS = 10
MAX_MUTATIONS = 20
MAX_RULES = 50
_RULE_FIELDS = (
    "destination_event",
    "event_conditions",
    "source_copy_parameters",
    "parameter_mutations",
)


def routes(admin: Admin) -> list[Route]:
    """Return the routes of audiences and event create rules."""

    def create_audience(
        site: Site, request: Request, _: re.Match[str]
    ) -> dict[str, Any]:
        return _create_audience(site, request, timestamp(admin.clock.now()))

    def create_rule(
        site: Site, request: Request, match: re.Match[str]
    ) -> dict[str, Any]:
        made = _create_rule(site, request, match)
        site.ga4.rules_since[made["name"]] = admin.clock.now()
        return made

    def update_rule(
        site: Site, request: Request, match: re.Match[str]
    ) -> dict[str, Any]:
        made = _update_rule(site, request, match)
        site.ga4.rules_since[made["name"]] = admin.clock.now()
        return made

    audience, rule = rf"{AUDIENCES}/(\d+)", rf"{RULES}/(\d+)"
    return [
        admin.route("GET", AUDIENCES, "listAudiences", _list_audiences),
        admin.route("GET", audience, "getAudience", _get_audience),
        admin.route("POST", AUDIENCES, "createAudience", create_audience),
        admin.route("PATCH", audience, "updateAudience", _update_audience),
        admin.route("POST", f"{audience}:archive", "archiveAudience", _archive),
        admin.route("GET", RULES, "listEventCreateRules", _list_rules),
        admin.route("GET", rule, "getEventCreateRule", _get_rule),
        admin.route("POST", RULES, "createEventCreateRule", create_rule),
        admin.route("PATCH", rule, "updateEventCreateRule", update_rule),
        admin.route("DELETE", rule, "deleteEventCreateRule", _delete_rule),
    ]


def _under(site: Site, parent: str) -> list[dict[str, Any]]:
    resources = site.ga4.resources
    return [each for name, each in resources.items() if name.startswith(parent)]


def _find(site: Site, name: str) -> dict[str, Any]:
    found = site.ga4.resources.get(name)
    if found is None:
        raise ApiError(404, f"{name} was not found.")
    return found


def _audience_parent(match: re.Match[str]) -> str:
    return f"properties/{match[1]}/audiences/"


def _list_audiences(
    site: Site, request: Request, match: re.Match[str]
) -> dict[str, Any]:
    return page(request, "audiences", _under(site, _audience_parent(match)))


def _get_audience(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    return _find(site, _audience_parent(match) + match[2])


def _create_audience(site: Site, request: Request, now: str) -> dict[str, Any]:
    message = read_body(request, "Audience")
    parent = f"properties/{site.property_id}/audiences/"
    _check_audience(message)
    others = _under(site, parent)
    if any(each["displayName"] == message.display_name for each in others):
        raise ApiError(409, f"An audience named {message.display_name} already exists.")
    if len(others) >= MAX_AUDIENCES:
        raise ApiError(429, f"The property has reached {MAX_AUDIENCES} audiences.")
    made = to_json(message) | {
        "name": parent + site.ga4.next_id(),
        "adsPersonalizationEnabled": True,
        "createTime": now,
    }
    site.ga4.resources[made["name"]] = made
    return made


def _check_audience(message: Any) -> None:
    if not message.display_name or not message.description:
        raise invalid("display_name and description are required.")
    if not 1 <= message.membership_duration_days <= MAX_MEMBERSHIP_DAYS:
        raise invalid("membership_duration_days must be from 1 to 540.")
    if not message.filter_clauses:
        raise invalid("filter_clauses is required.")
    for clause in message.filter_clauses:
        if not clause.clause_type:
            raise invalid("Each filter clause needs a clause_type.")
        if clause.WhichOneof("filter") == "simple_filter":
            _check_simple(clause.simple_filter)


def _check_simple(single: Any) -> None:
    """Check the shape Google asks for: an and_group of or_groups."""
    if not single.scope:
        raise invalid("A simple filter needs a scope.")
    top = single.filter_expression
    if top.WhichOneof("expr") != "and_group":
        raise invalid("The top of a filter expression must be an and_group.")
    for each in top.and_group.filter_expressions:
        if each.WhichOneof("expr") != "or_group":
            raise invalid("The and_group of an audience may hold or_groups only.")


def _update_audience(
    site: Site, request: Request, match: re.Match[str]
) -> dict[str, Any]:
    found = _find(site, _audience_parent(match) + match[2])
    mask = read_mask(request, ("display_name", "description", "event_trigger"))
    return _merged(site, found, to_json(read_body(request, "Audience")), mask)


def _merged(
    site: Site, found: dict[str, Any], wanted: dict[str, Any], mask: tuple[str, ...]
) -> dict[str, Any]:
    made = dict(found)
    for path in mask:
        head, *rest = path.partition(".")[0].split("_")
        field = head + "".join(part.capitalize() for part in rest)
        made.pop(field, None)
        if field in wanted:
            made[field] = wanted[field]
    site.ga4.resources[made["name"]] = made
    return made


def _archive(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    name = _audience_parent(match) + match[2]
    _find(site, name)
    del site.ga4.resources[name]
    site.ga4.rules_since.pop(name, None)
    return {}


def _rule_parent(site: Site, match: re.Match[str]) -> str:
    if match[2] not in site.ga4.streams:
        raise ApiError(404, f"Data stream {match[2]} was not found.")
    return f"properties/{match[1]}/dataStreams/{match[2]}/eventCreateRules/"


def _list_rules(site: Site, request: Request, match: re.Match[str]) -> dict[str, Any]:
    return page(request, "eventCreateRules", _under(site, _rule_parent(site, match)))


def _get_rule(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    return _find(site, _rule_parent(site, match) + match[3])


def _create_rule(site: Site, request: Request, match: re.Match[str]) -> dict[str, Any]:
    message = read_body(request, "EventCreateRule")
    parent = _rule_parent(site, match)
    _check_rule(message)
    if len(_under(site, parent)) >= MAX_RULES:
        raise ApiError(429, f"The stream has reached {MAX_RULES} event create rules.")
    made = to_json(message) | {"name": parent + site.ga4.next_id()}
    site.ga4.resources[made["name"]] = made
    return made


def _check_rule(message: Any) -> None:
    name = message.destination_event
    starts = name[:1].isalpha()
    if not (starts and len(name) <= 40 and name.replace("_", "").isalnum()):
        raise invalid(f"The destination event {name!r} is not a valid event name.")
    if not 1 <= len(message.event_conditions) <= MAX_CONDITIONS:
        raise invalid(f"A rule has 1 to {MAX_CONDITIONS} event conditions.")
    if len(message.parameter_mutations) > MAX_MUTATIONS:
        raise invalid(f"A rule has at most {MAX_MUTATIONS} parameter mutations.")
    for condition in message.event_conditions:
        if not condition.field or not condition.comparison_type:
            raise invalid("A condition needs a field and a comparison type.")


def _update_rule(site: Site, request: Request, match: re.Match[str]) -> dict[str, Any]:
    found = _find(site, _rule_parent(site, match) + match[3])
    mask = read_mask(request, _RULE_FIELDS)
    return _merged(site, found, to_json(read_body(request, "EventCreateRule")), mask)


def _delete_rule(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    name = _rule_parent(site, match) + match[3]
    _find(site, name)
    del site.ga4.resources[name]
    site.ga4.rules_since.pop(name, None)
    return {}

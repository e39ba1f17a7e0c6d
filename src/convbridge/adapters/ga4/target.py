"""GA4's settings of one property as a target: read, create, update, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.error_details import violated_fields
from convbridge.adapters.ga4 import admin
from convbridge.adapters.ga4.api import ADMIN
from convbridge.adapters.ga4.resources import (
    body_of,
    completed,
    mask_of,
    read_audience,
    read_event_create_rule,
    read_key_event,
)
from convbridge.errors import OutcomeUnknownError, RejectedError, VendorError
from convbridge.model.changes import Action, Outcome, OutcomeKind
from convbridge.model.resources import ResourceType, State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.model.changes import Change
    from convbridge.model.resources import Resource

_METHODS: dict[tuple[ResourceType, Action], str] = {
    (ResourceType.KEY_EVENT, Action.CREATE): "create_key_event",
    (ResourceType.KEY_EVENT, Action.UPDATE): "update_key_event",
    (ResourceType.KEY_EVENT, Action.REMOVE): "delete_key_event",
    (ResourceType.EVENT_CREATE_RULE, Action.CREATE): "create_event_create_rule",
    (ResourceType.EVENT_CREATE_RULE, Action.UPDATE): "update_event_create_rule",
    (ResourceType.EVENT_CREATE_RULE, Action.REMOVE): "delete_event_create_rule",
    (ResourceType.AUDIENCE, Action.CREATE): "create_audience",
    (ResourceType.AUDIENCE, Action.UPDATE): "update_audience",
    (ResourceType.AUDIENCE, Action.REMOVE): "archive_audience",
}

_THERE = frozenset({"ALREADY_EXISTS", "HTTP_409"})

GA4_TYPES = (
    ResourceType.KEY_EVENT,
    ResourceType.EVENT_CREATE_RULE,
    ResourceType.AUDIENCE,
)


class Ga4Target:
    """
    Reads and changes key events, event create rules and audiences.

    The Admin API changes one resource a call and has no validate_only.

    Args:
        types: What is read: key events always, rules and audiences where a plan
            can have to do with them.
        known: Returns key events that were read a moment ago, once.
        streams: Returns the web streams' names, where they are known already.
    """

    def __init__(
        self,
        api: Ga4Api,
        *,
        types: Collection[ResourceType] = GA4_TYPES,
        known: Callable[[], tuple[Any, ...] | None] = lambda: None,
        streams: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._api = api
        self.close = api.clients.close
        self._owner = api.property_id.resource_name
        self._types = frozenset(types)
        self._known = known
        self._streams = streams

    def fetch_state(self) -> State:
        """
        Return the property's key events, event create rules and audiences.

        Rules and audiences are v1alpha: a property or login without them has
        key events only.
        """
        events = self._known() or admin.fetch_key_events(self._api)
        marks = [read_key_event(found, owner=self._owner) for found in events]
        rules = self._read(ResourceType.EVENT_CREATE_RULE, self._rules)
        audiences = self._read(ResourceType.AUDIENCE, self._audiences)
        return State(resources=(*marks, *rules, *audiences))

    def validate(
        self,
        changes: Sequence[Change],
        *,
        names: Mapping[str, str],  # noqa: ARG002 - the port's signature
    ) -> tuple[Outcome, ...]:
        """Return `skipped` for each change: the Admin API cannot be asked."""
        reason = "the GA4 Admin API has no validate_only"
        return tuple(
            Outcome(change=change, kind=OutcomeKind.SKIPPED, error=reason)
            for change in changes
        )

    def apply(
        self,
        changes: Sequence[Change],
        *,
        names: Mapping[str, str],
    ) -> tuple[Outcome, ...]:
        """
        Make the changes one by one; a refused one does not stop the others.

        Raises:
            VendorError: The first call failed as a call; nothing was changed.
        """
        outcomes: list[Outcome] = []
        for index, change in enumerate(changes):
            try:
                outcomes.append(self._apply(change, names))
            except OutcomeUnknownError as exc:
                outcomes.append(_outcome(change, OutcomeKind.UNKNOWN, exc))
                outcomes += _skipped(changes[index + 1 :], exc)
                break
            except VendorError as exc:
                if not outcomes:
                    raise
                outcomes += _skipped(changes[index:], exc)
                break
        return tuple(outcomes)

    def _apply(self, change: Change, names: Mapping[str, str]) -> Outcome:
        name = _METHODS[change.type, change.action]
        is_alpha = change.type is not ResourceType.KEY_EVENT
        clients = self._api.clients
        method = getattr(clients.admin_alpha if is_alpha else clients.admin, name)
        try:
            answer = self._api.send(
                method,
                self._request(change, names),
                family=ADMIN,
                operation=_camel(name),
                idempotent=False,
            )
        except RejectedError as exc:
            there = self._twin(change) if exc.code in _THERE else None
            if there is None:
                return _outcome(change, OutcomeKind.REJECTED, exc)
            return Outcome(
                change=change,
                kind=OutcomeKind.APPLIED,
                resource_name=there,
                code=exc.code,
                request_id=exc.request_id,
            )
        made = getattr(answer, "name", None) or names.get(change.key, change.key)
        return Outcome(change=change, kind=OutcomeKind.APPLIED, resource_name=made)

    def _twin(self, change: Change) -> str | None:
        """Return the key event that somebody made since the property was read."""
        if (change.type, change.action) != (ResourceType.KEY_EVENT, Action.CREATE):
            return None
        wanted = body_of(change)["event_name"]
        marks = admin.fetch_key_events(self._api)
        return next((m.name for m in marks if m.event_name == wanted), None)

    def _request(self, change: Change, names: Mapping[str, str]) -> dict[str, Any]:
        key = names.get(change.key, change.key)
        field = str(change.type)
        match change.action:
            case Action.CREATE:
                return {"parent": self._parent(change), field: body_of(change)}
            case Action.UPDATE:
                body = {**self._completed(change, key), "name": key}
                return {field: body, "update_mask": {"paths": mask_of(change)}}
            case Action.REMOVE:
                return {"name": key}

    def _parent(self, change: Change) -> str:
        info = change.info or {}
        if change.type is ResourceType.EVENT_CREATE_RULE and info.get("parent"):
            return str(info["parent"])
        return self._owner

    def _completed(self, change: Change, key: str) -> dict[str, Any]:
        """Return the body; half a default value is completed from GA4's own."""
        body = body_of(change)
        value = body.get("default_value")
        if change.type is ResourceType.KEY_EVENT and value and len(value) < 2:
            found = self._api.send(
                self._api.clients.admin.get_key_event,
                {"name": key},
                family=ADMIN,
                operation="getKeyEvent",
            )
            current = read_key_event(found, owner=self._owner)
            return completed(body, current.fields)
        return body

    def _read(
        self, kind: ResourceType, read: Callable[[], Iterator[Resource]]
    ) -> list[Resource]:
        if kind not in self._types:
            return []
        found = admin.optional(lambda: list(read()))
        return [] if isinstance(found, admin.Refused) else found

    def _rules(self) -> Iterator[Resource]:
        for stream in self._streams() or admin.fetch_web_streams(self._api):
            found = self._api.list_all(
                self._api.clients.admin_alpha.list_event_create_rules,
                operation="listEventCreateRules",
                parent=stream,
            )
            for rule in found:
                yield read_event_create_rule(rule, owner=self._owner, stream=stream)

    def _audiences(self) -> Iterator[Resource]:
        found = self._api.list_all(
            self._api.clients.admin_alpha.list_audiences, operation="listAudiences"
        )
        for audience in found:
            yield read_audience(audience, owner=self._owner)


def _outcome(change: Change, kind: OutcomeKind, exc: VendorError) -> Outcome:
    text = "; ".join([exc.message, *exc.reasons])
    return Outcome(
        change=change,
        kind=kind,
        error=f"{text}. Next: {exc.hint}" if exc.hint else text,
        code=exc.code,
        request_id=exc.request_id,
        fields=violated_fields(exc.__cause__),
    )


def _skipped(changes: Sequence[Change], exc: VendorError) -> list[Outcome]:
    return [_outcome(change, OutcomeKind.SKIPPED, exc) for change in changes]


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)

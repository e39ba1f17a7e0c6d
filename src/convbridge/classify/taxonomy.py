"""The taxonomy of event names: acts and templates, read from `taxonomy.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConfigError
from convbridge.model.classes import EventClass, EventGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEPARATORS = re.compile(r"[\s!-/:-@\[-`{-~]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACCENTS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a person does, under all the names sites give it."""

    name: str
    event_class: EventClass
    group: EventGroup
    says: str
    """The act in plain words, for reasons."""
    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    link_domains: tuple[str, ...] = ()
    category: str | None = None
    follows: str | None = None
    """The act an anti-conversion takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a kind of business calls its primary, and the way there."""

    name: str
    says: str
    primary: tuple[tuple[str, ...], ...]
    """Lists of acts that would count the same money, best first."""
    path: tuple[str, ...]
    after: tuple[str, ...]
    yields: bool
    """Whether a primary named by the user takes the template's place."""

    def stage(self, act: str) -> int | None:
        """Return the act's position on the path, 1 first; the primary is last."""
        if any(act in same for same in self.primary):
            return len(self.path) + 1
        return self.path.index(act) + 1 if act in self.path else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxonomy:
    """Every act and template, indexed by name."""

    acts: Mapping[str, Act]
    templates: Mapping[str, Template]
    by_name: Mapping[str, str]
    by_pattern: tuple[tuple[re.Pattern[str], str], ...]
    by_domain: Mapping[str, str]

    def find(self, event: str) -> Act | None:
        """Return the act an event name stands for."""
        folded = fold(event)
        name = self.by_name.get(folded.replace("_", ""))
        if name is None:
            hits = (act for form, act in self.by_pattern if form.fullmatch(folded))
            name = next(hits, None)
        return None if name is None else self.acts[name]

    def find_domain(self, domain: str) -> Act | None:
        """Return the act of following a link to `domain`."""
        name = self.by_domain.get(domain.lower())
        return None if name is None else self.acts[name]

    def template(self, name: str) -> Template:
        """Return a template by name."""
        if name not in self.templates:
            allowed = ", ".join(sorted(self.templates))
            raise ConfigError(
                f"{name!r} is not a template", hint=f"templates are {allowed}"
            )
        return self.templates[name]


def fold(event: str) -> str:
    """
    Return an event name in the form names are compared in.

    Thai vowel signs are kept: only Latin accents are dropped.

    >>> fold("addToCart"), fold("Płatność odrzucona"), fold("404 Error")
    ('add_to_cart', 'platnosc_odrzucona', '404_error')
    """
    words = _CAMEL.sub("_", event)
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", words)).lower()
    return _SEPARATORS.sub("_", plain.replace("ł", "l")).strip("_")


@cache
def load_taxonomy() -> Taxonomy:
    """Read the taxonomy that comes with the package, once."""
    text = resources.files(__package__).joinpath("taxonomy.toml").read_text("utf-8")
    data = tomllib.loads(text)
    acts = {name: _act(name, row) for name, row in data["acts"].items()}
    return Taxonomy(
        acts=acts,
        templates={n: _template(n, row) for n, row in data["templates"].items()},
        by_name={
            fold(n).replace("_", ""): a.name for a in acts.values() for n in a.names
        },
        by_pattern=tuple(
            (re.compile(form), a.name) for a in acts.values() for form in a.patterns
        ),
        by_domain={d: a.name for a in acts.values() for d in a.link_domains},
    )


def names_of(event_class: EventClass) -> frozenset[str]:
    """Return the usual names of events of a class."""
    acts = load_taxonomy().acts.values()
    return frozenset(
        n for act in acts if act.event_class is event_class for n in act.names
    )


def _act(name: str, row: Mapping[str, Any]) -> Act:
    return Act(
        name=name,
        event_class=EventClass(row["class"]),
        group=EventGroup(row["group"]),
        says=row["says"],
        names=tuple(row["names"]),
        patterns=tuple(row.get("patterns", ())),
        link_domains=tuple(row.get("link_domains", ())),
        category=row.get("category"),
        follows=row.get("follows"),
    )


def _template(name: str, row: Mapping[str, Any]) -> Template:
    return Template(
        name=name,
        says=row["says"],
        primary=tuple(tuple(same) for same in row["primary"]),
        path=tuple(row["path"]),
        after=tuple(row["after"]),
        yields=row.get("yields", False),
    )

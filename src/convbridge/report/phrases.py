"""
Sentences of the core, which speaks English, in the language of a page.

A reason is data of the core: it stands in plans, journals and JSON in one
language. A page recognises its sentences by their form and says them again in
its own; a sentence it does not know stays in English.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from convbridge.report.acts import ACTS
from convbridge.report.data_sentences import DATA
from convbridge.report.goal_sentences import GOALS
from convbridge.report.plan_sentences import PLAN
from convbridge.report.words import N_

if TYPE_CHECKING:
    from convbridge.report.words import Words

PHRASES = (
    # values
    N_("first value"),
    N_("no change"),
    N_("your value"),
    N_("its revenue"),
    N_("the mean is shown"),
    N_("{change} is within the dead band of {band}"),
    N_("{change}, but only {sure} sure to be a change"),
    N_("published {age} days ago"),
    N_("{days} are the least"),
    N_("{change} after smoothing, capped at {cap} a step"),
    N_("{change} after smoothing"),
    N_("{some} of {all} users converted within {days} d, weight {weight}"),
    N_("intervals widened: {share} of the sample counts"),
    N_("{with_it} with the event, {without} without"),
    N_("{event} followed {share} of them"),
    N_("its rate differs by campaign (I2 {share}): it gets less credit"),
    N_("no funnel: user counts allow a rate from {low} to {high}"),
    N_("{share} of the conversions are seen"),
    N_("scaled up"),
    N_("the lag is not known: the last users had less time to convert"),
    N_("nobody did a primary"),
    N_("it brought no revenue and has no `value`"),
    N_("{days} days are too few to see conversions within {horizon}"),
    N_("no event is primary: there is nothing to measure against"),
    # classes
    N_("primary events carry no value: {rest}"),
    N_("micro events carry no value: {rest}"),
    N_("anti events carry no value: {rest}"),
    N_("noise events carry no value: {rest}"),
    N_("unclassified events carry no value: {rest}"),
    N_("your rule says primary"),
    N_("your rule says micro"),
    N_("your rule says anti"),
    N_("your rule says noise"),
    N_("no rule and no entry of the taxonomy names it"),
    N_("{rest}: engagement"),
    N_("name it under `events` to value it"),
    N_("no key event, and not named under `events`: Google Ads cannot count it"),
    # quality
    N_(
        "the last {open} of {all} days are not final: GA4 may still add to days "
        "after {day}"
    ),
    N_("there are no data before {day}: {some} of {all} days count"),
    N_("{days} days have no events at all, such as {day}"),
    N_(
        "{event} has not come since {day}, where its history led to expect {count}: "
        "check its tag"
    ),
    N_(
        "{event} comes {factor} times as often per visit since {day}: check whether "
        "its tag fires twice"
    ),
    N_("{old} stopped on {day} and {new} began as often: it looks renamed"),
    N_("use one name in the config and in the tag"),
    # plan
    N_("primary: {rest}"),
    N_("micro: {rest}"),
    N_("goals: {rest}"),
    N_("bidding: {rest}"),
    N_("delivery: {rest}"),
    N_("drift: {rest}"),
    N_("custom, {count} conversion actions to bid on: {names}"),
    N_("campaign, it bids on its own goals"),
    N_("{campaign}: learning since its conversion settings changed"),
    N_("{campaign}: learning since a setting of it changed"),
    N_("judge after two conversion cycles ({status})"),
    N_("{campaign}: limited by its budget: raise the budget or the target ({status})"),
    N_(
        "{campaign}: limited by too few conversions in the last weeks: name more micro "
        "events, or more campaigns in one portfolio ({status})"
    ),
    N_("the campaign bids on {goal}"),
    N_("it no longer follows the account's goals"),
    N_("target ROAS {target} was set without micro values"),
    N_("{campaign}: target ROAS {target} was set without micro values"),
    N_("`target_roas: rescale` multiplies by {factor}"),
    N_(
        "{campaign} bids by {strategy}, which counts a micro conversion as much as a "
        "sale"
    ),
    N_("set `bidding` too"),
    N_("{campaign} bids by {strategy}, which does not bid on conversions"),
    N_("the goal only changes its columns"),
    N_("{event}: no key event in GA4, so Google Ads cannot count it"),
    N_("name it under `events` to have it made one"),
    N_("{event}: no value is published: {rest}"),
    N_("no campaign is named, so micro conversions stay secondary"),
    N_("no micro conversion is ready to bid on"),
    N_(
        "{action} is primary in Google Ads and a micro event by its class: it leaves "
        "account-wide bidding"
    ),
    N_("say `class: primary` to keep it there"),
    N_("{event}: counted by {action}, which GA4 does not feed"),
    # findings
    N_("{event} is a key event in GA4 and tells nothing of the primary"),
    N_("unmark it in GA4, or keep it out of Google Ads' primary goals"),
    N_("{one} and {other} are counted on the same act"),
    N_("give one of them `class: noise`, such as {event}"),
    # readiness
    N_("{some} primary conversions in {days} days, {needed} needed"),
    N_("{count} with micro conversions"),
    N_("{count} even with micro conversions"),
    *DATA,
    *GOALS,
    *PLAN,
    *ACTS,
)
"""Forms of sentences; `{rest}` holds sentences again."""

_NUMBER = re.compile(r"([+-]?)(\d[\d,]*)(?:\.(\d+))?(%?)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIELD = re.compile(r"\{(\w+)\}")
_BREAK = "; "


def translate(text: str, words: Words) -> str:
    """Return sentences of the core in this language; unknown ones as they are."""
    if words.language == "en":
        return text
    return _known(text, words) or _BREAK.join(
        _known(clause, words) or clause for clause in text.split(_BREAK)
    )


def _known(text: str, words: Words) -> str | None:
    for form, phrase in _forms():
        found = form.fullmatch(text)
        if found:
            values = {
                name: translate(value, words)
                if name == "rest"
                else _localised(value, words)
                for name, value in found.groupdict().items()
            }
            return words.gettext(phrase, **values)
    return None


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_pattern(phrase)), phrase) for phrase in PHRASES)


def _pattern(phrase: str) -> str:
    """Return what a sentence of this form looks like; a field ends no sentence."""
    found, end = "", 0
    for field in _FIELD.finditer(phrase):
        found += re.escape(phrase[end : field.start()])
        name = field[1]
        anything = ".+" if name == "rest" else f"(?:(?!{_BREAK}).)+?"
        found += f"(?P<{name}>{anything})"
        end = field.end()
    return found + re.escape(phrase[end:])


def _localised(value: str, words: Words) -> str:
    """Return a number or a day as this language writes it, and text as it is."""
    if _DAY.fullmatch(value):
        return words.day(date.fromisoformat(value))
    number = _NUMBER.fullmatch(value)
    if not number:
        return value
    sign, whole, part, percent = number.groups(default="")
    amount = float(f"{whole.replace(',', '')}.{part or '0'}")
    return f"{sign}{words.number(amount, digits=len(part))}{percent}"

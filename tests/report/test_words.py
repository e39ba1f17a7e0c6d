"""Catalogues are complete and current, and each language writes as it should."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from string import Formatter

import pytest

from convbridge.classify.taxonomy import load_taxonomy
from convbridge.errors import ConfigError
from convbridge.report.acts import ACTS
from convbridge.report.catalogue import (
    TRANSLATED,
    compiled,
    extract,
    path_of,
    read,
)
from convbridge.report.phrases import translate
from convbridge.report.words import words_for


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated(language):
    catalog = read(language)
    wanted = {message.id for message in extract() if message.id}

    texts = {m.id: m.string for m in catalog if m.id}
    empty = [k for k, text in texts.items() if not all(_forms(text))]
    assert (set(texts), empty) == (wanted, [])


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_hold_the_same_values(language):
    different = [
        (message.id, form)
        for message in read(language)
        for form in _forms(message.string)
        if message.id and _fields(form) != _fields(_forms(message.id)[0])
    ]

    assert different == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_compiled_catalogue_is_current(language):
    assert path_of(language, ".mo").read_bytes() == compiled(read(language)), (
        "run: python -m convbridge.report.catalogue"
    )


def test_an_unknown_language_is_a_config_error():
    with pytest.raises(ConfigError, match="languages are en, pl, th"):
        words_for("de")


SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", [f"THB{SPACE}1,032.58", f"PLN{SPACE}96,030", "1,234.6", "12%", "0.5%"]),
        (
            "pl",
            [
                f"1{SPACE}032,58{SPACE}THB",
                f"96{SPACE}030{SPACE}zł",
                f"1{SPACE}234,6",
                "12%",
                "0,5%",
            ],
        ),
        ("th", ["฿1,032.58", f"PLN{SPACE}96,030", "1,234.6", "12%", "0.5%"]),
    ],
)
def test_numbers_are_written_as_the_language_does(language, expected):
    words = words_for(language)

    assert [
        words.money(Decimal("1032.58"), "THB"),
        words.money(96030.4, "PLN", is_short=True),
        words.number(1234.56, digits=1),
        words.percent(0.123),
        words.percent(0.0049),
    ] == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["22 Nov 2026", "22 Nov 2026, 05:30", "2 changes", "5 changes"]),
        ("pl", ["22 lis 2026", "22 lis 2026, 05:30", "2 zmiany", "5 zmian"]),
        ("th", ["22 พ.ย. 2026", "22 พ.ย. 2026, 05:30", "2 รายการ", "5 รายการ"]),
    ],
)
def test_days_and_plurals_are_written_as_the_language_does(language, expected):
    words = words_for(language)
    refused = (
        "Google refused {n} change of the last run.",
        "Google refused {n} changes of the last run.",
    )
    pattern = re.compile(r"\d (changes?|zmian[ay]?|zmiany|รายการ)")

    assert [
        words.day(date(2026, 11, 22)),
        words.moment(datetime.fromisoformat("2026-11-22T05:30:00+00:00")),
        *(pattern.search(words.ngettext(*refused, n))[0] for n in (2, 5)),
    ] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("first value", "pierwsza wartość", id="whole"),
        pytest.param(
            "micro: 0.0746 with the event, 0.0126 without; first value",
            "mikro: 0,0746 ze zdarzeniem, 0,0126 bez niego; pierwsza wartość",
            id="nested clauses",
        ),
        pytest.param(
            "the last 2 of 90 days are not final: GA4 may still add to days after "
            "2026-11-19",
            "ostatnie dni (2 z 90) nie są ostateczne: GA4 może jeszcze uzupełnić dni "
            "po 19 lis 2026",
            id="a day",
        ),
        pytest.param(
            "a sentence nobody knows; first value",
            "a sentence nobody knows; pierwsza wartość",
            id="half known",
        ),
        pytest.param(
            "{braces} & <script> followed 17% of them",
            "po 17% z nich nastąpiło {braces} & <script>",
            id="a hostile name",
        ),
    ],
)
def test_sentences_of_the_core_are_said_in_the_pages_language(text, expected):
    assert translate(text, words_for("pl")) == expected


@pytest.mark.parametrize("client", ["siam-coffee", "krakow-dental"])
def test_no_sentence_of_the_sandbox_stays_english(reports, client):
    report = reports[client]
    polish = words_for("pl")
    said = {
        *(e.reason for e in report.valuation),
        *(flag.reason for flag in report.flags),
        *(c.reason for c in report.plan.changes),
        *(r.reason for r in report.readiness),
        *report.plan.notes,
        *report.plan.warnings,
    }
    clauses = {clause for text in said for clause in text.split("; ")}

    same = {c for c in clauses if translate(c, polish) == c}

    assert same == set()


def test_every_act_of_the_taxonomy_can_be_said():
    acts = {act.says for act in load_taxonomy().acts.values()}

    assert acts - set(ACTS) == set()


def _forms(text):
    return text if isinstance(text, (tuple, list)) else (text,)


def _fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name} - {"n"}

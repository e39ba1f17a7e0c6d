"""The schema agrees with the loader; the starter files load."""

from __future__ import annotations

import jsonschema
import pytest

from convbridge.errors import ConfigError
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.settings import parse
from convbridge.settings.document import parse as parse_yaml
from convbridge.settings.schema import json_schema
from convbridge.settings.starter import TEMPLATES, starter, write_starter
from settings.conftest import BASE, FULL, GA4, one

SCHEMA = jsonschema.Draft202012Validator(json_schema())


def accepts(text: str) -> bool:
    return SCHEMA.is_valid(parse_yaml(text, source="f").data)


def test_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json_schema())

    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FULL, id="the whole file"),
        pytest.param(
            "version: 1\ndefaults: {google_ads: {login_customer_id: 999-999-9999}}\n"
            "clients: {a: {ga4: {property_id: 1}}}",
            id="parts in defaults",
        ),
        pytest.param(
            one(GA4, "events: {x: {from: click, where: {a: {contains: [b]}}}}"),
            id="where in its long form",
        ),
        pytest.param(
            one(GA4, "events: {x: {from: click, where: [{a: b}, {a: [c, 1]}]}}"),
            id="where as a list",
        ),
        pytest.param(
            one(GA4, "delivery: {hold: 24h, actions: {a: 5012, b: Sale}}"),
            id="actions by id and name",
        ),
        pytest.param(
            "google: {refresh_token: {command: vault read x}}\n" + FULL, id="secret"
        ),
    ],
)
def test_schema_accepts_what_the_loader_accepts(text):
    assert accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FULL.replace("version: 1", "version: 2"), id="version"),
        pytest.param(FULL.replace("class: anti", "class: ani"), id="class"),
        pytest.param(FULL.replace("values:", "valus:"), id="key"),
        pytest.param(FULL.replace("222222222", "G-1"), id="property"),
        pytest.param(FULL.replace("400", "-1"), id="value"),
        pytest.param(FULL.replace("0.25", "25"), id="rate"),
        pytest.param(FULL.replace("keep", "kep"), id="target"),
        pytest.param(
            FULL.replace("{template: ecommerce}", "{limts: {}}"), id="key in defaults"
        ),
    ],
)
def test_schema_refuses_what_the_loader_refuses(text):
    assert not accepts(text)
    with pytest.raises(ConfigError):
        parse(text, base=BASE, env={})


def test_every_key_is_described():
    schema = json_schema()
    properties = [
        (name, key, value)
        for name, part in [("top", schema), *schema["$defs"].items()]
        for key, value in part.get("properties", {}).items()
    ]

    def described(value):
        target = schema["$defs"].get(value.get("$ref", "").removeprefix("#/$defs/"), {})
        return value.get("description") or target.get("description")

    assert [(n, k) for n, k, v in properties if not described(v)] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_starter_with_its_ids_is_a_right_file(template):
    text = starter(
        template,
        client="café 24",
        property_id=PropertyId("111111111"),
        customer_id=CustomerId("1234567890"),
        login_customer_id=CustomerId("9999999999"),
    )

    loaded = parse(text, base=BASE, env={})

    client = loaded.client()
    assert (client.name, client.template) == ("café 24", template)
    assert (client.ga4.property_id, client.google_ads.customer_id) == (
        "111111111",
        "1234567890",
    )
    assert client.google_ads.login_customer_id == "9999999999"
    assert loaded.warnings == ()
    assert accepts(text)


def test_starter_without_ids_says_what_to_fill_in():
    with pytest.raises(ConfigError) as caught:
        parse(starter("ecommerce"), base=BASE, env={})

    messages = [fault.message for fault in caught.value.faults]
    assert messages == [
        "'YOUR-PROPERTY-ID' is not a GA4 property id",
        "'YOUR-CUSTOMER-ID' is not a Google Ads customer id",
    ]


def test_unknown_template_is_told():
    with pytest.raises(ConfigError) as caught:
        starter("shop")

    assert str(caught.value) == (
        "there is no template 'shop'\nHint: use ecommerce, lead_gen, service"
    )


def test_starter_is_never_written_over_a_file(tmp_path):
    path = tmp_path / "convbridge.yaml"
    write_starter(path, "first")

    with pytest.raises(ConfigError, match="is there already and was left as it is"):
        write_starter(path, "second")

    assert path.read_text(encoding="utf-8") == "first"


def test_starter_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written: No such file"):
        write_starter(tmp_path / "none" / "f.yaml", "text")

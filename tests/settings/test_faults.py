"""Every fault of a file: its place, its words, its suggestion."""

from __future__ import annotations

import pytest

from settings.conftest import FULL, GA4, faults, one, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            one(GA4, "evnts: {}"),
            "6:5: unknown key 'evnts'; allowed: action_settings, audiences, bidding, "
            "delivery, events, ga4, goals, google, google_ads, limits, on_drift, tags, "
            "template, values, warehouse (did you mean 'events'?)",
            id="misspelt section",
        ),
        pytest.param(
            one(GA4, "values: {window: 3}"),
            "6:14: unknown key 'window'; allowed: anchor, horizon_days, publish, "
            "readiness, scheme, window_days (did you mean 'window_days'?)",
            id="misspelt key of a section",
        ),
        pytest.param(
            one(GA4, "events: {values: {clas: micro}}"),
            "6:23: unknown key 'clas'; allowed: action, action_settings, category, "
            "class, close_rate, counting_method, from, group, stage, value, weight, "
            "where (did you mean 'class'?)",
            id="misspelt key of an event that is named like a section",
        ),
        pytest.param(
            one(GA4, "events: {x: {class: primry}}"),
            "6:25: class: expected primary, micro, anti or noise, found 'primry' "
            "(did you mean 'primary'?)",
            id="misspelt class",
        ),
        pytest.param(
            one(GA4, "events: {x: {class: 3}}"),
            "6:25: class: expected primary, micro, anti or noise, found 3",
            id="number for a class",
        ),
        pytest.param(
            one(GA4, "events: {x: {class: [micro]}}"),
            "6:25: class: expected primary, micro, anti or noise, found a list",
            id="list for a class",
        ),
        pytest.param(
            one(GA4, "events: {x: {class: true}}"),
            "6:25: class: expected primary, micro, anti or noise, found true",
            id="boolean for a class",
        ),
        pytest.param(
            one("template: shop", GA4).replace("    template: ecommerce\n", ""),
            "4:15: template: expected ecommerce, lead_gen or service, found 'shop'",
            id="unknown template",
        ),
        pytest.param(
            one(),
            "3:3: 'ga4' is missing (write ga4: {property_id: 111111111})",
            id="no property",
        ),
        pytest.param(
            one("ga4: {}"),
            "5:5: 'property_id' is missing (in GA4 under Admin > Property details)",
            id="empty property",
        ),
        pytest.param(
            one("ga4: {property_id: G-ABC123}"),
            "5:24: 'G-ABC123' is not a GA4 property id (a property id is a number such "
            "as 111111111, in GA4 under Admin > Property details; G-XXXX is a "
            "stream's id)",
            id="stream id",
        ),
        pytest.param(
            one("ga4: {property_id: [1]}"),
            "5:24: property_id: expected an id in digits, found a list",
            id="list for an id",
        ),
        pytest.param(
            one("ga4: 111111111"),
            "5:10: ga4: expected a mapping of keys and values, found 111111111",
            id="number for a section",
        ),
        pytest.param(
            one(GA4, 'google_ads: {customer_id: "123-456-789"}'),
            "6:31: '123-456-789' is not a Google Ads customer id "
            "(a customer id has ten digits: 123-456-7890)",
            id="customer id too short",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: -5}}"),
            "6:25: value: expected at least 0, found -5",
            id="negative value",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: .nan}}"),
            "6:25: value: expected a finite number, found nan",
            id="value that is no number",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: .inf}}"),
            "6:25: value: expected a finite number, found inf",
            id="endless value",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: 1e13}}"),
            "6:25: value: expected at most 1000000000000, found 10000000000000.0",
            id="absurd value",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: 400 THB}}"),
            "6:25: value: expected a number, found '400 THB'",
            id="value with a currency",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: true}}"),
            "6:25: value: expected a number, found true",
            id="boolean value",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: 1, close_rate: 0}}"),
            "6:40: close_rate: expected more than 0, found 0",
            id="nobody becomes a customer",
        ),
        pytest.param(
            one(GA4, "events: {x: {value: 1, close_rate: 25}}"),
            "6:40: close_rate: expected at most 1, found 25",
            id="rate in percent",
        ),
        pytest.param(
            one(GA4, "events: {x: {close_rate: 0.25}}"),
            "6:30: `close_rate` needs a `value` (add value: and what a customer is "
            "worth)",
            id="rate without value",
        ),
        pytest.param(
            one(GA4, "events: {x: {class: anti, value: 5}}"),
            "6:38: class anti carries no value (leave `value` out, or choose class "
            "micro or primary)",
            id="anti event with a value",
        ),
        pytest.param(
            one(GA4, "events: {x: {stage: 1.5}}"),
            "6:25: stage: expected a whole number, found 1.5",
            id="half a stage",
        ),
        pytest.param(
            one(GA4, "events: {x: {category: add_to_cart}}"),
            "6:28: 'add_to_cart' is no category of Google Ads (did you mean "
            "'ADD_TO_CART'?)",
            id="category in small letters",
        ),
        pytest.param(
            one(GA4, "events: {x: {category: [x]}}"),
            "6:28: 'this' is no category of Google Ads (one of ADD_TO_CART, "
            "BEGIN_CHECKOUT, BOOK_APPOINTMENT, CONTACT, CONVERTED_LEAD, DEFAULT, "
            "DOWNLOAD, ENGAGEMENT, GET_DIRECTIONS, IMPORTED_LEAD, IN_APP_AD_REVENUE, "
            "MESSAGE_LEAD, OUTBOUND_CLICK, PAGE_VIEW, PHONE_CALL_LEAD, PURCHASE, "
            "QUALIFIED_LEAD, REQUEST_QUOTE, SIGNUP, STORE_SALE, STORE_VISIT, "
            "SUBMIT_LEAD_FORM, SUBSCRIBE_PAID, YOUTUBE_FOLLOW_ON_VIEWS)",
            id="list for a category",
        ),
        pytest.param(
            one(GA4, "events: {x: {counting_method: ONE_PER_CLICK}}"),
            "6:35: counting_method: expected ONCE_PER_EVENT or ONCE_PER_SESSION, found "
            "'ONE_PER_CLICK'",
            id="counting of an action for a key event's",
        ),
        pytest.param(
            one(GA4, "action_settings: {click_through_lookback_window_days: 91}"),
            "6:59: click_through_lookback_window_days: expected at most 90, found 91",
            id="click window too long",
        ),
        pytest.param(
            one(GA4, "action_settings: {view_through_lookback_window_days: 31}"),
            "6:58: view_through_lookback_window_days: expected at most 30, found 31",
            id="view window too long",
        ),
        pytest.param(
            one(GA4, "action_settings: {click_through_lookback_window_days: 0}"),
            "6:59: click_through_lookback_window_days: expected at least 1, found 0",
            id="no click window",
        ),
        pytest.param(
            one(
                GA4,
                "events: {x: {action_settings: {attribution_model: "
                "GOOGLE_SEARCH_ATTRIBUTION_LINEAR}}}",
            ),
            "6:55: attribution_model: expected GOOGLE_ADS_LAST_CLICK or "
            "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN, found "
            "'GOOGLE_SEARCH_ATTRIBUTION_LINEAR' (did you mean "
            "'GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN'?)",
            id="attribution model that Google sets no more",
        ),
        pytest.param(
            one(GA4, "events: {x: {where: {linkDomain: line.me}}}"),
            "6:25: `where` tests nothing without `from` (add from: and the GA4 event "
            "that is tested)",
            id="where without from",
        ),
        pytest.param(
            one(GA4, "events: {x: {from: click}}"),
            "6:24: `from` copies an event without `where` (add where: "
            "{dimension: value}, or leave `from` out)",
            id="from without where",
        ),
        pytest.param(
            one(GA4, "events: {x: {from: [a], where: {method: b}}}"),
            "6:24: from: expected an event's name, found a list",
            id="list for an event",
        ),
        pytest.param(
            one(GA4, "events: {'': {class: micro}}"),
            "6:14: an event's name cannot be empty or unprintable",
            id="event without a name",
        ),
        pytest.param(
            one(GA4, f"events: {{{'x' * 41}: {{class: micro}}}}"),
            f"6:14: {'x' * 41!r} has 41 characters; GA4 keeps 40 "
            "(use the name as GA4 shows it under Events)",
            id="event's name too long",
        ),
        pytest.param(
            one(GA4, "values: {horizon_days: 30, window_days: 14}"),
            "6:28: a horizon of 30 days does not fit into a window of 14 "
            "(make window_days longer)",
            id="horizon longer than the window",
        ),
        pytest.param(
            one(GA4, "values: {window_days: 0}"),
            "6:27: window_days: expected at least 1, found 0",
            id="empty window",
        ),
        pytest.param(
            one(GA4, "values: {window_days: many}"),
            "6:27: window_days: expected a whole number, found 'many'",
            id="word for a number",
        ),
        pytest.param(
            one(GA4, "goals: {mode: acount}"),
            "6:19: mode: expected custom, campaign, account or none, found 'acount' "
            "(did you mean 'account'?)",
            id="misspelt mode",
        ),
        pytest.param(
            one(GA4, "goals: {mode: account, campaigns: [1]}"),
            "6:39: mode account takes no campaigns (leave them out, or choose mode "
            "custom or campaign)",
            id="campaigns of the whole account",
        ),
        pytest.param(
            one(GA4, "goals: {campaigns: Brand}"),
            "6:24: campaigns: expected a list, found 'Brand'",
            id="one campaign without a list",
        ),
        pytest.param(
            one(GA4, "goals: {campaigns: [true]}"),
            "6:25: campaigns: expected a campaign id or a name pattern, found true "
            '(write 7000001 or "Brand *")',
            id="boolean for a campaign",
        ),
        pytest.param(
            one(GA4, "goals: {campaigns: [~]}"),
            "6:25: campaigns: expected a campaign id or a name pattern, found nothing "
            '(write 7000001 or "Brand *")',
            id="nothing for a campaign",
        ),
        pytest.param(
            one(GA4, "goals: {campaigns: [' ']}"),
            "6:25: a campaign's id or name pattern cannot be empty",
            id="empty campaign",
        ),
        pytest.param(
            one(GA4, "bidding: {target_roas: 350%}"),
            "6:28: target_roas: expected keep, rescale, or a ratio from 0.01 to 1000 "
            "(3.5 is 350 %)",
            id="target in percent",
        ),
        pytest.param(
            one(GA4, "bidding: {target_roas: true}"),
            "6:28: target_roas: expected keep, rescale, or a ratio from 0.01 to 1000 "
            "(3.5 is 350 %)",
            id="boolean target",
        ),
        pytest.param(
            one(GA4, "bidding: {strategy: tcpa}"),
            "6:25: strategy: expected maximize_conversion_value, found 'tcpa'",
            id="unknown strategy",
        ),
        pytest.param(
            one(GA4, "limits: {max_value_ratio: 0.5}"),
            "6:31: max_value_ratio: expected at least 1, found 0.5",
            id="ratio below one",
        ),
        pytest.param(
            one(GA4, "delivery: {hold: 24}"),
            "6:22: hold: expected a duration, found 24 (write 90m, 24h or 3d)",
            id="duration without a unit",
        ),
        pytest.param(
            one(GA4, "delivery: {hold: [1h]}"),
            "6:22: hold: expected a duration, found a list (write 90m, 24h or 3d)",
            id="list for a duration",
        ),
        pytest.param(
            one(GA4, "delivery: {time_zone: Bangkok}"),
            "6:27: 'Bangkok' is not a time zone (write a name such as Asia/Bangkok)",
            id="unknown zone",
        ),
        pytest.param(
            one(GA4, "delivery: {phone_region: tha}"),
            "6:30: phone_region: expected two capitals such as TH, found 'tha'",
            id="region in three letters",
        ),
        pytest.param(
            one(GA4, "tags: retail"),
            "6:11: tags: expected a list, found 'retail'",
            id="one tag without a list",
        ),
        pytest.param(
            one(GA4, "google_ads: {customer_id: 1234567890, shared: maybe}"),
            "6:51: shared: expected true or false, found 'maybe'",
            id="neither true nor false",
        ),
        pytest.param(
            one(GA4, f"events: {{x: {{class: {'y' * 60}}}}}"),
            "6:25: class: expected primary, micro, anti or noise, found "
            f"'{'y' * 37}...'",
            id="long values are cut",
        ),
        pytest.param(
            "version: 2\nclients: {a: {template: service, ga4: {property_id: 1}}}",
            "1:10: version: expected 1, found 2 (this convbridge reads version 1)",
            id="version of the future",
        ),
        pytest.param(
            "clients: {a: {template: service, ga4: {property_id: 1}}}",
            "1:1: 'version' is missing (write version: 1)",
            id="no version",
        ),
        pytest.param(
            "version: 1",
            "1:1: 'clients' is missing (name at least one client)",
            id="no clients",
        ),
        pytest.param(
            "version: 1\nclients: {}",
            "2:10: clients: expected at least one, found a mapping",
            id="empty clients",
        ),
        pytest.param(
            "version: 1\nclients: [a]",
            "2:10: clients: expected a mapping of keys and values, found a list",
            id="list of clients",
        ),
        pytest.param(
            "version: 1\nclients:\n  a:\n  b: {ga4: {property_id: 1}}",
            "3:3: 'ga4' is missing (write ga4: {property_id: 111111111})",
            id="client with nothing",
        ),
        pytest.param(
            one(GA4) + '  " ": {template: service, ga4: {property_id: 1}}',
            "6:3: a client's name has 1 to 100 printable characters "
            "(write siam-coffee)",
            id="client without a name",
        ),
        pytest.param(
            "version: 1\ndefaults: 3\n" + one(GA4).removeprefix("version: 1\n"),
            "2:11: defaults: expected a mapping of keys and values, found 3",
            id="number for defaults",
        ),
        pytest.param(
            "version: 1\nledger: state.db\n" + one(GA4).removeprefix("version: 1\n"),
            "2:9: ledger: expected a database URL, found text "
            "(write sqlite:///convbridge.db, or postgresql+psycopg://...)",
            id="path for a ledger",
        ),
    ],
)
def test_fault_is_told_with_place_words_and_suggestion(text, expected):
    found = [f for f in faults(text) if "'template' is missing" not in f]

    assert found == [f"convbridge.yaml:{expected}"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param(
            "{link_domain: line.me}",
            "6:49: 'link_domain' is not a GA4 dimension (did you mean 'linkDomain'?)",
            id="snake case",
        ),
        pytest.param(
            "{LinkDomian: line.me}",
            "6:48: 'LinkDomian' is not a GA4 dimension (did you mean 'linkDomain'?)",
            id="letters swapped",
        ),
        pytest.param(
            "{my-thing: a}",
            "6:46: 'my-thing' is not a GA4 dimension "
            "(an event parameter is customEvent:its_name)",
            id="nothing like it",
        ),
        pytest.param(
            "line.me",
            "6:36: where: expected dimensions with values, found text "
            "(write where: {linkDomain: line.me})",
            id="no dimension",
        ),
        pytest.param(
            "{}",
            "6:36: where: expected dimensions with values, found a mapping "
            "(write where: {linkDomain: line.me})",
            id="empty",
        ),
        pytest.param(
            "{pagePath: {contain: a}}",
            "6:57: 'contain' is no way to compare; allowed: exact, begins_with, "
            "ends_with, contains, full_regexp, partial_regexp, in_list, "
            "case_sensitive, not (did you mean 'contains'?)",
            id="misspelt comparison",
        ),
        pytest.param(
            "{pagePath: {not: true}}",
            "6:47: pagePath: expected one way to compare, found none "
            "(write {contains: pricing})",
            id="no comparison",
        ),
        pytest.param(
            "{pagePath: {contains: a, exact: b}}",
            "6:47: pagePath: expected one way to compare, found 2 "
            "(write {contains: pricing})",
            id="two comparisons",
        ),
        pytest.param(
            "{pagePath: []}",
            "6:47: pagePath: expected text or a list of texts (write pagePath: value)",
            id="empty list",
        ),
        pytest.param(
            "{pagePath: {contains: [[a]]}}",
            "6:58: contains: expected text or a list of texts (write pagePath: value)",
            id="list in a list",
        ),
        pytest.param(
            "{pagePath: {partial_regexp: '(a'}}",
            "6:64: '(a' is not a regular expression: missing ), unterminated "
            "subpattern at position 0",
            id="broken expression",
        ),
        pytest.param(
            "{pagePath: {exact: a, not: maybe}}",
            "6:63: not: expected true or false",
            id="flag that is none",
        ),
    ],
)
def test_fault_in_where(where, expected):
    text = one(GA4, f"events: {{x: {{from: click, where: {where}}}}}")

    found = faults(text)

    assert [strip_column(f) for f in found] == [strip_column(expected)]
    assert all(f.startswith("convbridge.yaml:6:") for f in found)


def strip_column(fault: str) -> str:
    return fault.removeprefix("convbridge.yaml:").split(": ", 1)[1]


def test_all_faults_of_a_file_are_told_at_once_in_its_order():
    text = (
        FULL.replace("version: 1", "version: 7")
        .replace("class: primary}\n      add", "class: primry}\n      add")
        .replace("max_changes: 50", "max_changes: -1")
        .replace("222222222", "G-1")
        .replace("  krakow-dental:", "  krakow-dental:\n    colour: red")
    )

    places = [fault.split(": ")[0] for fault in faults(text)]

    assert places == [
        "convbridge.yaml:1:10",
        "convbridge.yaml:8:25",
        "convbridge.yaml:15:27",
        "convbridge.yaml:18:5",
        "convbridge.yaml:20:24",
    ]


def test_fault_in_defaults_is_told_once_where_it_stands():
    text = FULL.replace("{template: ecommerce}", "{template: ecommerce, limts: {}}")

    found = faults(text)

    assert [f.split(";")[0] for f in found] == [
        "convbridge.yaml:2:33: unknown key 'limts'"
    ]


def test_one_account_in_two_clients_is_refused():
    text = one(GA4, "google_ads: {customer_id: 123-456-7890}") + (
        "  other:\n    template: service\n    ga4: {property_id: 2}\n"
        '    google_ads: {customer_id: "1234567890"}\n'
    )

    assert faults(text) == [
        (
            "convbridge.yaml:10:31: customer 123-456-7890 is already in client 'shop' "
            "(if both use the account, write shared: true beside both ids)"
        )
    ]


def test_one_account_in_two_clients_that_both_say_so():
    ads = "google_ads: {customer_id: 123-456-7890, shared: true}"
    text = one(GA4, ads) + (
        f"  other:\n    template: service\n    ga4: {{property_id: 2}}\n    {ads}\n"
    )

    assert list(read(text).clients) == ["shop", "other"]


def test_accounts_are_compared_even_when_other_parts_are_wrong():
    text = (
        one(GA4, "google_ads: {customer_id: 123-456-7890, shared: true}")
        + "  other:\n    template: sevice\n    ga4: {property_id: 2}\n"
        "    google_ads: {customer_id: 123-456-7890}\n"
        "  third: 3\n  fourth: {google_ads: 4, ga4: {property_id: 1}}\n"
        "  fifth: {google_ads: {customer_id: x}, ga4: {property_id: 1}}\n"
    )

    found = [f for f in faults(text) if "already" in f]

    assert found == [
        (
            "convbridge.yaml:10:31: customer 123-456-7890 is already in client 'shop' "
            "(if both use the account, write shared: true beside both ids)"
        )
    ]


def test_file_that_holds_no_keys_is_refused():
    from convbridge.errors import ConfigError

    with pytest.raises(ConfigError) as caught:
        read("just text")

    assert str(caught.value) == (
        "convbridge.yaml holds no keys and values\n"
        "Hint: `convbridge init` writes one to start from"
    )

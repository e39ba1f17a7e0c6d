from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest

from convbridge.deliver import delivery_status
from convbridge.model.conversions import Consent, RowState
from deliver.kit import CLIENT, HEADER, NOW, counts, make_action, sales, write_csv


def test_rows_are_sent_once_whatever_file_they_come_from(tmp_path, run, received):
    first = write_csv(tmp_path / "a.csv", sales(30))
    second = write_csv(tmp_path / "b.csv", [*sales(30, start=20), *sales(5, start=48)])

    reports = [run(first), run(first), run(second)]

    assert [counts(report) for report in reports] == [
        {"read": 30, "accepted": 30, "sent": 30},
        {"read": 30, "duplicate": 30},
        {"read": 35, "accepted": 23, "sent": 23, "duplicate": 12},
    ]
    assert sorted(received()) == sorted(f"O{i}" for i in range(53))


def test_report_is_the_documented_json(tmp_path, run):
    rows = sales(2)
    rows[1][1] = "yesterday"

    found = run(write_csv(tmp_path / "a.csv", rows)).to_dict()

    assert found == {
        "client": CLIENT,
        "read": 2,
        "accepted": 1,
        "sent": 1,
        "duplicate": 0,
        "skipped": 0,
        "rejected": 1,
        "pending": 0,
        "unknown": 0,
        "errors": [
            {
                "line": 3,
                "reason": "'yesterday' is not a time; write 2026-11-20 14:05:00+07:00",
            }
        ],
    }


def test_event_on_the_wire_is_whole(tmp_path, run, google):
    header = [*HEADER, "email", "phone", "consent"]
    row = [*sales(1)[0], " Jane.Doe+x@Gmail.com", "081 234 5678", "granted"]

    run(write_csv(tmp_path / "a.csv", [row], header))

    (found,) = google.data_manager.received_events()
    assert found.event == {
        "transaction_id": "O0",
        "event_timestamp": "2026-11-19T03:00:00Z",
        "event_source": "WEB",
        "conversion_value": 9.5,
        "currency": "THB",
        "ad_identifiers": {"gclid": "gclid-0"},
        "consent": {
            "ad_user_data": "CONSENT_GRANTED",
            "ad_personalization": "CONSENT_GRANTED",
        },
        "user_data": {
            "user_identifiers": [
                {"email_address": sha256("janedoe@gmail.com")},
                {"phone_number": sha256("+66812345678")},
            ]
        },
    }


def test_personal_data_is_only_hashed_in_the_ledger(tmp_path, run, database):
    header = [*HEADER, "email", "phone"]
    rows = [[*sales(1)[0], "jane@example.com", "0812345678"]]
    rows.append(["sale", "never", "g", "1", "O9", "joe@example.com", "0823456789"])

    report = run(write_csv(tmp_path / "a.csv", rows, header))

    ledger = (tmp_path / "ledger.db").read_bytes()
    ledger += (tmp_path / "ledger.db-wal").read_bytes()
    assert counts(report) == {"read": 2, "accepted": 1, "sent": 1, "rejected": 1}
    assert sha256("jane@example.com").encode() in ledger
    assert b"jane@example.com" not in ledger
    assert b"0812345678" not in ledger
    assert b"joe@example.com" not in ledger


def test_dead_letters_can_be_mended_and_delivered(tmp_path, run, received):
    rows = sales(3)
    rows[1][3] = "-4"
    letters = tmp_path / "refused.csv"
    reason = "the value -4 is negative; retract or restate the conversion instead"

    run(write_csv(tmp_path / "a.csv", rows), dead_letters=letters)
    text = letters.read_text()
    letters.write_text(text.replace(",-4,", ",4,"))
    again = run(letters)

    assert text.splitlines() == [
        ",".join([*HEADER, *(f"convbridge_{n}" for n in ("line", "state", "reason"))]),
        ",".join([*rows[1], "3", "rejected", reason]),
    ]
    assert letters.stat().st_mode & 0o077 == 0
    assert counts(again) == {"read": 1, "accepted": 1, "sent": 1}
    assert sorted(received()) == ["O0", "O1", "O2"]


def test_row_without_click_or_person_is_refused(tmp_path, run):
    report = run(write_csv(tmp_path / "a.csv", [["sale", f"{NOW:%F}", "", "1", "O1"]]))

    (error,) = report.errors
    assert error.reason.startswith("it has no gclid, gbraid, wbraid, e-mail or phone")


def test_fresh_rows_wait_and_go_out_with_a_later_run(tmp_path, run, google, received):
    fresh = google.clock.now() - timedelta(hours=1)
    rows = [["sale", fresh.isoformat(), "g1", "1", "O1"]]

    reports = [run(write_csv(tmp_path / "a.csv", rows)), run(None)]
    google.clock.advance(hours=5, seconds=600)
    reports.append(run(None))

    assert [counts(report) for report in reports] == [
        {"read": 1, "accepted": 1, "pending": 1},
        {},
        {"sent": 1},
    ]
    assert received() == ["O1"]


def test_new_action_waits_six_hours(tmp_path, run, google, action, received):
    made = {action: google.clock.now() - timedelta(hours=5)}
    path = write_csv(tmp_path / "a.csv", sales(2))

    before = run(path, policy={"actions_created": made})
    google.clock.advance(hours=1, seconds=600)
    after = run(path, policy={"actions_created": made})

    assert counts(before) == {"read": 2, "accepted": 2, "pending": 2}
    assert counts(after) == {"read": 2, "sent": 2, "duplicate": 2}
    assert sorted(received()) == ["O0", "O1"]


def test_rows_without_consent_are_held_until_it_is_given(tmp_path, run, received):
    path = write_csv(tmp_path / "a.csv", sales(2))
    eea = {"time_zone": "Europe/Warsaw"}

    held = run(path, policy=eea)
    again = run(path, policy=eea)
    given = run(path, policy=eea | {"consent": Consent.GRANTED})

    assert counts(held) == {"read": 2, "accepted": 2, "pending": 2}
    assert [e.reason for e in held.errors] == [
        "held: no consent is known: give delivery.consent or a consent column"
    ] * 2
    assert counts(again) == {"read": 2, "pending": 2}
    assert counts(given) == {"read": 2, "accepted": 2, "sent": 2}
    assert sorted(received()) == ["O0", "O1"]


def test_denied_consent_is_not_sent(tmp_path, run, received):
    header = [*HEADER, "consent"]
    rows = [[*row, consent] for row, consent in zip(sales(2), "yn", strict=True)]

    report = run(write_csv(tmp_path / "a.csv", rows, header))

    assert counts(report) == {
        "read": 2,
        "accepted": 1,
        "sent": 1,
        "skipped": 1,
    }
    assert received() == ["O0"]


def test_values_come_from_row_then_valuation_then_nowhere(tmp_path, run, google):
    actions = {"sale": make_action(google, "A"), "lead": make_action(google, "B")}
    actions["visit"] = make_action(google, "C")
    rows = sales(5)
    rows[0][3], rows[1][3] = "0", "7.25"
    rows[2][0], rows[2][3] = "lead", ""
    rows[3][0], rows[3][3] = "visit", ""
    rows[4][0], rows[4][3] = "lead", "0.00"
    values = {"lead": Decimal("12.5")}

    report = run(
        write_csv(tmp_path / "a.csv", rows),
        policy={"actions": actions, "values": values},
    )

    sent = {
        found.event["transaction_id"]: found.event.get("conversion_value")
        for found in google.data_manager.received_events()
    }
    assert counts(report) == {"read": 5, "accepted": 5, "sent": 5}
    assert sent == {"O0": 0.0, "O1": 7.25, "O2": 12.5, "O3": None, "O4": 0.0}


def test_micro_is_held_and_dropped_by_an_anti_event(tmp_path, run, google, received):
    day = google.clock.now() - timedelta(hours=7)
    later = day + timedelta(minutes=30)
    rows = [
        ["sale", day.isoformat(), "stays", "1", "O1"],
        ["sale", day.isoformat(), "goes", "1", "O2"],
        ["bounce", later.isoformat(), "goes", "", ""],
        ["bounce", (day - timedelta(hours=1)).isoformat(), "stays", "", ""],
    ]
    policy = {
        "hold": {"sale": timedelta(hours=8)},
        "anti_events": frozenset({"bounce"}),
    }

    first = run(write_csv(tmp_path / "a.csv", rows[:2]), policy=policy)
    second = run(write_csv(tmp_path / "b.csv", rows[2:]), policy=policy)
    google.clock.advance(hours=2)
    third = run(None, policy=policy)

    assert counts(first) == {"read": 2, "accepted": 2, "pending": 2}
    assert counts(second) == {"read": 2, "skipped": 3}
    assert counts(third) == {"sent": 1}
    assert received() == ["O1"]


def test_anti_event_before_its_row_was_read_counts_too(tmp_path, run, google, received):
    day = google.clock.now() - timedelta(hours=7)
    later = day + timedelta(minutes=30)
    policy = {
        "hold": {"sale": timedelta(hours=8)},
        "anti_events": frozenset({"bounce"}),
    }
    anti = [["bounce", later.isoformat(), "goes", "", ""]]
    sale = [["sale", day.isoformat(), "goes", "1", "O2"]]

    run(write_csv(tmp_path / "a.csv", anti), policy=policy)
    report = run(write_csv(tmp_path / "b.csv", sale), policy=policy)
    google.clock.advance(hours=2)

    assert counts(report) == {"read": 1, "skipped": 1}
    assert counts(run(None, policy=policy)) == {}
    assert received() == []


@pytest.mark.parametrize("bad", [0, 7, 19], ids=["first", "middle", "last"])
@pytest.mark.parametrize("tells", [True, False], ids=["named", "unnamed"])
def test_one_bad_row_costs_the_others_nothing(  # noqa: PLR0917 - fixtures
    bad, tells, tmp_path, run, google, received
):
    google.data_manager.tells_fields = tells
    rows = [[*row, "THB"] for row in sales(20)]
    rows[bad][-1] = "XTS"  # ISO knows it, Google does not
    policy = {"currencies": frozenset({"XTS"})}

    report = run(
        write_csv(tmp_path / "a.csv", rows, [*HEADER, "currency"]), policy=policy
    )

    assert counts(report) == {
        "read": 20,
        "accepted": 20,
        "sent": 19,
        "rejected": 1,
    }
    assert [e.line for e in report.errors] == [bad + 2]
    assert sorted(received()) == sorted(f"O{i}" for i in range(20) if i != bad)


def test_refused_row_is_sent_once_it_is_mended(tmp_path, run, received):
    rows = [[*row, "THB"] for row in sales(3)]
    rows[1][-1] = "XTS"
    header = [*HEADER, "currency"]
    policy = {"currencies": frozenset({"XTS"})}

    run(write_csv(tmp_path / "a.csv", rows, header), policy=policy)
    same = run(write_csv(tmp_path / "a.csv", rows, header), policy=policy)
    rows[1][-1] = "THB"
    mended = run(write_csv(tmp_path / "a.csv", rows, header), policy=policy)

    assert counts(same) == {"read": 3, "duplicate": 2, "rejected": 1}
    assert counts(mended) == {"read": 3, "accepted": 1, "sent": 1, "duplicate": 2}
    assert sorted(received()) == ["O0", "O1", "O2"]


def test_wrong_action_stops_the_run_and_loses_nothing(tmp_path, run, action, received):
    path = write_csv(tmp_path / "a.csv", sales(12))

    stopped = run(path, policy={"actions": {"sale": "404"}})

    assert counts(stopped) == {"read": 12, "accepted": 12, "pending": 12}
    (reason,) = stopped.stopped.reasons
    assert "destinations[0].product_destination_id" in reason
    assert received() == []


def test_numeric_order_ids_get_a_prefix(tmp_path, run, received):
    rows = sales(2)
    rows[0][4], rows[1][4] = "1001", "00042"

    run(write_csv(tmp_path / "a.csv", rows))

    assert received() == ["cb-1001", "cb-00042"]


def test_status_tells_what_google_made_of_each_request(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, sink, clicks, action
):
    rows = [
        ["sale", (clicks[0].time + timedelta(days=1)).isoformat(), click, "5", order]
        for click, order in [(clicks[0].id, "A"), ("gclid-made-up", "B")]
    ]
    run(write_csv(tmp_path / "a.csv", rows))
    ask = {"client": CLIENT, "sink": sink, "outbox": outbox, "clock": google.clock}

    before = delivery_status(**ask)
    google.clock.advance(hours=1)
    after = delivery_status(**ask)

    assert (before.unfinished, after.unfinished) == (1, 0)
    (day,) = after.days
    assert day.action == action
    assert day.states[RowState.ACCEPTED] == 1
    assert sum(day.reasons.values()) == 1


def test_status_alerts_when_nothing_is_attributed(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, sink, clicks, action
):
    time = (clicks[0].time + timedelta(days=1)).isoformat()
    run(write_csv(tmp_path / "a.csv", [["sale", time, clicks[0].id, "5", "A"]]))
    google.clock.advance(days=9)

    status = delivery_status(
        client=CLIENT,
        sink=sink,
        outbox=outbox,
        clock=google.clock,
        attributed={(action, "2026-11-22"): 0.0},
    )

    (alert,) = status.alerts
    assert alert == (
        f"{action}: 1 rows were accepted and nothing was attributed for 7 days: are "
        "the clicks this account's, and is the action the right one?"
    )


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()

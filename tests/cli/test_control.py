"""Plans and what becomes of them, as somebody at an agency works with them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import Any

import pytest

from convbridge.cli.businesses import mark_key_events, sandbox_config
from convbridge.sandbox import serve
from deliver.kit import CUSTOMER, connect

GOALS = 'goals: {mode: custom, campaigns: ["Generic*", "PMax*"]}'
CART = "Siam Coffee (web) add_to_cart"
VALUE = "value_settings.default_value"


@dataclass(frozen=True)
class Shop:
    """One client of an agency: its Google, its file, its command."""

    google: Any
    config: Any
    run: Any

    def say(self, *lines, goals=None, events=(), version="v26"):
        """Write the client's file anew, with these lines in it."""
        text = sandbox_config(self.google)
        text = text.replace("clients:", f"  google_ads_version: {version}\nclients:", 1)
        mine = text[: text.index("  krakow-dental:")].replace(GOALS, goals or GOALS)
        named = "".join(f"      {line}\n" for line in events)
        mine = mine.replace("    events:\n", f"    events:\n{named}")
        more = "".join(f"    {line}\n" for line in lines)
        self.config.write_text(mine + more, encoding="utf-8")

    def json(self, *args, code=0):
        """Return what the command prints as JSON, for the one client."""
        (found,) = json.loads(self.run(*args, "--json", code=code).out)
        return found

    def rows(self, kind):
        """Return what the account holds of a type, by resource name."""
        return {r.resource_name: r for r in self.google.ads.resources(kind, CUSTOMER)}

    def action(self, name):
        """Return a conversion action by its name."""
        actions = self.rows("conversion_action").values()
        return next(a for a in actions if a.name == name)

    def levels(self):
        """Return the goal level of each campaign."""
        configs = self.rows("conversion_goal_campaign_config")
        return {name: found.goal_config_level for name, found in configs.items()}

    def in_the_ui(self, service, fill):
        """Change something as somebody else would; `fill` fills the request."""
        connection = connect(self.google)
        method = f"Mutate{service.nouns}"
        request = connection.new(f"{method}Request")
        request.customer_id = CUSTOMER
        fill(request.operations.add())
        connection(f"{service.noun}Service.{method}", request)
        connection.close()


@dataclass(frozen=True)
class Service:
    noun: str
    nouns: str


ACTIONS = Service("ConversionAction", "ConversionActions")
RULES = Service("ConversionValueRule", "ConversionValueRules")


@pytest.fixture
def shop(tmp_path, reports, convbridge):
    """A shop of its own, whose counts are read already."""
    shutil.copytree(reports, tmp_path / ".convbridge")
    with serve() as google:
        mark_key_events(google)
        found = Shop(google=google, config=tmp_path / "convbridge.yaml", run=convbridge)
        found.say()
        yield found


def set_value(shop, value):
    def fill(operation):
        operation.update.resource_name = shop.action(CART).resource_name
        operation.update.value_settings.default_value = value
        operation.update_mask.paths.append(VALUE)

    shop.in_the_ui(ACTIONS, fill)


def notes_of(text, start):
    """Return the notes and warnings of a printed plan that begin with a word."""
    found = (line[2:] for line in text.splitlines() if line[:2] in {"! ", "· "})
    return [line for line in found if line.startswith(start)]


SIDES = {
    "report": ("warnings", "left as it is until `on_drift` says restore or adopt"),
    "restore": ("notes", "restored"),
    "adopt": ("notes", "adopted"),
}


def test_a_value_somebody_changed_is_settled_as_the_file_says(shop):
    shop.run("apply", "--yes", code=0)
    made = shop.action(CART).value_settings.default_value
    set_value(shop, made / 2)
    moved = f"drift: {CART}: {VALUE} is {made / 2:g}, convbridge made it {made:.2f}; "

    for side, (where, end) in SIDES.items():
        shop.say(f"on_drift: {side}")
        text = shop.run("plan", code=0).out
        found = shop.json("plan")
        assert [t for t in found[where] if t.startswith("drift: ")] == [moved + end]
        assert len(notes_of(text, f"drift: {CART}")) == 1
        assert [c["fields"] for c in found["changes"]] == (
            [{VALUE: {"before": f"{made / 2:g}", "after": f"{made:.2f}"}}]
            if side == "restore"
            else []
        )

    shop.say("on_drift: restore")
    shop.run("apply", "--yes", code=0)
    assert shop.action(CART).value_settings.default_value == made


def test_a_primary_import_that_is_removed_is_told_with_the_way_back(shop):
    purchase = shop.action("Siam Coffee (web) purchase").resource_name

    def fill(operation):
        operation.remove = purchase

    shop.in_the_ui(ACTIONS, fill)

    (told,) = notes_of(shop.run("plan", "--client=siam-coffee").out, "purchase:")
    assert told == (
        "purchase: its conversion action 5001 is gone from Google Ads, where removing "
        "is for good; import the key event anew under Goals > Conversions > Summary > "
        "New conversion action"
    )


def test_a_name_that_is_taken_loses_nothing(shop):
    shop.say("delivery: {actions: {crm_sale: ''}}")
    code = "conversion_action_error.DUPLICATE_NAME"
    shop.google.faults.add(service="google_ads", method="Mutate", status=code, times=99)

    refused = shop.run("apply", "--yes", code=7)

    shop.google.faults.clear()
    again = shop.json("apply", "--yes")
    assert "rejected  12 changes: DUPLICATE_NAME: " in refused.out
    assert "      create convbridge: siam-coffee: crm_sale\n" in refused.out
    assert "rename it, or let convbridge use that one by naming its id" in refused.out
    assert "✓ applied" not in refused.out
    assert {o["outcome"] for o in again["outcomes"]} == {"applied"}
    assert shop.action("convbridge: siam-coffee: crm_sale").type_ == 7  # UPLOAD_CLICKS


def test_a_value_rule_is_told_and_never_touched(shop):
    def fill(operation):
        rule = operation.create
        rule.action.operation, rule.action.value = 3, 1.5  # MULTIPLY
        rule.device_condition.device_types.append(2)  # MOBILE
        rule.status = 2  # ENABLED

    shop.in_the_ui(RULES, fill)
    shop.say(goals="goals: {mode: none}")
    before = len(shop.google.calls)

    text = shop.run("plan", code=0).out
    done = shop.json("apply", "--yes")

    told = "value rule 'MULTIPLY 1.5' multiplies by 1.5 for devices MOBILE"
    assert notes_of(text, "value rule")[0].startswith(told)
    assert {o["resource"] for o in done["outcomes"]} == {"conversion_action"}
    written = {c.method for c in list(shop.google.calls)[before:]}
    assert not {m for m in written if "ValueRule" in m}
    assert len(shop.google.ads.resources("conversion_value_rule", CUSTOMER)) == 1


def test_campaign_goals_are_set_by_level_and_rolled_back(shop):
    shop.say(goals='goals: {mode: campaign, campaigns: ["Generic - Coffee B*"]}')
    shop.run("apply", "--yes", code=0)  # Google makes the goals of new categories

    text = shop.run("plan", code=0).out
    run = shop.json("apply", "--yes")["run"]
    levels = shop.levels()
    shop.run("rollback", run, "--yes", code=0)

    assert "it no longer follows the account's goals" in " ".join(text.split())
    assert list(levels.values()).count(3) == 1  # CAMPAIGN
    assert set(shop.levels().values()) == {2}  # CUSTOMER


def make_tag(operation):
    operation.create.name = "Newsletter tag"
    operation.create.type_ = 8  # WEBPAGE
    operation.create.category = 7  # DOWNLOAD
    operation.create.status = 2  # ENABLED


COUNTED = (
    "newsletter_signup:",
    "  {class: micro, action: Newsletter tag, category: SIGNUP,",
    "   counting_method: ONCE_PER_SESSION, action_settings:",
    "   {counting_type: ONE_PER_CLICK, click_through_lookback_window_days: 60,",
    "    view_through_lookback_window_days: 7,",
    "    attribution_model: GOOGLE_ADS_LAST_CLICK}}",
)


def counts(action):
    """Return how an action counts, as Google keeps it."""
    model = action.attribution_model_settings.attribution_model
    windows = (
        action.click_through_lookback_window_days,
        action.view_through_lookback_window_days,
    )
    return action.category, action.counting_type, *windows, model


@pytest.mark.parametrize("version", ["v26", "v25", "v24", "v23"])
def test_settings_are_applied_and_rolled_back_in_every_api_version(shop, version):
    shop.in_the_ui(ACTIONS, make_tag)
    before = counts(shop.action("Newsletter tag"))
    shop.say(
        "action_settings: {click_through_lookback_window_days: 45}",
        "delivery: {actions: {crm_sale: ''}}",
        goals="goals: {mode: none}",
        events=COUNTED,
        version=version,
    )

    done = shop.json("apply", "--yes")
    after = counts(shop.action("Newsletter tag"))
    sale = shop.action("convbridge: siam-coffee: crm_sale")
    shop.run("rollback", done["run"], "--yes", code=0)

    assert {o["outcome"] for o in done["outcomes"]} == {"applied"}
    assert after == (5, 2, 60, 7, 101)  # SIGNUP, ONE_PER_CLICK, GOOGLE_ADS_LAST_CLICK
    assert sale.click_through_lookback_window_days == 45
    assert counts(shop.action("Newsletter tag")) == before


def test_limits_are_told_with_the_plan_and_lifted_by_name(shop):
    shop.say("limits: {max_changes: 1}", goals="goals: {mode: none}")

    text = shop.run("plan", "--out=plan.json", code=0).out
    refused = shop.run("apply", "plan.json", "--yes", code=5)
    done = shop.run("apply", "plan.json", "--yes", "--allow-max-changes", code=0)

    limit = "11 changes, at most 1 are allowed"
    assert notes_of(text, "11") == [f"{limit} (--allow-max-changes lifts it)"]
    assert refused.err == (
        "Error in siam-coffee: the plan for siam-coffee goes beyond its limits:\n"
        f"  max_changes: {limit}\n"
        "Hint: read the plan; if this is what you want, add --allow-max-changes\n"
    )
    assert "11 applied" in done.out


def test_the_world_a_saved_plan_was_made_in_is_still_there_or_it_is_refused(shop):
    shop.say(goals="goals: {mode: none}")
    shop.run("plan", "--out=plan.json", code=0)
    set_value(shop, 3.0)

    refused = shop.run("apply", "plan.json", "--yes", code=6)

    assert refused.err.startswith(
        "Error in siam-coffee: account 123-456-7890 moved since the plan was made: "
        f"{CART}\n"
    )
    assert "Hint: plan again, read it, and apply that" in refused.err


def cancel(shop):
    shop.google.ads.account(CUSTOMER).status = "CANCELED"


def use_manager(shop):
    text = shop.config.read_text(encoding="utf-8")
    text = text.replace("123-456-7890", "999-999-9999")
    shop.config.write_text(text, encoding="utf-8")


def use_another_login(shop):
    text = shop.config.read_text(encoding="utf-8")
    login = 'login_customer_id: "234-567-8901"'
    text = text.replace('login_customer_id: "999-999-9999"', login)
    shop.config.write_text(text, encoding="utf-8")


def use_a_stranger(shop):
    text = shop.config.read_text(encoding="utf-8")
    text = text.replace("123-456-7890", "555-555-5555")
    shop.config.write_text(text, encoding="utf-8")


ACCOUNTS = [
    pytest.param(
        cancel, 7, "CUSTOMER_NOT_ENABLED", "reactivate it in Google Ads", id="cancelled"
    ),
    pytest.param(
        use_manager, 3, "is a manager account", "to a client account", id="manager"
    ),
    pytest.param(
        use_another_login,
        7,
        "account 123-456-7890: ",
        "google_ads.login_customer_id",
        id="not-under-the-login-customer",
    ),
    pytest.param(
        use_a_stranger,
        7,
        "account 555-555-5555: ",
        "google_ads.login_customer_id",
        id="no-such-customer",
    ),
]


@pytest.mark.parametrize(("change", "code", "said", "hint"), ACCOUNTS)
def test_an_account_that_cannot_be_planned_for_is_told(shop, change, code, said, hint):
    change(shop)

    ran = shop.run("plan", code=code)

    assert ran.out == ""
    message, told = ran.err.split("\nHint: ")
    assert said in message
    assert hint in told


def lose_permission(account):
    account.read_only = True


def leave_undeclared(account):
    account.eu_declaration_missing = True


WRITES = [
    pytest.param(
        leave_undeclared,
        "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
        "declare for every campaign",
        id="no-eu-declaration",
    ),
    pytest.param(
        lose_permission, "ACTION_NOT_PERMITTED", "the login may not", id="read-only"
    ),
]


@pytest.mark.parametrize(("change", "code", "hint"), WRITES)
def test_an_account_that_takes_no_changes_is_told_and_nothing_is_made(
    shop, change, code, hint
):
    shop.say(goals="goals: {mode: none}")
    change(shop.google.ads.account(CUSTOMER))

    ran = shop.run("apply", "--yes", code=7)

    assert code in ran.out + ran.err
    assert hint in ran.out + ran.err
    assert shop.action(CART).status == 4  # HIDDEN, as before

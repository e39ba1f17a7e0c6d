"""What a plan says of conversion actions and limits; messages of the catalogue."""

from __future__ import annotations

from convbridge.report.words import N_

PLAN = (
    N_("config: {rest}"),
    N_("{event} is {source} under conditions"),
    N_("counts {method} by the config"),
    N_("Google Ads refuses it: {rest}"),
    N_(
        "{action}: the config asks for {moves}, which Google does not let the API "
        "set on a GA4 import"
    ),
    N_(
        "{action}: the config asks for {moves}, which Google does not let the API "
        "set on this type of action"
    ),
    N_("{action}: Google does not let the API set its value"),
    N_("{action}: Google does not let the API set {fields}"),
    N_("GA4's key event carries it"),
    N_("set it in {place}"),
    N_("{event}: no key event can carry the value"),
    N_("{event}: {action} is primary already"),
    N_("the GA4 import {action} stays hidden, or each one would be counted twice"),
    N_("{event}: {action} is used by {other} already"),
    N_("left out"),
    N_("conversion actions and custom goals belong to {account}"),
    N_("a change there holds for every client that shares them"),
    N_(
        "{event}: counting ONE_PER_CLICK, Google refuses conversions with gbraid or "
        "wbraid"
    ),
    N_("{action} takes no uploads, it is of the type {type}"),
    N_("rename it, or name an action for {event}"),
    N_("name another action for {event}"),
    N_("account {account} has no conversion action {action}"),
    N_("conversions of {event} are uploaded to it"),
    N_("conversions of {event} need an action to be uploaded to"),
    N_(
        "{event}: its conversion action {action} is gone from Google Ads, where "
        "removing is for good"
    ),
    N_(
        "import the key event anew under Goals > Conversions > Summary > New "
        "conversion action"
    ),
    N_("{event}: is a key event in GA4"),
    N_("Google shows a key event in Google Ads within 24 h"),
    N_("{event}: Google shows a key event in Google Ads within 24 h"),
    N_("the next run imports it"),
    N_("{event}: the property has as many custom key events as GA4 allows"),
    N_("unmark one in GA4 first"),
    N_("{event}: make this event in GA4 Admin > Data display > Events > Create event"),
    N_("audiences: did {event}, and not {other}, in {days} days"),
    N_("audiences: did {event}, in {days} days"),
    N_("audience {name}: 1 to {days} days"),
    N_("audience {name}: GA4 has no room left"),
    N_("value rule {rule} adds {value}: reported and bid on"),
    N_("value rule {rule} multiplies by {value}: reported and bid on"),
    N_("value rule {rule} changes values by {value}: reported and bid on"),
    N_("value rule {rule} sets {value}, whatever convbridge sets: reported and bid on"),
    N_("what convbridge sets is metrics.original_conversion_value"),
    N_("{events}: its value is frozen: {rest}"),
    N_("{events}: their values are frozen: {rest}"),
    N_(
        "if conversions were lost or doubled, exclude {start} to {end}, at most "
        "{most} days in each exclusion, in Google Ads > Tools > Budgets and bidding "
        "> Adjustments > Data exclusions"
    ),
    N_(
        "if conversions were lost or doubled, exclude {start} to {end} in Google Ads "
        "> Tools > Budgets and bidding > Adjustments > Data exclusions"
    ),
    N_(
        "if conversions were lost or doubled, exclude those days in Google Ads > "
        "Tools > Budgets and bidding > Adjustments > Data exclusions"
    ),
    N_(
        "if it is a sale that soon ends, exclude nothing and announce its days to "
        "come, 1 to 7 and never more than {most}, in Google Ads > Tools > Budgets "
        "and bidding > Adjustments > Seasonality adjustments with a conversion rate "
        "of {factor} times the usual one"
    ),
    N_("{name}: {field} is {found}, convbridge made it {applied}"),
    N_("restored"),
    N_("adopted"),
    N_("left as it is until `on_drift` says restore or adopt"),
    N_("left as it is"),
    N_("rollback: {rest}"),
    N_("created by run {run}"),
    N_("as before run {run}"),
    N_("removing is for good"),
    N_("{name}: was removed by run {run}"),
    N_("{name}: was there before run {run}"),
    N_("{name}: is no longer in the account"),
    N_("{name}: {field} was changed since run {run}"),
    N_("{count} changes, at most {most} are allowed"),
    N_("{name}: {before} to {after} is more than a factor of {most}"),
    N_("{name}: a primary conversion action would be lost to bidding"),
    N_(
        "{name}: {type} was not made by convbridge and is not named in the "
        "configuration"
    ),
    N_("GA4 property {property} is not linked to Google Ads account {account}"),
    N_("link it in GA4 Admin > Product links"),
    N_("the login may not read the Google Ads links of property {property}"),
)
"""Forms of sentences, as in `phrases`."""

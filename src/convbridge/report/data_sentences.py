"""What is said of values, data and deliveries; messages of the catalogue."""

from __future__ import annotations

from convbridge.report.words import N_

DATA = (
    N_("{some} converted of {all} users: GA4 estimates both"),
    N_("taken as all"),
    N_(
        "the last {horizon} of {days} days had no time to convert, and the lag is "
        "not known"
    ),
    N_("the mean is shown, times {factor} so that the total counts once"),
    N_("your value, times {factor} so that the total counts once"),
    N_("the primaries brought no money in the window"),
    N_("give the primary a `value` or check that revenue reaches GA4"),
    N_(
        "anchor `total` gives each {events} one fixed value: bids no longer see what "
        "a single sale brought"
    ),
    N_("the scheme is `weights` and no event has a weight"),
    N_("values of states are for `deliver`, one conversion per click that is restated"),
    N_("on conversion actions they count the same money again"),
    N_("the rule for {event} matches no event in the window"),
    N_("did you mean {name}?"),
    N_("no primary event was seen: nothing can be valued"),
    N_("name one with `class: primary` (template {template})"),
    N_("{rest}: what {business} lives on"),
    N_("{primary} is the primary and counts the same money"),
    N_("it follows the primary, whose value holds its money"),
    N_(
        "{event} happens {factor} times as often per order in the last {days} days: "
        "orders are counted more than once"
    ),
    N_("{event} stopped {days} days ago, the day {new} began: renamed?"),
    N_("{event} has not happened for {days} days, others have"),
    N_("{event} is {factor} times as frequent as {days} days ago"),
    N_(
        "there are events and no users: the site sends no client ids (consent mode "
        "without consent, or server events without client_id)"
    ),
    N_(
        "{event} happened {count} times and has no users: it is sent without client "
        "ids, so nobody can be followed to the primary"
    ),
    N_("the file has no dates: missing days and tracking breaks cannot be seen"),
    N_("property {property} has no events in {window}"),
    N_("check the property id and that the site sends data to it"),
    N_(
        "{some} of {all} days have no table yet, such as {day}: daily tables come up "
        "to a day late"
    ),
    N_("values come in {currencies} and the property counts in {currency}"),
    N_("convbridge converts no currencies"),
    N_("the login may not see revenue (report {report}): GA4 answers zeros"),
    N_("lift the data restriction in GA4 under Admin > Property access management"),
    N_(
        "the login may not see costs (report {report}): GA4 answers zeros, so costs "
        "are left out"
    ),
    N_(
        "report {report} is subject to GA4's thresholds: rows with few users may be "
        "missing"
    ),
    N_(
        "report {report} was made from a table with an (other) row: rare values are "
        "lumped together in it"
    ),
    N_("report {report} is truncated: {reason}"),
    N_("GA4 read {share} of the events of report {report}"),
    N_("GA4 refused events by {names}"),
    N_("key events cannot be read: {reason}"),
    N_("users were counted for {window}"),
    N_("--refresh counts them anew"),
    N_("GA4 refused the report {report}: {reason}"),
    N_(
        "derived events hold {count} more counts than their parents: GA4 left rows "
        "out of the one and not of the other"
    ),
    N_("GA4 records {event} itself as well"),
    N_("the count derived from {source} is used instead"),
    N_("{event} is made from {source}, which never happened in the window"),
    N_("{event} is a key event in GA4 and tells nothing of business: {rest}"),
    N_("{event} is primary and has no value: GA4 reports no revenue for it"),
    N_("{event} happens after the primary, not before it"),
    N_("give it `class: noise`: the primary's value holds its money"),
    N_("{names} are spellings of one event: GA4 counts them apart"),
    N_("send one name"),
    N_("until then give the others `class: noise`"),
    N_("{old} stopped before {new} began: renamed"),
    N_("give {event} `class: noise`"),
    N_("values of {event} need a window of its own"),
    N_(
        "{action}: {count} rows were sent and never answered; the next delivery "
        "repeats them where Google drops repetitions"
    ),
    N_(
        "{action}: {count} rows were rejected; Google's reasons in these days: "
        "{reasons}"
    ),
    N_(
        "{action}: {count} rows were accepted and nothing was attributed for {days} "
        "days: are the clicks this account's, and is the action the right one?"
    ),
    N_("{action}: Google Ads reports {alerts}"),
)
"""Forms of sentences, as in `phrases`."""

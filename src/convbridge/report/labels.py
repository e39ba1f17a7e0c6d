"""What codes are called in a report; each is a message of the catalogue."""

from __future__ import annotations

from convbridge.report.words import N_

CLASSES = {
    "primary": N_("primary"),
    "micro": N_("micro"),
    "anti": N_("anti"),
    "noise": N_("noise"),
    "unclassified": N_("unclassified"),
}
STATUSES = {
    "ok": N_("measured"),
    "given": N_("given"),
    "revenue": N_("its revenue"),
    "weak": N_("weak evidence"),
    "kept": N_("kept"),
    "frozen": N_("held"),
    "immature": N_("too early"),
    "refused": N_("not usable"),
    "not_valued": N_("no value"),
}
EFFECTS = {
    "note": N_("note"),
    "widen": N_("wider intervals"),
    "immature": N_("too early"),
    "freeze": N_("held"),
    "refuse": N_("not usable"),
}
VERDICTS = {
    "ready": N_("ready"),
    "ready_with_micro": N_("ready with micro conversions"),
    "not_ready": N_("not ready"),
}
ACTIONS = {
    "create": N_("create"),
    "update": N_("update"),
    "remove": N_("remove"),
}
OUTCOMES = {
    "applied": N_("applied"),
    "rejected": N_("refused by Google"),
    "skipped": N_("skipped"),
    "unknown": N_("not answered"),
}
STATES = {
    "unchanged": N_("unchanged"),
    "changed": N_("changes planned"),
    "needs_attention": N_("needs attention"),
    "failed": N_("failed"),
}
RESOURCES = {
    "key_event": N_("key event"),
    "event_create_rule": N_("event create rule"),
    "audience": N_("audience"),
    "conversion_action": N_("conversion action"),
    "customer_conversion_goal": N_("account goal"),
    "campaign_conversion_goal": N_("campaign goal"),
    "custom_conversion_goal": N_("custom goal"),
    "conversion_goal_campaign_config": N_("campaign's goals"),
    "campaign": N_("campaign"),
    "bidding_strategy": N_("bidding strategy"),
    "conversion_value_rule": N_("value rule"),
}
LEVELS = {
    "now": N_("now"),
    "soon": N_("your decision"),
}
VERBS = {
    "apply": N_("applied"),
    "rollback": N_("rolled back"),
}
TONES = {
    "ok": "good",
    "ready": "good",
    "applied": "good",
    "unchanged": "good",
    "revenue": "good",
    "given": "good",
    "ready_with_micro": "calm",
    "changed": "calm",
    "kept": "calm",
    "soon": "calm",
    "note": "calm",
    "weak": "warn",
    "widen": "warn",
    "immature": "warn",
    "not_ready": "warn",
    "needs_attention": "warn",
    "frozen": "bad",
    "freeze": "bad",
    "refused": "bad",
    "refuse": "bad",
    "rejected": "bad",
    "unknown": "bad",
    "failed": "bad",
    "now": "bad",
}
"""The colour of a badge; the words say the same."""

CHART_WORDS = (
    N_("value per conversion, {currency}"),
    N_("value"),
    N_("low"),
    N_("high"),
    N_("last published"),
    N_("event"),
    N_("users"),
    N_("name"),
    N_("counted"),
    N_("value per cost"),
    N_("primaries alone"),
    N_("with micro conversions"),
)
"""Words that charts ask for by their English form."""

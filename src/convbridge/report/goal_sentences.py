"""What a plan says of goals and bidding; messages of the catalogue."""

from __future__ import annotations

from convbridge.report.words import N_

GOALS = (
    N_("account"),
    N_("account, biddable in every campaign that follows the account"),
    N_("every campaign that follows the account's goals bids on {names}"),
    N_("campaign, biddable here"),
    N_("campaign, so the category is not biddable account-wide"),
    N_("{goal} also holds a primary action"),
    N_("campaign goals cannot tell them apart, so its micro events stay secondary"),
    N_("it leaves its custom goal"),
    N_("it leaves its custom goal {goal}"),
    N_("Google has no goal {goal} yet"),
    N_("the next run sets it"),
    N_("none"),
    N_("micro conversions stay secondary"),
    N_("no primary conversion action is enabled"),
    N_("bidding on micro conversions alone is refused"),
    N_("convbridge lets go"),
    N_("the campaign follows the account's goals again"),
    N_("the named campaigns will no longer bid on {names}"),
    N_("no campaign of account {account} is {pattern}"),
    N_("the portfolio {portfolio} cannot be read"),
    N_("its campaigns are left"),
    N_("portfolio {portfolio} also holds {names}"),
    N_("name them in `goals` too, or it is left"),
    N_("portfolio {portfolio} is {strategy}, which is for good"),
    N_("target ROAS {target} by the config"),
    N_("maximize conversion value, no target"),
    N_("maximize conversion value, target kept"),
    N_("target kept until the campaign bids on micro conversions"),
    N_("{start} x {factor} = {goal}, at most 20 % a step"),
    N_("{campaign}: learning since it is new or was turned on again"),
    N_("{campaign}: learning since its budget changed"),
    N_("{campaign}: learning since its campaigns, ad groups or keywords changed"),
    N_("{campaign}: learning since the conversion actions it bids on changed"),
    N_("{campaign}: learning since several changes"),
    N_(
        "{campaign}: limited by the highest bid it may make: raise or remove it "
        "({status})"
    ),
    N_(
        "{campaign}: limited by the lowest bid it may make: lower or remove it "
        "({status})"
    ),
    N_("{campaign}: limited by its low priority: others spend first ({status})"),
    N_("{campaign}: limited by keywords of a low Quality Score ({status})"),
    N_(
        "{campaign}: limited by narrow targeting: it cannot spend its budget ({status})"
    ),
    N_(
        "{campaign}: limited by several things: Google Ads names them beside its bid "
        "strategy ({status})"
    ),
    N_("{campaign}: misconfigured: no conversions come in"),
    N_("look at the tags and at the goals it bids on ({status})"),
    N_("{campaign}: misconfigured: no conversion action is one it could bid on"),
    N_("look at its goals ({status})"),
    N_(
        "{campaign}: misconfigured: look at the account's conversion settings "
        "({status})"
    ),
    N_(
        "{campaign}: misconfigured: it shares a budget with campaigns outside its "
        "strategy ({status})"
    ),
    N_(
        "{campaign}: misconfigured: its strategy is not valid for it, and it does "
        "not serve ({status})"
    ),
    N_(
        "{campaign}: misconfigured: Google Ads names several things beside its bid "
        "strategy ({status})"
    ),
    N_(
        "{campaign}: not bidding: no campaign, ad group, keyword or budget of it is "
        "active ({status})"
    ),
    N_(
        "{campaign}: of several statuses: Google Ads names them beside its bid "
        "strategy ({status})"
    ),
    N_("{campaign}: of a status that this version does not know ({status})"),
)
"""Forms of sentences, as in `phrases`."""

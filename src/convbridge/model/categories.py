"""The categories a conversion action can have, by Google Ads' names."""

from __future__ import annotations

CATEGORIES = (
    "ADD_TO_CART", "BEGIN_CHECKOUT", "BOOK_APPOINTMENT", "CONTACT",
    "CONVERTED_LEAD", "DEFAULT", "DOWNLOAD", "ENGAGEMENT", "GET_DIRECTIONS",
    "IMPORTED_LEAD", "IN_APP_AD_REVENUE", "MESSAGE_LEAD", "OUTBOUND_CLICK",
    "PAGE_VIEW", "PHONE_CALL_LEAD", "PURCHASE", "QUALIFIED_LEAD",
    "REQUEST_QUOTE", "SIGNUP", "STORE_SALE", "STORE_VISIT",
    "SUBMIT_LEAD_FORM", "SUBSCRIBE_PAID", "YOUTUBE_FOLLOW_ON_VIEWS",
)  # fmt: skip
"""ConversionActionCategory of API v26; v25 lacks MESSAGE_LEAD, v24 and v23 also
IN_APP_AD_REVENUE."""

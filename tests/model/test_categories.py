from __future__ import annotations

from google.ads.googleads.v26.enums.types.conversion_action_category import (
    ConversionActionCategoryEnum,
)

from convbridge.model.categories import CATEGORIES


def test_the_categories_are_those_of_google_ads():
    found = {c.name for c in ConversionActionCategoryEnum.ConversionActionCategory}

    assert set(CATEGORIES) == found - {"UNSPECIFIED", "UNKNOWN"}

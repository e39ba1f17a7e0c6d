"""The script of the default clinic: Polish dentists who want leads."""

from __future__ import annotations

from .crowds import CHANNELS, DEVICES, PAID_CHANNELS, link, page, scrolls
from .story import Campaign, Crowd, Extra, Step, Story

_DENTAL_HOME = page("/", "Kraków Dental")
_BOOKING = (page("/rezerwacja", "Rezerwacja | Kraków Dental"),)
_TREATMENTS = (
    page("/implanty", "Implanty | Kraków Dental"),
    page("/ortodoncja", "Ortodoncja | Kraków Dental"),
    page("/wybielanie", "Wybielanie | Kraków Dental"),
)
_FORM = ({**_BOOKING[0], "formId": "booking", "formDestination": "/rezerwacja"},)

DENTAL = Story(
    visitors_per_day=38.0,
    weekly=(1.1, 1.08, 1.05, 1.02, 0.98, 0.8, 0.85),
    channels=CHANNELS,
    devices=DEVICES,
    countries=(
        Crowd(name="Poland", weight=0.88, intent=0.05),
        Crowd(name="United Kingdom", weight=0.08, intent=0.2),
        Crowd(name="Germany", weight=0.04, intent=-0.2),
    ),
    steps=(
        Step(
            event="view_treatment",
            base=0.2,
            slope=0.45,
            params=_TREATMENTS,
            opens_page=True,
        ),
        Step(
            event="page_view",
            base=-0.9,
            slope=0.6,
            params=(page("/cennik", "Cennik | Kraków Dental"),),
        ),
        Step(
            event="booking_start",
            base=-1.8,
            slope=0.7,
            params=_BOOKING,
            opens_page=True,
        ),
        Step(event="form_start", base=0.5, slope=0.35, params=_FORM),
        Step(event="form_submit", base=-0.25, slope=0.4, seconds=90, params=_FORM),
        Step(
            event="generate_lead",
            base=1.7,
            slope=0.2,
            seconds=3,
            params=(page("/dziekujemy", "Dziękujemy | Kraków Dental"),),
            opens_page=True,
        ),
    ),
    extras=(
        Extra(
            event="scroll",
            base=-0.2,
            slope=0.15,
            params=scrolls("50", "90"),
        ),
        Extra(
            event="phone_click",
            base=-3.1,
            slope=0.7,
            params=(page("/kontakt", "Kontakt", linkUrl="tel:+48120000000"),),
        ),
        Extra(
            event="click",
            base=-3.6,
            slope=0.7,
            params=(
                link("wa.me", "https://wa.me/48120000000"),
                link("m.me", "https://m.me/krakowdental"),
            ),
        ),
        Extra(
            event="click",
            base=-3.3,
            slope=0.6,
            params=(
                link(
                    "google.com",
                    "https://www.google.com/maps/dir/?api=1&destination=Krakow",
                ),
                link("maps.app.goo.gl", "https://maps.app.goo.gl/xyz"),
            ),
        ),
        Extra(
            event="click",
            base=-4.0,
            slope=0.1,
            params=(link("facebook.com", "https://facebook.com/krakowdental"),),
        ),
        Extra(
            event="file_download",
            base=-3.3,
            slope=0.5,
            params=(
                page(
                    "/cennik",
                    "Cennik | Kraków Dental",
                    fileExtension="pdf",
                    fileName="/pliki/cennik.pdf",
                    linkUrl="https://krakow-dental.example.com/pliki/cennik.pdf",
                ),
            ),
        ),
        Extra(event="form_error", base=-1.5, slope=-0.6, after=4, params=_FORM),
        Extra(
            event="page_404",
            base=-3.9,
            slope=-0.4,
            params=(page("/stara", "Nie znaleziono strony"),),
        ),
    ),
    pages=(_DENTAL_HOME, *_TREATMENTS, page("/zespol", "Zespół | Kraków Dental")),
    basket=(400.0, 0.4),
    return_hours=60.0,
    repeat_share=0.05,
    paid_channels=PAID_CHANNELS,
)

DENTAL_CAMPAIGNS = (
    Campaign(
        id=7_100_001,
        name="Brand - Krakow Dental",
        channel_type="SEARCH",
        daily_budget=40.0,
        cpc=1.4,
        weight=0.3,
        intent=0.6,
        click_through=0.16,
    ),
    Campaign(
        id=7_100_002,
        name="Implants - Krakow",
        channel_type="SEARCH",
        daily_budget=180.0,
        cpc=6.8,
        weight=0.45,
        intent=0.2,
        click_through=0.05,
    ),
    Campaign(
        id=7_100_003,
        name="Orthodontics - Krakow",
        channel_type="SEARCH",
        daily_budget=90.0,
        cpc=4.2,
        weight=0.25,
        intent=-0.3,
        click_through=0.045,
    ),
    Campaign(
        id=7_100_004,
        name="PMax - Clinic",
        channel_type="PERFORMANCE_MAX",
        daily_budget=80.0,
        cpc=2.6,
        weight=1.0,
        click_through=0.02,
        bidding_strategy="MAXIMIZE_CONVERSION_VALUE",
    ),
)

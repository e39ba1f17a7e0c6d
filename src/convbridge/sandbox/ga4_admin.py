"""The GA4 Admin API: routes, properties, links, streams and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ga4_admin_alpha as alpha
from . import ga4_admin_key_events as key_events
from .ga4_admin_wire import page, read_body, read_mask, timestamp, to_json
from .ga4_wire import invalid
from .http import ApiError, Response, route
from .property import AdsLink

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from .ga4_http import Ga4
    from .http import Request, Route
    from .site import Site

VERSION = r"/v1(?:beta|alpha)"
PROPERTY = rf"{VERSION}/properties/(\d+)"


class Admin:
    """The Admin API over the properties of the world."""

    def __init__(self, ga4: Ga4) -> None:
        self.ga4 = ga4
        self.clock = ga4.google.clock

    def routes(self) -> list[Route]:
        """Return the routes, v1beta and v1alpha."""
        make = self.route
        return [
            route("GET", rf"{VERSION}/accountSummaries", self._account_summaries),
            make("GET", PROPERTY, "getProperty", self._property),
            make("GET", f"{PROPERTY}/googleAdsLinks", "listGoogleAdsLinks", _links),
            make(
                "POST",
                f"{PROPERTY}/googleAdsLinks",
                "createGoogleAdsLink",
                self._create_link,
            ),
            make(
                "DELETE",
                rf"{PROPERTY}/googleAdsLinks/(\d+)",
                "deleteGoogleAdsLink",
                _delete_link,
            ),
            make(
                "GET",
                f"{PROPERTY}/customDimensions",
                "listCustomDimensions",
                _custom_dimensions,
            ),
            make("GET", f"{PROPERTY}/dataStreams", "listDataStreams", self._streams),
            make(
                "GET",
                f"{PROPERTY}/dataRetentionSettings",
                "getDataRetentionSettings",
                _retention,
            ),
            make(
                "PATCH",
                f"{PROPERTY}/dataRetentionSettings",
                "updateDataRetentionSettings",
                _update_retention,
            ),
            *key_events.routes(self),
            *alpha.routes(self),
        ]

    def route(
        self,
        verb: str,
        pattern: str,
        method: str,
        run: Callable[[Site, Request, re.Match[str]], dict[str, Any]],
    ) -> Route:
        """Return a route whose first group is the property id."""

        def handler(request: Request, match: re.Match[str]) -> Response:
            def locked(site: Site, _: object) -> dict[str, Any]:
                with site.ga4.lock:
                    return run(site, request, match)

            return self.ga4.call(method, "admin", request, match[1], locked)

        return route(verb, pattern, handler)

    def _account_summaries(self, request: Request, _: re.Match[str]) -> Response:
        token = request.headers.get("authorization", "")
        access = self.ga4.google.access
        status = "OK" if access.knows(token) else "UNAUTHENTICATED"
        self.ga4.record("ga4_admin", "listAccountSummaries", request, "", status)
        if status != "OK":
            raise ApiError(401, "Request had invalid authentication credentials.")
        sites = [
            site
            for site in self.ga4.google.world.sites.values()
            if access.opens(token, site.property_id)
        ]
        summaries = [
            {
                "name": f"accountSummaries/{site.account_id}",
                "account": f"accounts/{site.account_id}",
                "displayName": site.name,
                "propertySummaries": [
                    {
                        "property": f"properties/{site.property_id}",
                        "displayName": f"{site.name} - GA4",
                        "propertyType": "PROPERTY_TYPE_ORDINARY",
                        "parent": f"accounts/{site.account_id}",
                    }
                ],
            }
            for site in sites
        ]
        return Response(body=page(request, "accountSummaries", summaries))

    def _property(self, site: Site, _: Request, __: re.Match[str]) -> dict[str, Any]:
        since = next(iter(site.ga4.ads_links.values()), None)
        created = since.created_at if since else self.clock.now()
        return {
            "name": f"properties/{site.property_id}",
            "parent": f"accounts/{site.account_id}",
            "account": f"accounts/{site.account_id}",
            "createTime": timestamp(created),
            "updateTime": timestamp(created),
            "displayName": f"{site.name} - GA4",
            "timeZone": site.time_zone,
            "currencyCode": site.currency,
            "serviceLevel": site.ga4.service_level,
            "propertyType": "PROPERTY_TYPE_ORDINARY",
        }

    def _streams(
        self, site: Site, request: Request, _: re.Match[str]
    ) -> dict[str, Any]:
        streams = [
            {
                "name": f"properties/{site.property_id}/dataStreams/{stream}",
                "type": "WEB_DATA_STREAM",
                "displayName": f"{site.name} web",
                "webStreamData": {
                    "measurementId": f"G-{site.property_id}",
                    "defaultUri": f"https://{site.key}.example.com",
                },
            }
            for stream in site.ga4.streams
        ]
        return page(request, "dataStreams", streams)

    def _create_link(
        self, site: Site, request: Request, _: re.Match[str]
    ) -> dict[str, Any]:
        message = read_body(request, "GoogleAdsLink")
        customer = message.customer_id
        if not (customer.isdigit() and len(customer) == 10):
            raise invalid("customer_id must be ten digits without dashes.")
        links = site.ga4.ads_links
        if any(link.customer_id == customer for link in links.values()):
            raise ApiError(409, f"Customer {customer} is already linked.")
        link = AdsLink(
            id=site.ga4.next_id(),
            customer_id=customer,
            created_at=self.clock.now(),
            can_manage_clients=customer == site.manager_customer_id,
        )
        links[link.id] = link
        return _link_json(site, link)


def _links(site: Site, request: Request, _: re.Match[str]) -> dict[str, Any]:
    links = [_link_json(site, link) for link in site.ga4.ads_links.values()]
    return page(request, "googleAdsLinks", links)


def _delete_link(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    if site.ga4.ads_links.pop(match[2], None) is None:
        raise ApiError(404, f"Google Ads link {match[2]} was not found.")
    return {}


def _link_json(site: Site, link: AdsLink) -> dict[str, Any]:
    return {
        "name": f"properties/{site.property_id}/googleAdsLinks/{link.id}",
        "customerId": link.customer_id,
        "canManageClients": link.can_manage_clients,
        "adsPersonalizationEnabled": link.ads_personalization_enabled,
        "createTime": timestamp(link.created_at),
        "updateTime": timestamp(link.created_at),
        "creatorEmailAddress": "owner@example.com",
    }


def _custom_dimensions(
    site: Site, request: Request, _: re.Match[str]
) -> dict[str, Any]:
    dimensions = [
        {
            "name": f"properties/{site.property_id}/customDimensions/{number}",
            "parameterName": parameter,
            "displayName": name,
            "scope": "EVENT",
        }
        for number, (parameter, name) in enumerate(site.ga4.custom_dimensions, 1)
    ]
    return page(request, "customDimensions", dimensions)


def _retention(site: Site, _: Request, __: re.Match[str]) -> dict[str, Any]:
    return {
        "name": f"properties/{site.property_id}/dataRetentionSettings",
        "eventDataRetention": site.ga4.event_retention,
        "userDataRetention": site.ga4.user_retention,
        "resetUserDataOnNewActivity": True,
    }


def _update_retention(
    site: Site, request: Request, match: re.Match[str]
) -> dict[str, Any]:
    mask = read_mask(request, ("event_data_retention", "user_data_retention"))
    wanted = to_json(read_body(request, "DataRetentionSettings"))
    if "event_data_retention" in mask:
        site.ga4.event_retention = _allowed(site, wanted.get("eventDataRetention"))
    if "user_data_retention" in mask:
        site.ga4.user_retention = _allowed(site, wanted.get("userDataRetention"))
    return _retention(site, request, match)


def _allowed(site: Site, months: str | None) -> str:
    if months is None:
        raise invalid("The retention must be specified.")
    is_short = months in {"TWO_MONTHS", "FOURTEEN_MONTHS"}
    if not is_short and "360" not in site.ga4.service_level:
        raise invalid(f"{months} needs Google Analytics 360.")
    return months

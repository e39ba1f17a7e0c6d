"""UploadClickConversions: every check of a row, several errors at once."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .ads_book import Arrival, Recorded
from .ads_clicks import ClickCheck, check_click
from .ads_currencies import CURRENCIES
from .ads_errors import AdsError, partial_status
from .ads_messages import new, number
from .ads_store import UPLOAD_WAIT, resource_name
from .ads_upload_checks import check_request, parse_time

if TYPE_CHECKING:
    from .ads_messages import Message
    from .ads_methods import AdsCall
    from .ads_service import GoogleAds
    from .ads_store import Account
    from .clicks import Click

_HASH = re.compile(r"[0-9a-f]{64}")
_CATEGORY = "conversion_upload_error"


def upload_clicks(ads: GoogleAds, account: Account, call: AdsCall) -> Message:
    """Check and record the rows of one request."""
    request = call.request
    check_request(request, len(request.conversions), _CATEGORY, "CONVERSIONS")
    if not request.validate_only:
        ads.book.requests.append(request)
    response = new("services.UploadClickConversionsResponse", job_id=request.job_id)
    upload = _Upload(ads, account, request)
    for index, row in enumerate(request.conversions):
        result = None if request.validate_only else response.results.add()
        if upload.take(index, row) and result is not None:
            _echo(row, result)
    if upload.errors:
        status = partial_status(tuple(upload.errors), call.request_id, call.version)
        response.partial_failure_error.MergeFrom(
            type(response.partial_failure_error)(**status)
        )
    return response


class _Row:
    """The errors of one row while it is checked."""

    def __init__(self) -> None:
        self.found: list[AdsError] = []

    def add(self, code: str, at: str = "", category: str = _CATEGORY) -> None:
        path = tuple((part, None) for part in at.split(".") if part)
        self.found.append(AdsError(category=category, code=code, path=path))


class _Upload:
    """One request on its way through the checks."""

    def __init__(self, ads: GoogleAds, account: Account, request: Message) -> None:
        self.errors: list[AdsError] = []
        self._ads = ads
        self._account = account
        self._request = request
        self._now = ads.store.clock.now()
        self._actions: dict[str, Message | None] = {}
        self._twins = Counter(_identity(row) for row in request.conversions)

    def take(self, index: int, row: Message) -> bool:
        """Check a row, record it when it is good, and say whether it was."""
        errors = _Row()
        if not self._ads.uploads_allowed:
            code = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
            errors.add(code, category="not_allowlisted_error")
        else:
            self._check(row, errors)
        for error in errors.found:
            self.errors.append(error.under(("conversions", index)))
        if not self._request.validate_only:
            self._arrive(row, errors.found)
        return not errors.found

    def _check(self, row: Message, errors: _Row) -> None:
        for wanted in self._ads.row_errors.get(row.order_id, ()):
            category, code = wanted.split(".")
            errors.add(code, category=category)
        action = self._action(row.conversion_action)
        moment = parse_time(row.conversion_date_time, self._now)
        time = moment if isinstance(moment, datetime) else None
        if not isinstance(moment, datetime):
            errors.add(moment[1], "conversion_date_time", moment[0])
        _check_value(row, errors)
        _check_order_id(row, errors)
        self._check_users(row, errors)
        self._check_action(row, action, errors)
        click = self._click(row, action, time, errors)
        if time is not None and action is not None:
            self._check_once(row, action, time, errors)
            if not errors.found and not self._request.validate_only:
                self._keep(row, action, time, click)

    def _action(self, name: str) -> Message | None:
        """Find an action; the customer id in the row's name is ignored."""
        if name not in self._actions:
            key = name.rsplit("/", 1)[-1]
            own = resource_name("conversion_action", self._account.customer_id, key)
            self._actions[name] = self._ads.store.get("conversion_action", own)
        return self._actions[name]

    def _check_action(self, row: Message, action: Message | None, errors: _Row) -> None:
        at = "conversion_action"
        if not row.conversion_action:
            errors.add("REQUIRED", at, "field_error")
        elif action is None or action.status != number(
            "ConversionActionStatus", "ENABLED"
        ):
            errors.add("NO_CONVERSION_ACTION_FOUND", at)
        elif action.type_ != number("ConversionActionType", "UPLOAD_CLICKS"):
            errors.add("INVALID_CONVERSION_ACTION_TYPE", at)
        else:
            created = self._ads.store.created(action.resource_name)
            if self._now < created + UPLOAD_WAIT:
                errors.add("TOO_RECENT_CONVERSION_ACTION", at)
            _check_external(row, action, errors)

    def _check_users(self, row: Message, errors: _Row) -> None:
        if row.HasField("user_ip_address") or row.WhichOneof("session_attributes"):
            code = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
            errors.add(code, category="not_allowlisted_error")
        if not row.user_identifiers:
            return
        if len(row.user_identifiers) > 5:
            errors.add("TOO_MANY", "user_identifiers", "collection_size_error")
        if not self._account.accepted_customer_data_terms:
            errors.add("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS")
        if not self._account.enhanced_conversions_for_leads:
            errors.add("CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS")
        for identifier in row.user_identifiers:
            which = identifier.WhichOneof("identifier")
            if which not in {"hashed_email", "hashed_phone_number"}:
                errors.add("UNSUPPORTED_USER_IDENTIFIER", "user_identifiers")
            elif not _HASH.fullmatch(getattr(identifier, which)):
                errors.add("INVALID_USER_IDENTIFIER", "user_identifiers")

    def _click(
        self, row: Message, action: Message | None, time: datetime | None, errors: _Row
    ) -> Click | None:
        check = ClickCheck(
            gclid=row.gclid,
            gbraid=row.gbraid,
            wbraid=row.wbraid,
            hashes=tuple(
                identifier.hashed_email
                for identifier in row.user_identifiers
                if identifier.hashed_email
            ),
            has_user_data=bool(row.user_identifiers),
            time=time,
            window=timedelta(
                days=action.click_through_lookback_window_days if action else 90
            ),
            is_one_per_click=action is not None
            and action.counting_type
            == number("ConversionActionCountingType", "ONE_PER_CLICK"),
        )
        click, codes = check_click(self._ads, self._account, check, self._now)
        for category, code, at in codes:
            errors.add(code, at, category)
        return click

    def _check_once(
        self, row: Message, action: Message, time: datetime, errors: _Row
    ) -> None:
        name, book = action.resource_name, self._ads.book
        is_twin = self._twins[_identity(row)] > 1
        if row.order_id:
            if is_twin:
                errors.add("DUPLICATE_ORDER_ID", "order_id")
            if book.find_order(name, row.order_id):
                errors.add("ORDER_ID_ALREADY_IN_USE", "order_id")
            return
        if is_twin:
            errors.add("DUPLICATE_CLICK_CONVERSION_IN_REQUEST")
        if book.find_click(name, click_key(row), time):
            errors.add("CLICK_CONVERSION_ALREADY_EXISTS")

    def _keep(
        self, row: Message, action: Message, time: datetime, click: Click | None
    ) -> None:
        settings = action.value_settings
        is_own = row.HasField("conversion_value")
        use_default = settings.always_use_default_value or not is_own
        recorded = Recorded(
            action=action.resource_name,
            click=click,
            time=time,
            value=settings.default_value if use_default else row.conversion_value,
            currency=row.currency_code or settings.default_currency_code,
            order_id=row.order_id,
        )
        self._ads.book.keep(recorded, click_key(row))

    def _arrive(self, row: Message, errors: list[AdsError]) -> None:
        action = self._action(row.conversion_action)
        self._ads.book.arrivals.append(
            Arrival(
                time=self._now,
                customer_id=self._account.customer_id,
                action=action.resource_name if action is not None else "",
                client="GOOGLE_ADS_API",
                job_id=self._request.job_id,
                error=(errors[0].category, errors[0].code) if errors else None,
            )
        )


def click_key(row: Message) -> str:
    """Return what identifies the click of a row: an id, or the user's hashes."""
    if row.gclid or row.gbraid or row.wbraid:
        return str(row.gclid or row.gbraid or row.wbraid)
    return "|".join(sorted(str(each).strip() for each in row.user_identifiers))


def _identity(row: Message) -> tuple[str, ...]:
    if row.order_id:
        return (row.conversion_action, row.order_id)
    return (row.conversion_action, click_key(row), row.conversion_date_time)


def _check_value(row: Message, errors: _Row) -> None:
    value = row.conversion_value
    if not 0 <= value < float("inf"):
        code = "TOO_LOW" if value < 0 else "TOO_HIGH"
        errors.add(code, "conversion_value", "range_error")
    if row.currency_code and row.currency_code not in CURRENCIES:
        errors.add("UNSUPPORTED", "currency_code", "currency_code_error")


def _check_order_id(row: Message, errors: _Row) -> None:
    if "@" in row.order_id:
        errors.add("ORDER_ID_CONTAINS_PII", "order_id")
    if len(row.order_id) > 64:
        errors.add("TOO_LONG", "order_id", "string_length_error")


def _check_external(row: Message, action: Message, errors: _Row) -> None:
    model = action.attribution_model_settings.attribution_model
    is_external = model == number("AttributionModel", "EXTERNAL")
    has_data = row.HasField("external_attribution_data")
    prefix = "EXTERNAL_ATTRIBUTION_DATA"
    if has_data and not is_external:
        errors.add(f"{prefix}_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION")
    if not is_external:
        return
    if not has_data:
        errors.add(f"{prefix}_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION")
    if row.order_id:
        errors.add("ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION")
    if row.user_identifiers:
        errors.add(
            "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER"
        )


def _echo(row: Message, result: Message) -> None:
    if row.gclid:
        result.gclid = row.gclid
    if row.gbraid or row.wbraid:
        result.gbraid, result.wbraid = row.gbraid, row.wbraid
    result.conversion_action = row.conversion_action
    result.conversion_date_time = row.conversion_date_time
    if row.user_identifiers:
        result.user_identifiers.extend(row.user_identifiers)

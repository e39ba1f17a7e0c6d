"""The event parameter behind each Data API dimension."""

from __future__ import annotations

EVENT_PARAMETERS: dict[str, str] = {
    "contentGroup": "content_group",
    "contentId": "content_id",
    "contentType": "content_type",
    "currencyCode": "currency",
    "fileExtension": "file_extension",
    "fileName": "file_name",
    "linkClasses": "link_classes",
    "linkDomain": "link_domain",
    "linkId": "link_id",
    "linkText": "link_text",
    "linkUrl": "link_url",
    "method": "method",
    "outbound": "outbound",
    "pageLocation": "page_location",
    "pageReferrer": "page_referrer",
    "pageTitle": "page_title",
    "percentScrolled": "percent_scrolled",
    "searchTerm": "search_term",
    "transactionId": "transaction_id",
    "videoProvider": "video_provider",
    "videoTitle": "video_title",
    "videoUrl": "video_url",
    "visible": "visible",
}
"""
Reports see dimensions; funnels, GA4's event create rules and the BigQuery export
see parameters, registered or not (Data API schema; enhanced measurement, support
answer 9216061).
"""

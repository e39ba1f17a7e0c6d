"""Google Ads through its own client library: read, check, change."""

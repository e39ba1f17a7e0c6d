"""What happened on a site: event counts, users, revenue and costs over a window."""

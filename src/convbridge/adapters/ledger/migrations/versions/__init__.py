"""One module per migration, `v0001_journal.py`; the number is the revision."""

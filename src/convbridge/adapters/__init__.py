"""The world: Google's APIs, warehouses, the ledger, credentials and the clock."""

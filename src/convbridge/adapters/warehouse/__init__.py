"""GA4's BigQuery export as a source: DuckDB over Parquet, BigQuery, Spark."""

from __future__ import annotations

__all__ = ["BigQueryEngine", "DuckDbEngine", "SparkEngine", "WarehouseSource"]

from convbridge.adapters.warehouse.engines import (
    BigQueryEngine,
    DuckDbEngine,
    SparkEngine,
)
from convbridge.adapters.warehouse.source import WarehouseSource

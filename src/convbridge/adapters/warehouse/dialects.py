"""Queries written in BigQuery's dialect, said in an engine's own."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp

BIGQUERY, DUCKDB, SPARK = "bigquery", "duckdb", "spark"

# How an engine finds the first entry of a list by its key, without a join.
# Spark's index past the end is an error, its get() is not.
_FIND = {
    DUCKDB: "list_filter({entries}, lambda p: p.key = {key})[1]",
    SPARK: "get(filter({entries}, p -> p.key = {key}), 0)",
}


def transpile(sql: str, dialect: str) -> str:
    """
    Return a query of ours in another dialect.

    BigQuery looks a parameter up with a subquery per row; engines that would
    join for that get their list functions instead.
    """
    tree = sqlglot.parse_one(sql, read=BIGQUERY)
    if dialect != BIGQUERY:
        tree = tree.transform(lambda node: _lookup(node, dialect))
    return str(tree.sql(dialect=dialect, pretty=True))


def replace_events(sql: str, relation: str) -> str:
    """Return a BigQuery query that reads `relation` where ours says `events`."""
    source = sqlglot.parse_one(relation, read=BIGQUERY)

    def put(node: Any) -> Any:  # sqlglot has no type for its own visitors
        if isinstance(node, exp.Table) and node.name == "events" and not node.db:
            return exp.Subquery(this=source.copy(), alias=node.args.get("alias"))
        return node

    tree = sqlglot.parse_one(sql, read=BIGQUERY).transform(put)
    return str(tree.sql(dialect=BIGQUERY, pretty=True))


def literal(value: str) -> str:
    """Return a text as a quoted BigQuery literal."""
    return str(exp.Literal.string(value).sql(dialect=BIGQUERY))


def _lookup(node: Any, dialect: str) -> Any:
    """Turn `(SELECT e FROM UNNEST(list) WHERE key = 'k')` into a list function."""
    if not isinstance(node, exp.Subquery) or not isinstance(node.this, exp.Select):
        return node
    unnest = node.this.find(exp.Unnest)
    where = node.this.args.get("where")
    if unnest is None or where is None or not isinstance(where.this, exp.EQ):
        return node
    found = _FIND[dialect].format(
        entries=unnest.expressions[0].sql(dialect=dialect),
        key=where.this.expression.sql(dialect=dialect),
    )

    def put(inner: Any) -> Any:
        if isinstance(inner, exp.Column) and "value" in {inner.table, inner.name}:
            return sqlglot.parse_one(f"{found}.{inner.sql()}", read=dialect)
        return inner

    return exp.paren(node.this.expressions[0].unalias().transform(put), copy=False)

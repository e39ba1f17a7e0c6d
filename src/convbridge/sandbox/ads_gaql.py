"""The Google Ads Query Language: text to a query, with Google's parse errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ads_errors import fail

if TYPE_CHECKING:
    from .ads_errors import AdsFailure

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<number>-?\d+(?:\.\d+)?(?![\w.]))
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<symbol><=|>=|!=|=|<|>|\(|\)|,)
    )""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_PARAMETERS = frozenset({"include_drafts", "omit_unselected_resource_names"})

Value = str | float | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition of the WHERE clause; the operator is in upper case."""

    field: str
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query; order fields carry True where they descend."""

    select: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...] = ()
    order_by: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field the query names."""
        conditions = tuple(condition.field for condition in self.where)
        return self.select + conditions + tuple(name for name, _ in self.order_by)


def parse(text: str) -> Query:
    """Parse one query; raises `AdsFailure` with a QueryError."""
    reader = _Reader(_tokens(text))
    reader.expect("SELECT", "EXPECTED_SELECT")
    select = _names(reader)
    reader.expect("FROM", "EXPECTED_FROM")
    resource = reader.word("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
    where = _conditions(reader) if reader.accept("WHERE") else ()
    order_by = _order(reader) if reader.accept("ORDER") else ()
    limit = _limit(reader) if reader.accept("LIMIT") else None
    parameters = _parameters(reader) if reader.accept("PARAMETERS") else ()
    reader.end()
    return Query(
        select=select,
        resource=resource,
        where=where,
        order_by=order_by,
        limit=limit,
        parameters=parameters,
    )


def query_error(code: str, message: str) -> AdsFailure:
    """Return the failure of a query that is refused."""
    return fail("query_error", code, message)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


class _Reader:
    """The tokens of a query and the place reached in them."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise query_error(
                "UNEXPECTED_END_OF_QUERY", "Error in query: unexpected end of query."
            )
        self._at += 1
        return token

    def accept(self, *words: str) -> bool:
        token = self.peek()
        if token is None or token.kind == "string" or token.text.upper() not in words:
            return False
        self._at += 1
        return True

    def expect(self, word: str, code: str) -> None:
        if not self.accept(word):
            raise query_error(code, f"Error in query: expected {word}.")

    def word(self, code: str) -> str:
        token = self.take()
        if token.kind != "word":
            message = f"Error in query: unexpected input {token.text}."
            raise query_error(code, message)
        return token.text

    def end(self) -> None:
        token = self.peek()
        if token is not None:
            message = f"Error in query: unexpected input {token.text}."
            raise query_error("UNEXPECTED_INPUT", message)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _bad_symbol(text[position:].lstrip())
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match.group(kind)))
        position = match.end()
    return tokens


def _bad_symbol(rest: str) -> AdsFailure:
    if rest[0] in "'\"":
        return query_error(
            "STRING_NOT_TERMINATED", "Error in query: string is not terminated."
        )
    return query_error("BAD_SYMBOL", f"Error in query: bad symbol {rest[0]!r}.")


def _names(reader: _Reader) -> tuple[str, ...]:
    names = [reader.word("BAD_FIELD_NAME")]
    while reader.accept(","):
        names.append(reader.word("BAD_FIELD_NAME"))
    return tuple(names)


def _conditions(reader: _Reader) -> tuple[Condition, ...]:
    conditions = [_condition(reader)]
    while reader.accept("AND"):
        conditions.append(_condition(reader))
    token = reader.peek()
    if token is not None and token.text.upper() == "OR":
        raise query_error("EXPECTED_AND", "Error in query: OR is not an operator.")
    return tuple(conditions)


def _condition(reader: _Reader) -> Condition:
    field = reader.word("BAD_FIELD_NAME")
    operator = _operator(reader)
    match operator:
        case "IS NULL" | "IS NOT NULL":
            values: tuple[Value, ...] = ()
        case "IN" | "NOT IN" | "CONTAINS ANY" | "CONTAINS ALL" | "CONTAINS NONE":
            values = _value_list(reader)
        case "BETWEEN":
            low = _value(reader)
            reader.expect("AND", "EXPECTED_VALUE_WITH_BETWEEN_OPERATOR")
            values = (low, _value(reader))
        case "DURING":
            values = (reader.word("INVALID_VALUE_WITH_DURING_OPERATOR").upper(),)
        case _:
            values = (_value(reader),)
    return Condition(field=field, operator=operator, values=values)


def _operator(reader: _Reader) -> str:
    token = reader.take()
    word = token.text.upper()
    if token.text in _COMPARISONS or word in {
        "IN",
        "LIKE",
        "DURING",
        "BETWEEN",
        "REGEXP_MATCH",
    }:
        return word
    followers = {
        "NOT": ("IN", "LIKE", "REGEXP_MATCH"),
        "CONTAINS": ("ANY", "ALL", "NONE"),
        "IS": ("NULL", "NOT"),
    }
    follower = reader.take().text.upper() if word in followers else ""
    if follower not in followers.get(word, ()):
        raise query_error("BAD_OPERATOR", f"Error in query: bad operator {token.text}.")
    if follower == "NOT":
        reader.expect("NULL", "BAD_OPERATOR")
        return "IS NOT NULL"
    return f"{word} {follower}"


def _value(reader: _Reader) -> Value:
    token = reader.take()
    match token.kind:
        case "string":
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        case "number":
            return float(token.text) if "." in token.text else int(token.text)
        case "word":
            return token.text
        case _:
            raise query_error("BAD_VALUE", f"Error in query: bad value {token.text}.")


def _value_list(reader: _Reader) -> tuple[Value, ...]:
    reader.expect("(", "EXPECTED_LIST")
    if reader.accept(")"):
        raise query_error(
            "PROHIBITED_EMPTY_LIST_IN_CONDITION", "Error in query: empty list."
        )
    values = [_value(reader)]
    while reader.accept(","):
        values.append(_value(reader))
    reader.expect(")", "EXPECTED_LIST")
    return tuple(values)


def _order(reader: _Reader) -> tuple[tuple[str, bool], ...]:
    reader.expect("BY", "EXPECTED_BY")
    fields: list[tuple[str, bool]] = []
    while True:
        name = reader.word("BAD_FIELD_NAME")
        descends = reader.accept("DESC")
        if not descends:
            reader.accept("ASC")
        fields.append((name, descends))
        if not reader.accept(","):
            return tuple(fields)


def _limit(reader: _Reader) -> int:
    token = reader.take()
    if not token.text.lstrip("-").isdigit():
        raise query_error(
            "BAD_LIMIT_VALUE", "Error in query: limit is not a whole number."
        )
    limit = int(token.text)
    if limit < 1:
        raise query_error("LIMIT_VALUE_TOO_LOW", "Error in query: limit is below one.")
    return limit


def _parameters(reader: _Reader) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    while True:
        name = reader.word("BAD_PARAMETER_NAME")
        if name not in _PARAMETERS:
            raise query_error(
                "BAD_PARAMETER_NAME", f"Error in query: bad parameter {name}."
            )
        reader.expect("=", "UNEXPECTED_INPUT")
        value = str(_value(reader)).lower()
        if value not in {"true", "false"}:
            raise query_error(
                "BAD_PARAMETER_VALUE", f"Error in query: bad value of {name}."
            )
        found.append((name, value))
        if not reader.accept(","):
            return tuple(found)

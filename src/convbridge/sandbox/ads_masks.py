"""Field masks as Google applies them: explicit, strict, and honest about zero."""

from __future__ import annotations

from .ads_errors import fail
from .ads_messages import Message, clone, copy_field, is_set, read, resolve

_Chain = tuple[Message, ...]


def apply_mask(
    current: Message,
    update: Message,
    mask: Message,
    *,
    immutable: frozenset[str] = frozenset(),
    output_only: frozenset[str] = frozenset(),
) -> tuple[Message, frozenset[str]]:
    """
    Return `current` with the masked fields taken from `update`, and their paths.

    A field in the mask and not in the message is reset; one in the message and
    not in the mask is ignored. An immutable field is refused unless it stays equal.
    """
    paths = [path for path in mask.paths if path]
    if not paths:
        raise fail("field_mask_error", "FIELD_MASK_MISSING", at="update_mask")
    changed = clone(current)
    for path in paths:
        if path == "resource_name":
            continue
        chain = _checked(current, path)
        _check_writable(path, chain, (current, update), immutable, output_only)
        copy_field(update, changed, chain)
    return changed, frozenset(paths)


def check_create(message: Message, output_only: frozenset[str]) -> None:
    """Refuse output-only fields of a resource to be created."""
    for path in sorted(output_only):
        chain = resolve(message.DESCRIPTOR, path)
        if chain is not None and is_set(message, chain):
            raise fail("field_error", "IMMUTABLE_FIELD", at=f"create.{path}")


def _checked(current: Message, path: str) -> _Chain:
    chain = resolve(current.DESCRIPTOR, path)
    if chain is None:
        raise fail(
            "field_mask_error",
            "FIELD_NOT_FOUND",
            f"The field mask contained an invalid field: '{path}'.",
            at="update_mask",
            trigger=path,
        )
    last = chain[-1]
    has_fields = last.message_type is not None and bool(last.message_type.fields)
    if has_fields and not last.is_repeated:
        raise fail(
            "field_mask_error",
            "FIELD_HAS_SUBFIELDS",
            f"The field mask updated a field with subfields: '{path}'.",
            at="update_mask",
            trigger=path,
        )
    return chain


def _check_writable(
    path: str,
    chain: _Chain,
    pair: tuple[Message, Message],
    immutable: frozenset[str],
    output_only: frozenset[str],
) -> None:
    root = path.split(".", 1)[0]
    if path in output_only or root in output_only:
        raise fail("mutate_error", "RESOURCE_READ_ONLY", at=f"update.{path}")
    current, update = pair
    is_equal = bool(read(current, chain) == read(update, chain))
    if root in immutable and not is_equal:
        raise fail("field_error", "IMMUTABLE_FIELD", at=f"update.{path}")

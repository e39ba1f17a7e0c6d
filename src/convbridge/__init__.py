"""
convbridge: the control plane for conversion values.

    from convbridge import Bridge

    with Bridge.open("convbridge.yaml", client="siam-coffee") as bridge:
        plan = bridge.plan()
        bridge.apply(plan)

Names are loaded when they are first used: `import convbridge` is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convbridge.bridge import Bridge as Bridge
    from convbridge.errors import AuthError as AuthError
    from convbridge.errors import ConfigError as ConfigError
    from convbridge.errors import ConvbridgeError as ConvbridgeError
    from convbridge.errors import DataError as DataError
    from convbridge.errors import LedgerError as LedgerError
    from convbridge.errors import OutcomeUnknownError as OutcomeUnknownError
    from convbridge.errors import PlanError as PlanError
    from convbridge.errors import QuotaError as QuotaError
    from convbridge.errors import RejectedError as RejectedError
    from convbridge.errors import StalePlanError as StalePlanError
    from convbridge.errors import UnavailableError as UnavailableError
    from convbridge.errors import UnsafePlanError as UnsafePlanError
    from convbridge.errors import VendorError as VendorError
    from convbridge.portfolio import Portfolio as Portfolio

_HOMES = {
    "AuthError": "errors",
    "Bridge": "bridge",
    "ConfigError": "errors",
    "ConvbridgeError": "errors",
    "DataError": "errors",
    "LedgerError": "errors",
    "OutcomeUnknownError": "errors",
    "PlanError": "errors",
    "Portfolio": "portfolio",
    "QuotaError": "errors",
    "RejectedError": "errors",
    "StalePlanError": "errors",
    "UnavailableError": "errors",
    "UnsafePlanError": "errors",
    "VendorError": "errors",
}

__all__ = [
    "AuthError",
    "Bridge",
    "ConfigError",
    "ConvbridgeError",
    "DataError",
    "LedgerError",
    "OutcomeUnknownError",
    "PlanError",
    "Portfolio",
    "QuotaError",
    "RejectedError",
    "StalePlanError",
    "UnavailableError",
    "UnsafePlanError",
    "VendorError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - slow to import

        return version("convbridge")
    if name not in _HOMES:
        raise AttributeError(f"module 'convbridge' has no attribute {name!r}")
    return getattr(import_module(f"convbridge.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__

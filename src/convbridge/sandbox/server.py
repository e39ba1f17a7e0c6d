"""The running sandbox: one world, one clock, and the servers in front of them."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self, cast

from .access import Access
from .clock import Clock
from .faults import CallLog, Faults
from .ga4_quota import Quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from .ads_server import AdsServer
    from .ads_service import GoogleAds
    from .data_manager import DataManager
    from .world import World


class Server(Protocol):
    """What listens on one port."""

    @property
    def endpoint(self) -> str:
        """The base address, `http://HOST:PORT`."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Google:
    """
    The sandbox while it runs.

    A server starts when its endpoint is first asked for, so a test that needs
    GA4 only never pays for gRPC. `start` starts them all.
    """

    def __init__(
        self,
        *,
        world: World,
        clock: Clock,
        host: str = "127.0.0.1",
        ports: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self.world = world
        self.clock = clock
        self.faults = Faults()
        self.calls = CallLog()
        self.access = Access()
        self.host = host
        self._quotas: dict[str, Quota] = {}
        self._ports = dict(zip(_STARTERS, ports, strict=False))
        self._servers: dict[str, Server] = {}
        self._lock = threading.RLock()

    @cached_property
    def ads(self) -> GoogleAds:
        """The state behind the Google Ads services."""
        from .ads_service import GoogleAds  # noqa: PLC0415  # only when asked for

        return GoogleAds(self.world)

    @property
    def google_ads_endpoint(self) -> str:
        """Google Ads API (gRPC, plaintext), `http://HOST:PORT`."""
        return self.server("google_ads").endpoint

    @property
    def google_ads_tls_endpoint(self) -> str:
        """Google Ads API (gRPC, TLS), `https://localhost:PORT`."""
        return self._ads_server().tls_endpoint

    @property
    def tls_cert_path(self) -> Path:
        """The PEM file that makes a client trust the TLS endpoint."""
        return self._ads_server().tls_cert_path

    @cached_property
    def data_manager(self) -> DataManager:
        """The state behind the Data Manager API."""
        from .data_manager import DataManager  # noqa: PLC0415  # only when asked for

        return DataManager(self.ads)

    @property
    def data_manager_endpoint(self) -> str:
        """Data Manager API v1 (REST), `http://HOST:PORT`."""
        return self.server("data_manager").endpoint

    @property
    def data_manager_grpc_target(self) -> str:
        """The same API over plaintext gRPC, `HOST:PORT`."""
        return self.server("data_manager_grpc").endpoint

    def _ads_server(self) -> AdsServer:
        return cast("AdsServer", self.server("google_ads"))

    @property
    def ga4_endpoint(self) -> str:
        """GA4 Data API (v1beta, v1alpha) and Admin API (v1beta, v1alpha), REST."""
        return self.server("ga4").endpoint

    @property
    def ga4_grpc_target(self) -> str:
        """The same APIs over plaintext gRPC, `HOST:PORT`."""
        return self.server("ga4_grpc").endpoint

    def quota(self, property_id: str) -> Quota:
        """Return the GA4 quota of a property, to read or to set."""
        with self._lock:
            if property_id not in self._quotas:
                site = self.world.site_of_property(property_id)
                premium = site is not None and "360" in site.ga4.service_level
                self._quotas[property_id] = Quota(self.clock, is_premium=premium)
            return self._quotas[property_id]

    def server(self, name: str) -> Server:
        """Return a server by name, started if it was not."""
        with self._lock:
            if name not in self._servers:
                self._servers[name] = _STARTERS[name](self, self._ports.get(name, 0))
            return self._servers[name]

    def start(self) -> Self:
        """Start every server now."""
        for name in _STARTERS:
            self.server(name)
        return self

    def close(self) -> None:
        """Stop every server."""
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(
    world: World | None = None,
    *,
    seed: int = 7,
    now: datetime | None = None,
    host: str = "127.0.0.1",
    ports: tuple[int, int, int] = (0, 0, 0),
) -> Google:
    """
    Return a sandbox, to be used in a `with` statement.

    Without a world it has the two default sites. Ports are those of GA4,
    Google Ads and Data Manager; 0 takes a free one.
    """
    if world is None:
        from .sites import default_world  # noqa: PLC0415  # numpy only when needed

        clock = Clock(now)
        world = default_world(seed=seed, clock=clock)
    return Google(world=world, clock=world.clock, host=host, ports=ports)


def _start_ga4(google: Google, port: int) -> Server:
    from .ga4_http import start_ga4  # noqa: PLC0415  # only when asked for

    return start_ga4(google, port)


def _start_ga4_grpc(google: Google, port: int) -> Server:
    from .ga4_grpc import Ga4GrpcServer  # noqa: PLC0415  # only when asked for

    return Ga4GrpcServer(google, port)


def _start_ads(google: Google, port: int) -> Server:
    from .ads_server import AdsServer  # noqa: PLC0415  # only when asked for

    return AdsServer(google, google.ads, port)


def _start_data_manager(google: Google, port: int) -> Server:
    from .data_manager_http import start_data_manager  # noqa: PLC0415  # as above

    return start_data_manager(google, google.data_manager, port)


def _start_data_manager_grpc(google: Google, port: int) -> Server:
    from .data_manager_grpc import DataManagerGrpcServer  # noqa: PLC0415  # as above

    return DataManagerGrpcServer(google, google.data_manager, port)


# In the order of `ports`; the last ones take any free port.
_STARTERS: Mapping[str, Callable[[Google, int], Server]] = {
    "ga4": _start_ga4,
    "google_ads": _start_ads,
    "data_manager": _start_data_manager,
    "ga4_grpc": _start_ga4_grpc,
    "data_manager_grpc": _start_data_manager_grpc,
}

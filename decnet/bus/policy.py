# SPDX-License-Identifier: MIT
"""
Who may publish and subscribe what: the rows of the catalogue, deny by default.

The identity of a client is its systemd unit, read by the server, never what the client says. Outside our units the user
decides: root, and in a checkout (where the server is no unit either) the server's own user, is an operator and may do
everything, or claims a service's name and is then held to that service's row. Anybody else got in by the group of the
socket, which is the operator's list of who may watch: such a client receives everything and publishes nothing but the
question how the services are.
"""

from dataclasses import dataclass

from decnet.bus.subjects import is_subset, matches
from decnet.catalog import SERVICES
from decnet.errors import BusError
from decnet.host.peer import Peer

EVERYTHING = (">",)
_CONTROL = "system.*.control"
_CONTROLLER = "api"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one client may do; ``name`` is how a refusal calls it."""

    name: str
    publishes: tuple[str, ...] = ()
    subscribes: tuple[str, ...] = ()
    controls: bool = False

    def may_publish(self, topic: str) -> bool:
        """Tell whether the valid ``topic`` is granted; orders to services only where ``controls`` is."""
        if matches(_CONTROL, topic) and not self.controls:
            return False
        return any(matches(pattern, topic) for pattern in self.publishes)

    def may_subscribe(self, pattern: str) -> bool:
        """Tell whether the valid ``pattern`` is a subset of a granted one."""
        return any(is_subset(pattern, granted) for granted in self.subscribes)

    def check_publish(self, topic: str) -> None:
        """Raise ``BusError`` where ``topic`` is not granted."""
        if not self.may_publish(topic):
            raise BusError(f"{self.name} may not publish {topic}", remedy="decnet/catalog.py says who publishes what")

    def check_subscribe(self, pattern: str) -> None:
        """Raise ``BusError`` where ``pattern`` is not granted."""
        if not self.may_subscribe(pattern):
            raise BusError(f"{self.name} may not subscribe {pattern}", remedy="decnet/catalog.py says who subscribes what")


OPERATOR = Policy(name="an operator", publishes=EVERYTHING, subscribes=EVERYTHING, controls=True)
OBSERVER = Policy(name="a member of the group", publishes=("system.health.requested",), subscribes=EVERYTHING)
NOBODY = Policy(name="an unknown service")

_OF_SERVICE = {
    service.name: Policy(
        name=service.name,
        publishes=service.publishes,
        subscribes=service.subscribes,
        controls=service.name == _CONTROLLER,
    )
    for service in SERVICES
}
_PREFIX, _SUFFIX = "decnet-", ".service"


def of_client(name: str) -> Policy:
    """Return the policy of a client who is trusted to be who it says: a service's row, or everything."""
    return _OF_SERVICE.get(name, OPERATOR)


def of_peer(peer: Peer, *, claimed: str, server: Peer) -> Policy:
    """Return the policy of a peer that called itself ``claimed``, as seen by ``server``."""
    if _is_ours(peer.unit):
        return _OF_SERVICE.get(peer.unit.removeprefix(_PREFIX).removesuffix(_SUFFIX), NOBODY)
    if peer.pid and (peer.uid == 0 or (peer.uid == server.uid and not _is_ours(server.unit))):
        return of_client(claimed)
    return OBSERVER


def _is_ours(unit: str) -> bool:
    """Tell whether a systemd unit is one of the catalogue's kind."""
    return unit.startswith(_PREFIX) and unit.endswith(_SUFFIX)

# SPDX-License-Identifier: MIT
"""
From what a fleet asks for to the desired state: names, addresses, personas, ports.

Everything that could go wrong is looked at before anything is changed, and all of it is reported at once. A decoy that was
there before keeps its seed, its persona and, unless another one was asked for, its address. Decoys of other fleets stay.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from decnet.domain.archetype import Archetype, CheckOptions, complete, draw_hostname, invent, is_hostname
from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.domain.fleet import DecoyRequest, FleetRequest
from decnet.domain.persona import Decoy, Persona
from decnet.domain.problem import Problem, refuse, unknown
from decnet.domain.sections import Section

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What there is to choose from: archetypes, lures with their standard ports, and who knows a lure's options."""

    archetypes: Mapping[str, Archetype]
    ports: Mapping[str, int]
    check: CheckOptions


@dataclass(frozen=True, kw_only=True)
class Ground:
    """
    Where an engine can put decoys.

    ``networks`` are those whose addresses may be asked for, ``pool`` is where addresses are taken from otherwise, ``shared``
    addresses may serve several decoys on different ports, ``capacity`` is how many sockets can be open.
    """

    engine: str
    networks: tuple[str, ...]
    pool: str
    shared: tuple[str, ...]
    capacity: int


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """One decoy on its way: its name, who asked for it, its addresses and what it was before."""

    name: str
    request: DecoyRequest
    archetype: Archetype | None
    addresses: tuple[str, ...]
    lures: tuple[DesiredLure, ...]
    before: DesiredDecoy | None


class Resolution:
    """Works out one fleet; ``problems`` collects what is wrong on the way."""

    def __init__(
        self, fleet: FleetRequest, before: DesiredState, shelf: Shelf, ground: Ground, busy: Collection[str] = ()
    ) -> None:
        self.fleet = fleet
        self.shelf = shelf
        self.ground = ground
        self.problems: list[Problem] = []
        self._before = {entry.name: entry for entry in before.decoys if entry.fleet == fleet.name}
        self._others = {entry.name: entry for entry in before.decoys if entry.fleet != fleet.name}
        self._busy = frozenset(busy)
        self._owners: dict[str, str] = {
            address: name for name, entry in self._others.items() for address in entry.decoy.addresses
        }

    def resolve(self, *, now: int, new_seed: Callable[[], str]) -> DesiredState:
        """Return the desired state with this fleet in it; raises ``PlanError`` with everything that is wrong."""
        planned = [decoy for request in self.fleet.decoys for decoy in self._plan(request)]
        self._refuse_doubles(planned)
        self._refuse_clashes(planned)
        self._refuse_excess(planned)
        if not self.problems:
            planned = self._allocate(planned)
        if self.problems:
            problems = sorted(self.problems, key=lambda problem: problem.line)
            raise refuse(self.fleet.source, problems, remedy="correct it and deploy again")
        made = self._make(planned, now=now, new_seed=new_seed)
        return DesiredState(decoys=(*self._others.values(), *made))

    def _plan(self, request: DecoyRequest) -> Iterator[_Planned]:
        """Yield the decoys of one request."""
        archetype = self.shelf.archetypes.get(request.archetype)
        if archetype is None and request.archetype:
            self._add(request.section, "archetype", unknown("archetype", request.archetype, self.shelf.archetypes))
        lures = self._lures(request, archetype)
        names = request.names()
        if request.hostname and not is_hostname(request.hostname):
            self._add(request.section, "hostname", f"{request.hostname[:80]!r} is no host name")
        if request.hostname and len(names) > 1:
            self._add(request.section, "hostname", "one host name cannot be that of several decoys; leave it out")
        shares = self._shares(request, len(names))
        for index, name in enumerate(names):
            addresses = shares[index] if index < len(shares) else ()
            before = self._before.get(name)
            yield _Planned(name=name, request=request, archetype=archetype, addresses=addresses, lures=lures, before=before)

    def _lures(self, request: DecoyRequest, archetype: Archetype | None) -> tuple[DesiredLure, ...]:
        """Return the lures of a request: the archetype's or those asked for, with the options of both."""
        defaults = archetype.lures if archetype else {}
        names = request.lures or tuple(defaults)
        for name in request.settings:
            if name not in names and archetype:
                message = f"the decoy has no lure {name!r}; add it to the key lures of [{request.section.name}]"
                self._add(request.settings[name], "", message)
        return tuple(
            lure for name in dict.fromkeys(names) if (lure := self._lure(name, request, defaults.get(name, {}))) is not None
        )

    def _lure(self, name: str, request: DecoyRequest, defaults: Mapping[str, str]) -> DesiredLure | None:
        """Return one lure, or nothing where there is none of this name."""
        if name not in self.shelf.ports:
            self._add(request.section, "lures", unknown("lure", name, self.shelf.ports))
            return None
        section = request.settings.get(name, Section("", 0))
        options = {**defaults, **section.values}
        for key, sentence in self.shelf.check(name, options):
            self._add(section if section.name else request.section, key, f"{key}: {sentence}" if key else sentence)
        port = options.pop("port", "")
        return DesiredLure(name=name, port=int(port) if port.isdecimal() else self.shelf.ports[name], options=options)

    def _shares(self, request: DecoyRequest, count: int) -> list[tuple[str, ...]]:
        """Return the addresses of each decoy of a request, as far as it names any."""
        valid = [address for text in request.addresses if (address := self._address(text, request.section)) is not None]
        if count == 1:
            return [tuple(str(address) for address in valid)]
        families = [[str(address) for address in valid if address.version == version] for version in (4, 6)]
        for family in families:
            if family and len(family) != count and len(valid) == len(request.addresses):
                message = f"{len(family)} addresses for {count} decoys; give as many as there are decoys, or none"
                self._add(request.section, "address", message)
        return [tuple(family[index] for family in families if index < len(family)) for index in range(count)]

    def _address(self, text: str, section: Section) -> Address | None:
        """Return an address that the engine can serve, in its shortest form; nothing where there is a problem."""
        key = "address" if "address" in section.values else "addresses"
        try:
            address = ip_address(text)
        except ValueError:
            self._add(section, key, f"{text[:80]!r} is no IP address")
            return None
        if any(address in ip_network(network) for network in self.ground.networks):
            return address
        allowed = " or ".join(self.ground.networks)
        self._add(section, key, f"the {self.ground.engine} engine cannot serve {address}; it has {allowed}")
        return None

    def _refuse_doubles(self, planned: Iterable[_Planned]) -> None:
        """Name decoys of one name, and host names of two decoys."""
        seen: set[str] = set()
        hostnames = {entry.decoy.persona.hostname for entry in self._others.values()}
        for decoy in planned:
            hostname = decoy.request.hostname if decoy.request.count == 1 else ""
            if decoy.name in self._others:
                message = f"the decoy {decoy.name} is already there, in the fleet {self._others[decoy.name].fleet}"
                self._add(decoy.request.section, "", message)
            elif decoy.name in seen:
                self._add(decoy.request.section, "", f"two decoys would be called {decoy.name}")
            if hostname and hostname in hostnames:
                self._add(decoy.request.section, "hostname", f"two decoys would call themselves {hostname}")
            seen.add(decoy.name)
            hostnames.add(hostname)

    def _refuse_clashes(self, planned: Iterable[_Planned]) -> None:
        """Name two decoys on one address and two lures on one port."""
        ports = {
            (address, lure.port): f"{name}/{lure.name}"
            for name, entry in self._others.items()
            for address in entry.decoy.addresses
            for lure in entry.lures
        }
        for decoy in planned:
            for address in decoy.addresses:
                owner = self._owners.setdefault(address, decoy.name)
                if owner != decoy.name and address not in self.ground.shared:
                    self._add(decoy.request.section, "address", f"{address} is already the address of the decoy {owner}")
                else:
                    self._refuse_port_clashes(decoy, address, ports)
            if not decoy.addresses:
                self._refuse_port_clashes(decoy, f"the address of {decoy.name}", ports)

    def _refuse_port_clashes(self, decoy: _Planned, address: str, ports: dict[tuple[str, int], str]) -> None:
        """Name the lures of a decoy whose port on an address is another lure's."""
        for lure in decoy.lures:
            owner = ports.setdefault((address, lure.port), f"{decoy.name}/{lure.name}")
            if owner == f"{decoy.name}/{lure.name}":
                continue
            hint = f"set port in [{decoy.request.section.name}/{lure.name}]"
            only = f"there is only one {address}, and " if address in self.ground.shared else ""
            message = f"{only}port {lure.port} of {address} is already that of {owner}; {hint}"
            self._add(decoy.request.settings.get(lure.name, decoy.request.section), "port", message)

    def _refuse_excess(self, planned: Iterable[_Planned]) -> None:
        """Say so when there are more sockets than the engine can hold."""
        wanted = sum(max(1, len(decoy.addresses)) * len(decoy.lures) for decoy in planned)
        wanted += sum(len(entry.decoy.addresses) * len(entry.lures) for entry in self._others.values())
        if wanted > self.ground.capacity:
            message = (
                f"{wanted} lures on their addresses are more than the {self.ground.capacity} sockets that can be open here"
            )
            self.problems.append(Problem(source=self.fleet.source, message=f"{message}; raise the limit of open files"))

    def _allocate(self, planned: list[_Planned]) -> list[_Planned]:
        """Give an address to each decoy that asked for none: the one it had, else the first free one."""
        for decoy in planned:
            kept = decoy.before.decoy.addresses if decoy.before and not decoy.addresses else ()
            for address in kept:
                self._owners.setdefault(address, decoy.name)
        free = self._free()
        return [replace(decoy, addresses=decoy.addresses or self._own(decoy) or self._next(decoy, free)) for decoy in planned]

    def _own(self, decoy: _Planned) -> tuple[str, ...]:
        """Return the addresses that a decoy had before, if they are still its own."""
        kept = decoy.before.decoy.addresses if decoy.before else ()
        return kept if all(self._owners[address] == decoy.name for address in kept) else ()

    def _free(self) -> Iterator[str]:
        """Yield the addresses of the pool that nobody has."""
        for address in ip_network(self.ground.pool).hosts():
            if str(address) not in self._owners and str(address) not in self._busy:
                yield str(address)

    def _next(self, decoy: _Planned, free: Iterator[str]) -> tuple[str, ...]:
        """Return the next free address."""
        address = next(free, "")
        if not address:
            self._add(decoy.request.section, "", f"there is no address left in {self.ground.pool} for {decoy.name}")
            return ()
        self._owners[address] = decoy.name
        return (address,)

    def _make(self, planned: Iterable[_Planned], *, now: int, new_seed: Callable[[], str]) -> list[DesiredDecoy]:
        """Return the decoys with their personas; no two of one host have the same host name."""
        decoys = list(planned)
        taken = {entry.decoy.persona.hostname for entry in (*self._others.values(), *self._before.values())}
        taken |= {decoy.request.hostname for decoy in decoys if decoy.request.hostname}
        return [self._made(decoy, taken, now=now, new_seed=new_seed) for decoy in decoys]

    def _made(self, decoy: _Planned, taken: set[str], *, now: int, new_seed: Callable[[], str]) -> DesiredDecoy:
        """Return one decoy; its host name is added to ``taken``."""
        persona = self._persona(decoy, taken, now=now, new_seed=new_seed)
        taken.add(persona.hostname)
        identity = Decoy(name=decoy.name, archetype=decoy.request.archetype, persona=persona, addresses=tuple(decoy.addresses))
        return DesiredDecoy(fleet=self.fleet.name, decoy=identity, lures=decoy.lures, hostname=decoy.request.hostname)

    def _persona(self, decoy: _Planned, taken: Collection[str], *, now: int, new_seed: Callable[[], str]) -> Persona:
        """Return the persona that a decoy had; drawn anew, from the same seed, where its archetype is another one."""
        if decoy.archetype is None:
            raise LookupError(decoy.name)
        hostname, domain, before = decoy.request.hostname, self.fleet.domain, decoy.before
        if before is None or before.decoy.archetype != decoy.request.archetype:
            seed = before.decoy.persona.seed if before else new_seed()
            drawn = invent(decoy.archetype, seed=seed, domain=domain, now=now, taken=taken, hostname=hostname)
            return complete(decoy.archetype, drawn, [lure.name for lure in decoy.lures])
        persona = before.decoy.persona
        kept = persona.hostname if before.hostname == hostname else hostname
        hostname = kept or draw_hostname(decoy.archetype, persona.seed, taken)
        return complete(
            decoy.archetype, replace(persona, domain=domain, hostname=hostname), [lure.name for lure in decoy.lures]
        )

    def _add(self, section: Section, key: str, message: str) -> None:
        """Add a problem at a key of a section."""
        problem = Problem(source=self.fleet.source, section=section.name, line=section.line_of(key), message=message)
        if problem not in self.problems:
            self.problems.append(problem)

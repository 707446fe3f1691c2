# SPDX-License-Identifier: MIT
"""Commands about the network: ip, ifconfig, ss, netstat, ping, dig, iptables."""

import ipaddress
import re

from decnet.lures.shell.invocation import Invocation

_TIMEOUT_SECONDS = 5


async def addresses(call: Invocation) -> int:
    """``ip``."""
    words = [word for word in call.arguments if not word.startswith("-")]
    topic = words[0] if words else ""
    if topic and "address".startswith(topic):
        _show_addresses(call)
    elif topic and "route".startswith(topic):
        machine = call.machine
        network = ipaddress.ip_network(f"{machine.address}/{machine.prefix}", strict=False)
        call.line(f"default via {machine.gateway} dev {machine.interface} onlink ")
        call.line(f"{network} dev {machine.interface} proto kernel scope link src {machine.address} ")
    elif topic and "neighbour".startswith(topic):
        for address, mac in call.machine.neighbours():
            call.line(f"{address} dev {call.machine.interface} lladdr {mac} REACHABLE")
    elif topic and "link".startswith(topic):
        _show_addresses(call, is_link=True)
    elif not topic:
        call.error("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n       ip [ -force ] -batch filename")
        return 255
    else:
        call.error(f'Object "{topic}" is unknown, try "ip help".')
        return 1
    return 0


def _show_addresses(call: Invocation, *, is_link: bool = False) -> None:
    machine = call.machine
    call.line("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000")
    call.line("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00")
    if not is_link:
        call.line("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever")
        call.line("    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever")
    call.line(f"2: {machine.interface}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000")
    call.line(f"    link/ether {machine.mac} brd ff:ff:ff:ff:ff:ff")
    if is_link:
        return
    broadcast = ipaddress.ip_network(f"{machine.address}/{machine.prefix}", strict=False).broadcast_address
    call.line(f"    inet {machine.address}/{machine.prefix} brd {broadcast} scope global {machine.interface}")
    call.line("       valid_lft forever preferred_lft forever")
    if machine.address6:
        call.line(f"    inet6 {machine.address6}/64 scope global \n       valid_lft forever preferred_lft forever")
    call.line(f"    inet6 {_link_local(machine.mac)}/64 scope link \n       valid_lft forever preferred_lft forever")


def _link_local(mac: str) -> str:
    octets = [int(octet, 16) for octet in mac.split(":")]
    octets[0] ^= 2
    tail = [*octets[:3], 0xFF, 0xFE, *octets[3:]]
    return "fe80::" + ":".join(f"{tail[at] << 8 | tail[at + 1]:x}" for at in range(0, 8, 2))


async def interfaces(call: Invocation) -> int:
    """``ifconfig``."""
    machine = call.machine
    wanted = [word for word in call.arguments if not word.startswith("-")]
    if wanted and wanted[0] not in (machine.interface, "lo"):
        call.error(f"{wanted[0]}: error fetching interface information: Device not found")
        return 1
    received, sent = machine.traffic()
    broadcast = ipaddress.ip_network(f"{machine.address}/{machine.prefix}", strict=False).broadcast_address
    if not wanted or wanted[0] == machine.interface:
        call.out(
            f"{machine.interface}: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n"
            f"        inet {machine.address}  netmask 255.255.255.0  broadcast {broadcast}\n"
            f"        inet6 {_link_local(machine.mac)}  prefixlen 64  scopeid 0x20<link>\n"
            f"        ether {machine.mac}  txqueuelen 1000  (Ethernet)\n"
            f"        RX packets {received // 640}  bytes {received} ({received / 1048576:.1f} MiB)\n"
            "        RX errors 0  dropped 13  overruns 0  frame 0\n"
            f"        TX packets {sent // 410}  bytes {sent} ({sent / 1048576:.1f} MiB)\n"
            "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n\n"
        )
    if not wanted or wanted[0] == "lo":
        call.out(
            "lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n"
            "        inet6 ::1  prefixlen 128  scopeid 0x10<host>\n        loop  txqueuelen 1000  (Local Loopback)\n"
            f"        RX packets {sent // 9000}  bytes {sent // 40} ({sent / 40 / 1024:.1f} KiB)\n"
            f"        TX packets {sent // 9000}  bytes {sent // 40} ({sent / 40 / 1024:.1f} KiB)\n\n"
        )
    return 0


async def sockets(call: Invocation) -> int:
    """``ss``."""
    options = call.options(
        "aleHintupsxo46rK", {"tcp": "t", "udp": "u", "listening": "l", "numeric": "n", "processes": "p", "all": "a"}
    )
    machine, session = call.machine, call.shell.session
    is_root = "p" in options and call.shell.account.uid == 0
    if "s" in options:
        call.line(f"Total: 92\nTCP:   {len(machine.listening) + 1} (estab 1, closed 0, orphaned 0, timewait 0)")
        return 0
    call.line("Netid State  Recv-Q Send-Q Local Address:Port   Peer Address:Port Process")
    if "la" in options:
        for one in machine.listening:
            program = f'users:(("{one.program}",pid={one.pid},fd=3))' if is_root else ""
            call.line(f"tcp   LISTEN 0      128          0.0.0.0:{one.port:<9}0.0.0.0:*    {program}".rstrip())
    if "l" not in options:
        local = f"{machine.address}:{session.arrival.port}"
        call.line(f"tcp   ESTAB  0      36     {local:>21} {session.peer_address}:{session.peer_port}")
    return 0


async def connections(call: Invocation) -> int:
    """``netstat``."""
    flags = "".join(argument.lstrip("-") for argument in call.arguments)
    machine, session = call.machine, call.shell.session
    if "r" in flags:
        return await routes(call)
    is_listing = "l" in flags
    kind = "only servers" if is_listing else "servers and established" if "a" in flags else "w/o servers"
    programs = "    PID/Program name" if "p" in flags else ""
    call.line(f"Active Internet connections ({kind})")
    call.line(f"Proto Recv-Q Send-Q Local Address           Foreign Address         State      {programs}".rstrip())
    if is_listing or "a" in flags:
        for one in machine.listening:
            program = f" {one.pid}/{one.program}" if programs and not call.shell.account.uid else " -" if programs else ""
            call.line(
                f"tcp        0      0 {'0.0.0.0:' + str(one.port):<23} 0.0.0.0:*               LISTEN     {program}".rstrip()
            )
    if not is_listing:
        peer = f"{session.peer_address}:{session.peer_port}"
        call.line(f"tcp        0     36 {f'{machine.address}:{session.arrival.port}':<23} {peer:<23} ESTABLISHED")
    return 0


_EVERYWHERE = "0.0.0.0"  # noqa: S104 - the destination of a route


async def routes(call: Invocation) -> int:
    """``route``."""
    machine = call.machine
    network = machine.address.rsplit(".", 1)[0] + ".0"
    call.line("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface")
    everywhere = f"{_EVERYWHERE if '-n' in call.arguments else 'default':<15}"
    call.line(f"{everywhere} {machine.gateway:<15} 0.0.0.0         UG    0      0        0 {machine.interface}")
    call.line(f"{network:<15} 0.0.0.0         255.255.255.0   U     0      0        0 {machine.interface}")
    return 0


async def neighbours(call: Invocation) -> int:
    """``arp``."""
    call.line("Address                  HWtype  HWaddress           Flags Mask            Iface")
    for address, mac in call.machine.neighbours():
        call.line(f"{address:<24} ether   {mac}   C                     {call.machine.interface}")
    return 0


def resolved(name: str) -> bool:
    """Return whether the pretended resolver knows a name: an address, or one that looks public."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return bool(re.fullmatch(r"(?=.{4,253}$)([A-Za-z0-9_-]{1,63}\.)+[A-Za-z]{2,24}\.?", name)) and not name.endswith(
            (".local", ".invalid", ".internal", ".lan", ".test", ".localdomain", ".example")
        )
    return True


async def ping(call: Invocation) -> int:
    """``ping``: neighbours and the machine answer, the world does not."""
    options = call.options("46aAbBc:dDfhi:I:l:LnOqs:t:UvVw:W:", in_order=False)
    if not options.operands:
        call.error("ping: usage error: Destination address required")
        return 1
    host = options.operands[-1]
    machine = call.machine
    local = machine.address.rsplit(".", 1)[0] + "."
    if host in ("localhost", machine.hostname):
        host = "127.0.0.1"
    if not resolved(host):
        return call.fail(f"{host}: Name or service not known", 2)
    count = min(int(options.get("c")[:3]), 20) if options.get("c").isdecimal() else 20
    answers = host.startswith((local, "127.")) or host in dict(machine.neighbours())
    call.line(f"PING {host} ({host}) 56(84) bytes of data.")
    for number in range(1, count + 1):
        if answers:
            call.line(f"64 bytes from {host}: icmp_seq={number} ttl=64 time={0.03 + call.shell.random.random() / 4:.3f} ms")
        await call.shell.pause(1 if number < count or not answers else 0)
    lost = 0 if answers else 100
    call.line(f"\n--- {host} ping statistics ---")
    call.line(
        f"{count} packets transmitted, {count if answers else 0} received, {lost}% packet loss, time {count * 1003 - 1003}ms"
    )
    if answers:
        call.line("rtt min/avg/max/mdev = 0.031/0.142/0.268/0.071 ms")
    return int(not answers)


async def look_up(call: Invocation) -> int:
    """``dig``, ``host``, ``nslookup``: the resolver does not answer."""
    name, server = call.name.rsplit("/", 1)[-1], call.machine.gateway
    words = [word for word in call.arguments if not word.startswith(("-", "+", "@"))]
    target = words[0] if words else ""
    await call.shell.pause(_TIMEOUT_SECONDS)
    if name == "dig":
        call.line(f"\n; <<>> DiG 9.16.44-Debian <<>> {' '.join(call.arguments)}\n;; global options: +cmd")
        call.line(";; connection timed out; no servers could be reached\n")
        return 9
    call.line(";; connection timed out; no servers could be reached" + ("\n" if name == "nslookup" else ""))
    return 1 if target or server else 0


async def firewall(call: Invocation) -> int:
    """``iptables``."""
    if call.shell.account.uid:
        call.error("iptables v1.8.7 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)")
        return 4
    if "save" in call.name or "-S" in call.arguments:
        call.line("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT")
    elif any(re.fullmatch(r"-[a-zA-Z]*L[a-zA-Z]*|--list", argument) for argument in call.arguments):
        for chain in ("INPUT", "FORWARD", "OUTPUT"):
            call.line(f"Chain {chain} (policy ACCEPT)\ntarget     prot opt source               destination         ")
            if chain != "OUTPUT":
                call.line()
    elif not call.arguments:
        call.error(
            "iptables v1.8.7 (nf_tables): no command specified\nTry `iptables -h' or 'iptables --help' for more information."
        )
        return 2
    return 0


async def quiet(_: Invocation) -> int:
    """Do what says nothing."""
    return 0


PROGRAMS = {
    "ip": addresses, "ifconfig": interfaces, "ss": sockets, "netstat": connections, "route": routes, "arp": neighbours,
    "ping": ping,
    "ping6": ping, "dig": look_up, "host": look_up, "nslookup": look_up, "iptables": firewall, "ifup": quiet, "ifdown": quiet,
    "dhclient": quiet, "ethtool": quiet,
}  # fmt: skip

# SPDX-License-Identifier: MIT
"""Publish and subscribe between the connections of one attacker."""

from decnet.lures.redis.call import Call, Client, Handler
from decnet.lures.redis.glob import matches
from decnet.lures.redis.resp import Push, ReplyError, Several, encode

_MAX_SUBSCRIPTIONS = 1000


def subscribe(call: Call) -> Several:
    """Take messages of channels, or of patterns."""
    held = _held(call)
    replies = Several()
    for name in call.arguments[1:]:
        if len(held) >= _MAX_SUBSCRIPTIONS:
            raise ReplyError("ERR max number of subscriptions reached")
        held[name] = None
        replies.append(Push([call.name.encode(), name, _count(call.client)]))
    return replies


def unsubscribe(call: Call) -> Several:
    """Take no more messages of some, or of all."""
    held = _held(call)
    replies = Several()
    for name in call.arguments[1:] or list(held):
        held.pop(name, None)
        replies.append(Push([call.name.encode(), name, _count(call.client)]))
    return replies or Several([Push([call.name.encode(), None, _count(call.client)])])


def _held(call: Call) -> dict[bytes, None]:
    """Return the channels or the patterns of the client."""
    return call.client.patterns if call.name.startswith("p") else call.client.channels


def _count(client: Client) -> int:
    """Count what a client listens to."""
    return len(client.channels) + len(client.patterns)


def publish(call: Call) -> int:
    """Send a message to whoever listens."""
    channel, message = call.arguments[1:3]
    received = 0
    for client in list(call.world.clients.values()):
        if channel in client.channels:
            client.push(encode(Push([b"message", channel, message]), client.protocol))
            received += 1
        for pattern in client.patterns:
            if matches(pattern, channel):
                client.push(encode(Push([b"pmessage", pattern, channel, message]), client.protocol))
                received += 1
    return received


def channels(call: Call) -> list[bytes]:
    """List the channels that somebody listens to."""
    pattern = call.arguments[2] if len(call.arguments) > 2 else b"*"
    names = {name for client in call.world.clients.values() for name in client.channels}
    return sorted(name for name in names if matches(pattern, name))


def numsub(call: Call) -> list[bytes | int]:
    """Count the listeners of channels."""
    clients = call.world.clients.values()
    return [item for name in call.arguments[2:] for item in (name, sum(name in client.channels for client in clients))]


def numpat(call: Call) -> int:
    """Count the patterns that somebody listens to."""
    return len({pattern for client in call.world.clients.values() for pattern in client.patterns})


PUBSUB: dict[str, Handler] = {
    "subscribe": subscribe, "psubscribe": subscribe, "unsubscribe": unsubscribe, "punsubscribe": unsubscribe,
    "publish": publish, "pubsub|channels": channels, "pubsub|numsub": numsub, "pubsub|numpat": numpat,
}  # fmt: skip

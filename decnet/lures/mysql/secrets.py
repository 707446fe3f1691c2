# SPDX-License-Identifier: MIT
"""The keys of one server, made once, when the first client needs them, away from the event loop."""

import asyncio
import ssl

from decnet.lures.mysql.encryption import PasswordKey, tls_context
from decnet.lures.mysql.instance import Instance


class Secrets:
    """What a server has and shows to nobody."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._key: asyncio.Future[PasswordKey] | None = None
        self._context: asyncio.Future[ssl.SSLContext] | None = None

    async def password_key(self) -> PasswordKey:
        """Return the key that clients encrypt passwords for."""
        if self._key is None:
            self._key = asyncio.get_running_loop().run_in_executor(None, PasswordKey, self._instance.persona)
        return await asyncio.shield(self._key)

    async def tls(self) -> ssl.SSLContext:
        """Return what the server offers as TLS."""
        if self._context is None:
            instance = self._instance
            made_at = instance.machine.installed_at
            self._context = asyncio.get_running_loop().run_in_executor(
                None, tls_context, instance.persona, instance.product.text, made_at
            )
        return await asyncio.shield(self._context)

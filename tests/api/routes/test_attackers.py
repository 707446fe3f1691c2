# SPDX-License-Identifier: MIT
"""Attackers are listed and shown with what they reached."""

from decnet.domain.evidence import Credential, Endpoint, Opened
from tests.support.apis import Served, fields, problem_of


async def test_attackers_are_listed_and_shown(served: Served) -> None:
    for number in range(3):
        served.store.write(Opened(), peer=Endpoint(address=f"192.0.2.{number}", port=1), decoy=f"d{number}")
        served.store.bring()
    served.store.write(
        Credential(mechanism="password", username="a", accepted=False),
        secret=b"x",
        decoy="d9",
        peer=Endpoint(address="192.0.2.0", port=2),
    )
    served.store.bring()
    client = await served.viewer()
    first = (await client.get("/attackers", params={"limit": 2})).json()
    rest = (await client.get("/attackers", params={"limit": 2, "cursor": first["next"]})).json()
    assert fields(first["items"] + rest["items"], "address") == ["192.0.2.0", "192.0.2.2", "192.0.2.1"]
    shown = (await client.get("/attackers/192.0.2.0")).json()
    assert (shown["touches"], shown["credentials"], shown["decoys"], shown["names"]) == (1, 1, 2, ["d0", "d9"])
    for nobody in ("192.0.2.99", "nothing"):
        assert problem_of(await client.get(f"/attackers/{nobody}"), 404) == "not-found"

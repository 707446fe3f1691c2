# SPDX-License-Identifier: MIT
"""Whether the API answers; anybody may ask, and learns nothing else."""

from fastapi import APIRouter

from decnet.api.answer import Json
from decnet.api.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/health", response_model=Health)
async def health() -> Json:
    """Say that the API answers."""
    return Json(Health())

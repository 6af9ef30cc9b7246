"""The store that the settings describe."""

from __future__ import annotations

from makima.config import Settings
from makima.models.assets.origins import Origins
from makima.models.assets.store import AssetStore


def open_store(settings: Settings) -> AssetStore:
    """The store below the cache folder of the settings."""
    origins = Origins(hub=settings.hub_endpoint, offline_hub=settings.hub_offline)
    return AssetStore(settings.cache_dir / "assets", origins)

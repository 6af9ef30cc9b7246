"""API keys: made once, kept as hashes, taken back at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from makima.errors import AssetError, ConfigError
from makima.server.access.keys import FILE, KeyLimits, KeyStore


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "data")


def test_a_key_opens_and_its_secret_is_not_kept(store: KeyStore, tmp_path: Path) -> None:
    made, key = store.add("kitchen", KeyLimits(utterances=5))
    found = store.find(key)
    assert found is not None
    assert (found.name, found.limits.utterances, found.limits.sessions) == ("kitchen", 5, None)
    data = (tmp_path / "data" / FILE).read_bytes()
    assert key.encode() not in data
    assert key.removeprefix(f"mk_{made.id}_").encode() not in data


def test_only_the_owner_may_read_the_file(store: KeyStore, tmp_path: Path) -> None:
    store.add("kitchen")
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", [lambda key: key + "x", lambda key: key[:-1], lambda key: "", lambda key: "mk_a_b"])
def test_what_is_no_key_opens_nothing(store: KeyStore, change: object) -> None:
    _, key = store.add("kitchen")
    assert callable(change)
    assert store.find(change(key)) is None


def test_the_secret_of_one_key_does_not_open_another(store: KeyStore) -> None:
    one, first = store.add("one")
    two, _ = store.add("two")
    assert store.find(first.replace(one.id, two.id)) is None


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_revoked_key_opens_nothing_and_the_server_stays_locked(store: KeyStore, tmp_path: Path, by: str) -> None:
    made, key = store.add("kitchen")
    store.revoke(getattr(made, by))
    assert store.find(key) is None
    assert store.in_use
    assert KeyStore(tmp_path / "data").in_use
    with pytest.raises(ConfigError, match="no key"):
        store.revoke("kitchen")


def test_without_a_file_nothing_is_in_use_and_none_is_made(store: KeyStore, tmp_path: Path) -> None:
    assert not store.in_use
    assert store.find("mk_a_b") is None
    assert store.list() == []
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb"])
def test_a_name_must_be_one(store: KeyStore, name: str) -> None:
    with pytest.raises(ConfigError, match="name"):
        store.add(name)


def test_a_name_is_used_once(store: KeyStore) -> None:
    store.add("kitchen")
    with pytest.raises(ConfigError, match="already"):
        store.add("kitchen")


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("not a database, whatever its name says " * 50)
    with pytest.raises(AssetError, match="MAKIMA_DATA_DIR"):
        KeyStore(tmp_path).list()

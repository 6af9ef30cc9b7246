"""Weights on this machine: fetched from a hub or a mirror, checked, listed, removed.

A model is named by a short name (`qwen3-tts-0.6b`), a hub id (`Qwen/Qwen3-TTS-12Hz-0.6B-Base`) or a folder. What is
fetched lies in huggingface_hub's cache; `HF_HOME`, `HF_ENDPOINT`, `HF_TOKEN` and `HF_HUB_OFFLINE` hold.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from makima import installation
from makima.errors import AssetError
from makima.models.chatterbox import layout as chatterbox

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

CHATTERBOX_ID = "ResembleAI/chatterbox-turbo-ONNX"

MODELS: Mapping[str, str] = MappingProxyType(
    {
        "qwen3-tts-0.6b": "Qwen/Qwen3-TTS-12Hz-0.6B-Base",
        "qwen3-tts-0.6b-custom": "Qwen/Qwen3-TTS-12Hz-0.6B-CustomVoice",
        "qwen3-tts-1.7b": "Qwen/Qwen3-TTS-12Hz-1.7B-Base",
        "qwen3-tts-1.7b-custom": "Qwen/Qwen3-TTS-12Hz-1.7B-CustomVoice",
        "qwen3-tts-1.7b-design": "Qwen/Qwen3-TTS-12Hz-1.7B-VoiceDesign",
        "chatterbox-turbo": CHATTERBOX_ID,
        "parakeet": "istupakov/parakeet-tdt-0.6b-v3-onnx",
        "smart-turn": "pipecat-ai/smart-turn-v3",
    }
)
"""Hub ids by short name."""

LICENCES: Mapping[str, str] = MappingProxyType(
    {
        **{model_id: "Apache-2.0" for name, model_id in MODELS.items() if name.startswith("qwen3")},
        MODELS["chatterbox-turbo"]: "MIT",
        MODELS["parakeet"]: "CC-BY-4.0",
        MODELS["smart-turn"]: "BSD-2-Clause",
    }
)
"""Licences by hub id, as the hub's pages state them."""

# Everything a release holds that we read; a repository may hold more, such as figures for its page.
_PATTERNS = ("*.json", "*.safetensors", "*.txt", "speech_tokenizer/*")
_CONFIG, _WEIGHTS, _CODEC = "config.json", "model.safetensors", "speech_tokenizer"
_ANCHORS = (_CONFIG, chatterbox.TOKENIZER)
"""Files that lie at the top of a release, by which it is found in the cache."""
# Releases of another layout: all that is read of them. Their repositories hold the same weights in other forms too.
_FILES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        MODELS["parakeet"]: ("config.json", "vocab.txt", "encoder-model.int8.onnx", "decoder_joint-model.int8.onnx"),
        MODELS["smart-turn"]: ("smart-turn-v3.2-cpu.onnx",),
    }
)
_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class CachedModel:
    """A model whose files are on this machine."""

    model_id: str
    folder: Path
    size_bytes: int


def hub_id(name: str) -> str:
    """The hub id behind a short name; anything else is taken as it is."""
    return MODELS.get(name, name)


def short_name(model_id: str) -> str:
    """The name to type for `model_id`: the short one, where there is one."""
    return next((name for name, known in MODELS.items() if known == model_id), model_id)


def find(name: str) -> Path | None:
    """The folder of a model that is on this machine, or None. Reaches no network.

    A folder is taken as it is; in the cache a model counts once all of it is there.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    files = _FILES.get(hub_id(name))
    try:
        found = [try_to_load_from_cache(hub_id(name), file) for file in (files or _ANCHORS)]
    except (HFValidationError, ValueError):
        return None
    # Of a file that the release does not have the cache may know so, which is neither a path nor nothing.
    cached = next((Path(path).parent for path in found if isinstance(path, str)), None)
    if cached is None:
        return None
    return cached if _is_whole(cached, files) or chatterbox.is_whole(cached) else None


def speaks(name: str) -> bool:
    """Whether it is a model to speak with: others listen."""
    return hub_id(name) not in _FILES


def _is_whole(folder: Path, files: tuple[str, ...] | None) -> bool:
    """Whether a fetch of this model has come to its end."""
    if files is not None:
        return all((folder / file).exists() for file in files)
    return all((part / _CONFIG).exists() and _has_weights(part) for part in (folder, folder / _CODEC))


def _has_weights(folder: Path) -> bool:
    index = folder / f"{_WEIGHTS}.index.json"
    if not index.exists():
        return (folder / _WEIGHTS).exists()
    try:
        return all((folder / part).exists() for part in json.loads(index.read_bytes())["weight_map"].values())
    except (ValueError, RecursionError, KeyError, AttributeError, TypeError):
        return True  # loading says what is wrong with it


def fingerprint(folder: Path) -> str:
    """Stands for the weights in a model's folder: differs where they do. None of them is read.

    In the cache a file is a link to one that is named by its checksum; elsewhere size and time must do.
    """
    marks = []
    for path in sorted((*folder.glob("*.safetensors"), *(folder / _CODEC).glob("*.safetensors"))):
        about = path.stat()
        cached = path.is_symlink()
        marks.append(f"{path.name} {path.resolve().name if cached else about.st_mtime_ns} {about.st_size}")
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def missing(name: str) -> AssetError:
    """The error for a model that is not on this machine."""
    return AssetError(
        name, "Its weights are not on this machine.", mend=installation.run(f"models pull {short_name(hub_id(name))}")
    )


def pull(
    name: str,
    mirror: str | None = None,
    on_check: Callable[[str], None] = lambda _: None,
    *,
    quantize: str = chatterbox.AUTO,
) -> Path:
    """Fetch a model, or what is missing of it, and check every file against the hub's checksums; its folder.

    A fetch that was broken off goes on where it stopped. `on_check` hears of each file that is being checked. Of a
    release that is there in several precisions the one that `quantize` names is fetched.

    Raises: AssetError where the hub cannot be reached, has no such model, or a file is not what the hub says
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if find_spec("huggingface_hub") is None:
        extra = "qwen3" if speaks(name) else "parakeet"
        raise AssetError("huggingface_hub", "It is not installed.", mend=installation.run_install(extra))
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled, RepositoryNotFoundError

    model_id = hub_id(name)
    wanted = chatterbox.patterns(quantize) if model_id == CHATTERBOX_ID else _FILES.get(model_id, _PATTERNS)
    api = HfApi(endpoint=mirror)
    try:
        info = api.model_info(model_id, files_metadata=True)
        # By no revision: the cache then notes which one is the newest, and finds it again without the hub.
        cached = Path(api.snapshot_download(model_id, allow_patterns=list(wanted)))
        if cached.name != info.sha:
            info = api.model_info(model_id, revision=cached.name, files_metadata=True)
    except (RepositoryNotFoundError, HFValidationError) as exc:
        raise AssetError(name, "The hub has no such model.", mend=f"Known names: {', '.join(MODELS)}.") from exc
    except OfflineModeIsEnabled as exc:
        raise AssetError(name, "HF_HUB_OFFLINE is set, so nothing can be fetched.", mend="Unset it.") from exc
    except Exception as exc:  # which HTTP library is underneath, and what it raises, changes between releases
        reason = re.sub(r"\[Errno -?\d+\] ", "", str(exc))
        raise AssetError(name, f"It cannot be fetched: {reason}.", mend="Try again: what is here is kept.") from exc
    for sibling in info.siblings or []:
        path = cached / sibling.rfilename
        if path.exists():
            on_check(sibling.rfilename)
            _check(path, sibling)
    return cached


def cached_models() -> list[CachedModel]:
    """Every model of ours in the cache."""
    if find_spec("huggingface_hub") is None:
        return []
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return []
    found = []
    for repository in repositories:
        folder = find(repository.repo_id)
        if folder is not None:
            found.append(CachedModel(repository.repo_id, folder, repository.size_on_disk))
    return sorted(found, key=lambda model: model.model_id)


def cached_bytes(name: str) -> int:
    """How many bytes of a model are in the cache, whether or not it is whole. Reads the sizes of files alone."""
    if find_spec("huggingface_hub") is None:
        return 0
    from huggingface_hub.constants import HF_HUB_CACHE

    blobs = Path(HF_HUB_CACHE) / f"models--{hub_id(name).replace('/', '--')}" / "blobs"
    size_bytes = 0
    try:
        for path in blobs.iterdir():
            size_bytes += path.stat().st_size
    except OSError:  # there is none, or one was renamed just now
        return size_bytes
    return size_bytes


def remove(name: str) -> int:
    """Delete a model from the cache; the bytes that were freed.

    Raises: AssetError where it is not in the cache
    """
    model_id = hub_id(name)
    absent = AssetError(name, "It is not in the cache.", mend=installation.run("models list"))
    # Of ours alone: the cache is shared with other programs. One that was fetched in part is in no list, but goes too.
    if find_spec("huggingface_hub") is None or (model_id not in MODELS.values() and find(name) is None):
        raise absent
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir()
    except CacheNotFound:
        raise absent from None
    repository = next((found for found in cache.repos if found.repo_id == model_id), None)
    if repository is None:
        raise absent
    strategy = cache.delete_revisions(*(revision.commit_hash for revision in repository.revisions))
    strategy.execute()
    return strategy.expected_freed_size


def _check(path: Path, sibling: RepoSibling) -> None:
    """Compare one file with the hub's checksum: SHA-256 for large files, git's blob id for the others."""
    expected = sibling.lfs.sha256 if sibling.lfs is not None else sibling.blob_id
    if expected is None:
        return
    size_bytes = path.stat().st_size
    digest = hashlib.sha256() if sibling.lfs is not None else hashlib.sha1(b"blob %d\0" % size_bytes)  # noqa: S324 - git's
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            digest.update(piece)
    if digest.hexdigest() != expected:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise AssetError(str(path), "It is not the file the hub has; it was removed.", mend="Pull the model again.")

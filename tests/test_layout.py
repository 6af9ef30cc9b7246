"""The layout of the package: sizes of folders, and a test module for each module."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "src/makima", ROOT / "tests"
MAX_FILES = 12

COVERED_BY = {
    "bench/memory": "bench/qwen3/test_engine.py",
    "bench/plots": "bench/qwen3/test_engine.py",
    "bench/qwen3/clip": "bench/qwen3/test_engine.py",
    "bench/qwen3/official": "bench/qwen3/test_engine.py",
    "bench/qwen3/subject": "bench/qwen3/test_engine.py",
    "bench/qwen3/weights": "bench/qwen3/test_engine.py",
    "bench/run": "bench/test_commands.py",
    "bench/soak/doors": "bench/soak/test_measure.py",
    "bench/soak/listeners": "bench/soak/test_measure.py",
    "bench/soak/offline": "bench/soak/test_measure.py",
    "bench/soak/site": "bench/soak/test_measure.py",
    "bench/soak/speakers": "bench/soak/test_measure.py",
    "bench/soak/texts": "bench/soak/test_measure.py",
    "bench/soak/visitors": "bench/soak/test_measure.py",
    "bench/sockets/greedy": "bench/sockets/test_fair.py",
    "bench/sockets/listener": "bench/sockets/test_server.py",
    "bench/sockets/texts": "bench/sockets/test_server.py",
    "bench/words/sentences": "bench/words/test_score.py",
    "bench/books/alone": "bench/books/test_run.py",
    "bench/books/checks": "bench/books/test_run.py",
    "bench/books/processes": "bench/books/test_run.py",
    "bench/text/tables/chinese": "text/test_front_end.py",
    "bench/text/tables/english": "text/test_front_end.py",
    "bench/text/tables/french": "text/test_front_end.py",
    "bench/text/tables/german": "text/test_front_end.py",
    "bench/text/tables/italian": "text/test_front_end.py",
    "bench/text/tables/japanese": "text/test_front_end.py",
    "bench/text/tables/korean": "text/test_front_end.py",
    "bench/text/tables/portuguese": "text/test_front_end.py",
    "bench/text/tables/russian": "text/test_front_end.py",
    "bench/text/tables/spanish": "text/test_front_end.py",
    "bench/text/rows": "text/test_front_end.py",
    "bench/text/run": "bench/text/test_cases.py",
    "bench/made_up_book": "books/test_plain.py",
    "books/archive": "books/test_epub.py",
    "books/book": "books/test_plain.py",
    "books/isolated": "books/test_reading.py",
    "books/package": "books/test_epub.py",
    "books/xhtml": "books/test_epub.py",
    "bench/worker": "bench/qwen3/test_engine.py",
    "cli/access": "cli/test_commands.py",
    "cli/app": "cli/test_commands.py",
    "cli/bench": "bench/test_commands.py",
    "cli/output/destination": "cli/output/test_sink.py",
    "cli/doctor": "cli/test_commands.py",
    "cli/managed/fetching": "cli/test_models.py",
    "cli/say": "cli/test_commands.py",
    "cli/transcribe": "models/test_hub.py",
    "cli/working": "cli/test_voices.py",
    "client/asynchronous": "client/test_client.py",
    "client/connection": "client/test_client.py",
    "client/conversation": "client/test_client.py",
    "client/errors": "client/test_client.py",
    "client/events": "client/test_client.py",
    "client/synchronous": "client/test_client.py",
    "config": "cli/test_commands.py",
    "console": "cli/test_commands.py",
    "decoding/limits": "decoding/test_decoder.py",
    "decoding/worker": "decoding/test_decoder.py",
    "dialogue/latency": "dialogue/test_loop.py",
    "dialogue/listener": "dialogue/test_loop.py",
    "dialogue/mouth": "dialogue/test_loop.py",
    "dialogue/reply": "dialogue/test_loop.py",
    "engines/chatterbox/voices": "engines/chatterbox/test_engine.py",
    "engines/chatterbox/stream": "engines/chatterbox/test_engine.py",
    "engines/chatterbox/thread": "engines/chatterbox/test_engine.py",
    "engines/espeak/stream": "engines/espeak/test_engine.py",
    "engines/espeak/voices": "engines/espeak/test_engine.py",
    "engines/fake": "engines/test_contract.py",
    "engines/kokoro/stream": "engines/kokoro/test_engine.py",
    "engines/kokoro/thread": "engines/kokoro/test_engine.py",
    "engines/front_end/engine": "engines/front_end/test_stream.py",
    "engines/front_end/parts": "engines/front_end/test_stream.py",
    "engines/front_end/session_languages": "engines/front_end/test_stream.py",
    "engines/front_end/settings": "engines/front_end/test_stream.py",
    "engines/sentences": "engines/test_contract.py",
    "engines/paced/stream": "engines/paced/test_engine.py",
    "engines/protocol": "engines/test_contract.py",
    "engines/qwen3/device": "engines/qwen3/test_engine.py",
    "engines/qwen3/intake": "engines/qwen3/test_engine.py",
    "engines/qwen3/memory": "engines/qwen3/test_faults.py",
    "engines/qwen3/runner/codec_cache": "engines/qwen3/text/test_continuation.py",
    "engines/qwen3/runner/rows": "engines/qwen3/runner/test_graphs.py",
    "engines/qwen3/runner/runner": "engines/qwen3/runner/test_graphs.py",
    "engines/qwen3/similarity": "engines/qwen3/test_default_voice.py",
    "engines/qwen3/stepper": "engines/qwen3/test_engine.py",
    "engines/qwen3/text/prompting": "engines/qwen3/text/test_streamed_text.py",
    "engines/qwen3/text/segment": "engines/qwen3/text/test_continuation.py",
    "engines/qwen3/text/stream": "engines/qwen3/test_engine.py",
    "engines/qwen3/text/text_feed": "engines/qwen3/text/test_streamed_text.py",
    "engines/qwen3/thread": "engines/qwen3/test_engine.py",
    "engines/qwen3/voices/conditioning": "engines/qwen3/voices/test_voices.py",
    "engines/qwen3/voices/prompt_files": "engines/qwen3/voices/test_enrolment.py",
    "errors": "server/test_wire.py",
    "events": "engines/test_contract.py",
    "jobs/database": "jobs/test_store.py",
    "jobs/files/writing": "jobs/test_worker.py",
    "jobs/housekeeping": "jobs/test_worker.py",
    "jobs/job": "jobs/test_store.py",
    "jobs/progress": "jobs/test_store.py",
    "llm/chunks": "llm/test_body.py",
    "llm/first_words": "llm/test_openai.py",
    "llm/marks": "llm/test_thoughts.py",
    "llm/protocol": "llm/test_openai.py",
    "llm/requests": "llm/test_openai.py",
    "models/assets/kokoro_voices": "models/assets/test_bundles.py",
    "models/assets/place": "cli/test_models.py",
    "models/chatterbox/graph": "models/chatterbox/test_model.py",
    "models/chatterbox/language_model": "models/chatterbox/test_model.py",
    "models/chatterbox/layout": "models/chatterbox/test_model.py",
    "models/perth/detector": "models/perth/test_marking.py",
    "models/perth/layers": "models/perth/test_marking.py",
    "models/perth/marker": "models/perth/test_marking.py",
    "models/perth/spectrum": "models/perth/test_marking.py",
    "models/qwen3/arrays": "models/qwen3/test_model.py",
    "models/qwen3/checkpoint/layout": "models/qwen3/checkpoint/test_reader.py",
    "models/qwen3/checkpoint/loading": "models/qwen3/checkpoint/test_reader.py",
    "models/qwen3/checkpoint/random_tokenizer": "text/test_tokenizer.py",
    "models/qwen3/checkpoint/release": "models/qwen3/test_config.py",
    "models/qwen3/code_predictor": "models/qwen3/test_generation.py",
    "models/qwen3/codec/blocks": "models/qwen3/codec/test_decoder.py",
    "models/qwen3/codec/config": "models/qwen3/test_config.py",
    "models/qwen3/codec/encoder": "models/qwen3/test_model.py",
    "models/qwen3/json_fields": "models/qwen3/test_config.py",
    "models/qwen3/kernels/code_predictor": "models/qwen3/kernels/test_stack.py",
    "models/qwen3/kernels/conversion": "models/qwen3/kernels/test_stack.py",
    "models/qwen3/loading": "models/qwen3/kernels/test_loading.py",
    "models/qwen3/parts": "models/qwen3/checkpoint/test_reader.py",
    "models/qwen3/speaker/encoder": "models/qwen3/test_model.py",
    "models/qwen3/speaker/mel": "models/qwen3/test_model.py",
    "models/qwen3/talker": "models/qwen3/test_generation.py",
    "nn/native/weights": "nn/native/test_decoder.py",
    "nn/threads": "engines/qwen3/test_engine.py",
    "nn/transformer": "nn/test_streaming.py",
    "priority": "engines/test_scheduler.py",
    "server/app": "server/test_gate.py",
    "server/access/administered": "server/http/test_models.py",
    "server/doors/cartesia/encoding": "server/doors/cartesia/test_socket.py",
    "server/doors/cartesia/http": "server/doors/cartesia/test_socket.py",
    "server/doors/cartesia/wire": "server/doors/cartesia/test_socket.py",
    "server/doors/common/answers": "server/doors/openai/test_speech.py",
    "server/doors/common/context_socket": "server/doors/elevenlabs/test_socket.py",
    "server/doors/deepgram/session": "server/doors/deepgram/test_socket.py",
    "server/doors/common/contexts": "server/doors/cartesia/test_socket.py",
    "server/doors/common/envelopes": "server/doors/openai/test_speech.py",
    "server/doors/common/hearing": "server/doors/wyoming/test_server.py",
    "server/doors/common/json_objects": "server/doors/hostile/test_sockets.py",
    "server/doors/common/socket": "server/doors/cartesia/test_socket.py",
    "server/doors/common/speech": "server/doors/cartesia/test_socket.py",
    "server/doors/deepgram/http": "server/doors/deepgram/test_socket.py",
    "server/doors/deepgram/wire": "server/doors/deepgram/test_socket.py",
    "server/doors/elevenlabs/http": "server/doors/elevenlabs/test_socket.py",
    "server/doors/elevenlabs/refusals": "server/doors/elevenlabs/test_socket.py",
    "server/doors/elevenlabs/wire": "server/doors/elevenlabs/test_socket.py",
    "server/doors/realtime/events": "server/doors/realtime/test_socket.py",
    "server/doors/realtime/listening": "server/doors/realtime/test_socket.py",
    "server/doors/realtime/responses": "server/doors/realtime/test_socket.py",
    "server/doors/realtime/turns": "server/doors/realtime/test_socket.py",
    "server/doors/routes": "server/access/test_doors.py",
    "server/doors/wyoming/connection": "server/doors/wyoming/test_server.py",
    "server/doors/wyoming/fields": "server/doors/hostile/test_wyoming.py",
    "server/doors/wyoming/framing": "server/doors/wyoming/test_server.py",
    "server/doors/wyoming/info": "server/doors/wyoming/test_server.py",
    "server/recognition": "server/listen/test_socket.py",
    "server/error_map": "server/test_wire.py",
    "server/jobs/events": "server/jobs/test_routes.py",
    "server/jobs/orders": "server/jobs/test_routes.py",
    "server/jobs/service": "server/jobs/test_routes.py",
    "server/jobs/wire": "server/jobs/test_routes.py",
    "server/access/administration": "server/http/test_chat.py",
    "llm/chosen/choice": "server/http/test_chat.py",
    "server/http/convert": "web/speak/test_reading.py",
    "server/http/pages": "server/http/test_status.py",
    "server/access/routes": "server/access/test_doors.py",
    "server/listen/messages": "server/listen/test_session.py",
    "server/monitoring/metrics": "server/http/test_status.py",
    "server/services": "server/http/test_status.py",
    "server/speak/effects": "server/speak/test_session.py",
    "server/speak/pacing": "server/speak/test_socket.py",
    "server/speak/rules": "server/speak/test_session.py",
    "server/speak/speaking": "server/speak/test_socket.py",
    "stt/fake": "stt/test_contract.py",
    "stt/listening/utterance_recognizer": "stt/listening/test_session.py",
    "stt/listening/voiceprint": "stt/listening/test_diarize.py",
    "stt/pocketsphinx/worker": "stt/pocketsphinx/test_recognizer.py",
    "stt/pocketsphinx/worker_process": "stt/pocketsphinx/test_recognizer.py",
    "stt/protocol": "stt/test_contract.py",
    "stt/subtitles": "server/http/test_transcriptions.py",
    "stt/transcribe": "server/http/test_transcriptions.py",
    "stt/whisper/worker": "stt/whisper/test_recognizer.py",
    "stt/whisper/worker_process": "stt/whisper/test_recognizer.py",
    "text/grammar/library": "text/grammar/test_decoder.py",
    "text/grammar/spent": "text/written/test_speak.py",
    "text/identify/tables": "text/identify/test_chooser.py",
    "text/kana": "engines/front_end/test_stream.py",
    "text/markup/items": "text/markup/test_reader.py",
    "text/markup/markdown": "text/markup/test_reader.py",
    "text/markup/tags": "text/markup/test_reader.py",
    "text/sentences/abbreviations": "text/sentences/test_cutter.py",
    "text/markup/latex_signs": "text/test_front_end.py",
    "text/written/kinds/devices": "text/test_front_end.py",
    "text/written/kinds/extra/common": "text/test_front_end.py",
    "text/written/kinds/extra/eastern/chinese": "text/test_front_end.py",
    "text/written/kinds/extra/eastern/japanese": "text/test_front_end.py",
    "text/written/kinds/extra/eastern/korean": "text/test_front_end.py",
    "text/written/kinds/extra/german": "text/test_front_end.py",
    "text/written/kinds/extra/german_cases": "text/test_front_end.py",
    "text/written/kinds/extra/romance/french": "text/test_front_end.py",
    "text/written/kinds/extra/romance/italian": "text/test_front_end.py",
    "text/written/kinds/extra/romance/makers": "text/test_front_end.py",
    "text/written/kinds/extra/romance/portuguese": "text/test_front_end.py",
    "text/written/kinds/extra/romance/spanish": "text/test_front_end.py",
    "text/written/kinds/formulas": "text/test_front_end.py",
    "text/written/kinds/names/days": "text/test_front_end.py",
    "text/written/kinds/names/formula_words": "text/test_front_end.py",
    "text/written/kinds/names/shortened": "text/test_front_end.py",
    "text/written/kinds/before": "text/test_front_end.py",
    "text/written/kinds/calendar": "text/test_front_end.py",
    "text/written/kinds/counting": "text/test_front_end.py",
    "text/written/kinds/identifiers": "text/test_front_end.py",
    "text/written/kinds/intervals": "text/test_front_end.py",
    "text/written/kinds/mathematics": "text/test_front_end.py",
    "text/written/kinds/measures": "text/test_front_end.py",
    "text/written/kinds/money": "text/test_front_end.py",
    "text/written/kinds/telephones": "text/test_front_end.py",
    "text/written/kinds/names/vocabulary": "text/test_front_end.py",
    "text/written/kinds/names/unit_names": "text/test_front_end.py",
    "text/written/kinds/names/currency_names": "text/test_front_end.py",
    "text/written/kinds/extra/abbreviations": "text/test_front_end.py",
    "text/written/kinds/extra/english": "text/test_front_end.py",
    "text/written/kinds/extra/everyday": "text/test_front_end.py",
    "text/written/kinds/extra/prices": "text/test_front_end.py",
    "text/written/kinds/extra/roman": "text/test_front_end.py",
    "text/written/kinds/extra/russian": "text/test_front_end.py",
    "text/written/addresses": "text/written/test_speak.py",
    "text/written/common": "text/written/test_speak.py",
    "text/written/folding": "text/written/test_speak.py",
    "text/written/languages/chinese": "text/test_front_end.py",
    "text/written/languages/english": "text/test_front_end.py",
    "text/written/languages/french": "text/test_front_end.py",
    "text/written/languages/german": "text/test_front_end.py",
    "text/written/languages/japanese": "text/test_front_end.py",
    "text/written/languages/korean": "text/test_front_end.py",
    "text/written/languages/measures": "text/test_front_end.py",
    "text/written/languages/romance": "text/test_front_end.py",
    "text/written/languages/russian": "text/test_front_end.py",
    "text/written/languages/shared": "text/test_front_end.py",
    "text/written/languages/units": "text/test_front_end.py",
    "text/written/rule": "text/written/test_speak.py",
    "text/written/say_as": "text/written/test_speak.py",
    "text/written/windows": "text/written/test_speak.py",
    "units": "server/speak/test_socket.py",
    "voices/sentences": "server/http/test_voices.py",
    "voices/transcriber": "server/http/test_voices.py",
}
"""Modules without a test module of their own, by path below src/makima, and the one below tests that covers them."""

MEASURED_BY_HAND = {"bench/qwen3/native", "bench/qwen3/native_codec"}
"""Programs for work on the kernels: they print measurements, and nothing depends on them."""


NOT_DRAWN = {"nn/native/c", "nn/native/c/isa", "text/grammar/c"}
"""Folders of C sources: the drawing in CONTRIBUTING.md ends at the package that compiles them."""


def modules() -> set[str]:
    """Every module by its path, but for `__init__` and `__main__`."""
    paths = (path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return {path.as_posix() for path in paths if not path.name.startswith("__")}


def own_tests(module: str) -> Path:
    folder, _, name = module.rpartition("/")
    return TESTS / folder / f"test_{name}.py"


def test_folders_are_small() -> None:
    files = [
        path
        for top in (PACKAGE, TESTS)
        for path in top.rglob("*")
        if path.is_file() and path.name != "__init__.py" and path.suffix != ".so"
        if not {"__pycache__", "golden"} & set(path.parts)
    ]
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in files)
    assert {folder: count for folder, count in counts.items() if count > MAX_FILES} == {}


def test_every_module_has_a_test_module() -> None:
    without = {module for module in modules() if not own_tests(module).is_file()}
    assert without - MEASURED_BY_HAND == set(COVERED_BY)


@pytest.mark.parametrize("path", sorted(set(COVERED_BY.values())))
def test_what_covers_others_exists(path: str) -> None:
    assert (TESTS / path).is_file()


def test_the_drawing_names_every_folder() -> None:
    drawing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Where a rule lives")[0]
    drawn: set[str] = set()
    open_folders: list[str] = []
    for indent, names in re.findall(r"^( *)((?:[a-z0-9_]+/ ?)+)  ", drawing, re.MULTILINE):
        parents = open_folders[: len(indent) // 2]
        drawn |= {"/".join([*parents, name.rstrip("/")]) for name in names.split()}
        open_folders = [*parents, names.split()[0].rstrip("/")]
    folders = (path for path in PACKAGE.rglob("*") if path.is_dir() and "__pycache__" not in path.parts)
    assert drawn == {path.relative_to(PACKAGE).as_posix() for path in folders} - NOT_DRAWN

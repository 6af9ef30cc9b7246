"""The talker's prompt: what stands before the first frame, and the text still to be added to the frames after it.

A prompt is a row of sums, text on one side and codec on the other:

    text   [instruction] <role> | pad ... pad  bos          | text ...
    codec                       | think language think_end [speaker] pad | bos or codes ...

In the streaming layout one text token goes with each frame; in the prefilled layout the whole text comes first. With
in-context learning (ICL) the reference's transcript and codes stand before the text to be said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from makima.errors import InvalidMessage, InvalidText, VoiceNotFound
from makima.models.qwen3.arrays import as_tensor
from makima.models.qwen3.code_predictor import CodePredictor
from makima.models.qwen3.config import ModelConfig
from makima.models.qwen3.talker import Talker
from makima.text.tokenizer import TextTokenizer

ROLE_TOKENS = 3
"""<|im_start|>, `assistant`, and a line break."""
CLOSING_TOKENS = 5
"""<|im_end|>, a line break, and the opening of the next turn."""
MAX_KNOWN = 64
"""Pieces of text whose embeddings are kept: 4 KB a token."""
MAX_FRAMES_KNOWN = 8
"""References whose frames' embeddings are kept: 4 KB a frame. Summing 16 tables for 60 frames takes 3 ms."""


@dataclass(frozen=True, slots=True)
class VoicePrompt:
    """What a clip says of a voice. Without codes the voice is cloned by its vector alone.

    Shapes: speaker [H], codes [R, K] int64
    """

    speaker: Tensor
    codes: Tensor | None = None
    transcript: str | None = None

    @property
    def size_bytes(self) -> int:
        """How much memory it takes."""
        codes_bytes = 0 if self.codes is None else self.codes.nbytes
        return self.speaker.nbytes + codes_bytes + len(self.transcript or "")


@dataclass(frozen=True, slots=True)
class PromptBuilder:
    """Builds prompts with the embeddings of a talker and a code predictor."""

    config: ModelConfig
    tokenizer: TextTokenizer
    talker: Talker
    predictor: CodePredictor
    _known: dict[tuple[int, ...], Tensor] = field(default_factory=dict, init=False, repr=False, compare=False)
    _frames: dict[bytes, Tensor] = field(default_factory=dict, init=False, repr=False, compare=False)

    def assistant_ids(self, text: str) -> list[int]:
        """Token ids of a text to be said, in the whole template."""
        return self.tokenizer.encode(f"<|im_start|>assistant\n{text}<|im_end|>\n<|im_start|>assistant\n")

    def reference_ids(self, text: str) -> list[int]:
        """Token ids of a reference's transcript, in its template."""
        return self.tokenizer.encode(f"<|im_start|>assistant\n{text}<|im_end|>\n")

    def instruct_ids(self, text: str) -> list[int]:
        """Token ids of an instruction, in its template."""
        return self.tokenizer.encode(f"<|im_start|>user\n{text}<|im_end|>\n")

    def pad_embedding(self) -> Tensor:
        """What stands in for text where there is none. Shapes: -> [H]"""
        return self._again(self.config.text_ids.pad)[0]

    def build(
        self,
        text: str,
        language: str,
        voice: VoicePrompt | None,
        speaker: str | None,
        instruct: str | None,
        prefilled: bool,
    ) -> tuple[Tensor, Tensor]:
        """Embed a prompt.

        Shapes: -> embeds [P, H], trailing [R, H]; trailing row n goes with frame n, and pad after the last
        Raises: InvalidText, InvalidMessage (a language the model does not speak), VoiceNotFound
        """
        ids = self.assistant_ids(text)
        role, body = ids[:ROLE_TOKENS], ids[ROLE_TOKENS:-CLOSING_TOKENS]
        if not body:
            raise InvalidText("There is no text to say.")
        spoken = torch.cat((self.talker.embed_text(body), self.end_embedding()[None]))
        return self._assembled(role, spoken, language, voice, speaker, instruct, prefilled)

    def tokens_to_begin(self, voice: VoicePrompt | None) -> int:
        """How many tokens of a text that is still being written a prompt in the streaming layout takes.

        With a reference, text goes along its frames already: as much as there are frames more than there is transcript.
        """
        if voice is None or voice.codes is None or not voice.transcript:
            return 1
        transcript = len(self.reference_ids(voice.transcript)) - ROLE_TOKENS - 2
        return max(1, len(voice.codes) + 2 - transcript)

    def end_embedding(self) -> Tensor:
        """What stands after the last token of a text. Shapes: -> [H]"""
        return self._again(self.config.text_ids.eos)[0]

    def begin(
        self, spoken: Tensor, language: str, voice: VoicePrompt | None, speaker: str | None, instruct: str | None
    ) -> tuple[Tensor, Tensor]:
        """The same in the streaming layout, for the text so far: complete, or `tokens_to_begin` tokens of it or more.

        Shapes: spoken [n, H], its embeddings, and `end_embedding` with the last of it
                -> embeds [P, H], trailing [R, H]; what comes of the text later goes after it
        """
        return self._assembled(self.assistant_ids("")[:ROLE_TOKENS], spoken, language, voice, speaker, instruct, False)

    def _assembled(
        self,
        role: list[int],
        spoken: Tensor,
        language: str,
        voice: VoicePrompt | None,
        speaker: str | None,
        instruct: str | None,
        prefilled: bool,
    ) -> tuple[Tensor, Tensor]:
        codec = self._codec_tags(language, voice, speaker)
        t = self.config.text_ids
        bos, pad = self._again(t.bos), self._again(t.pad)
        head = [self._instruction(instruct), self._again(*role)]
        head.append(torch.cat((pad.expand(len(codec) - 2, -1), bos)) + codec[:-1])
        if voice is not None and voice.codes is not None and voice.transcript:
            codes = as_tensor(voice.codes, torch.int64, pad.device)
            tail, trailing = self._with_reference(codes, voice.transcript, spoken, pad, prefilled)
        elif prefilled:
            tail, trailing = torch.cat((spoken + self._codec(self.config.talker.ids.pad), pad + codec[-1:])), pad
        else:
            tail, trailing = spoken[:1] + codec[-1:], spoken[1:]
        return torch.cat((*head, tail)), trailing

    def _with_reference(
        self, codes: Tensor, transcript: str, spoken: Tensor, pad: Tensor, prefilled: bool
    ) -> tuple[Tensor, Tensor]:
        reference = self._again(*self.reference_ids(transcript)[ROLE_TOKENS:-2])
        text = torch.cat((reference, spoken))
        codes_in = self._frames_of(codes)
        if prefilled:
            return torch.cat((text + self._codec(self.config.talker.ids.pad), codes_in + pad)), pad
        if len(text) > len(codes_in):
            return text[: len(codes_in)] + codes_in, text[len(codes_in) :]
        filled = torch.cat((text, pad.expand(len(codes_in) - len(text), -1)))
        return filled + codes_in, pad

    def _frames_of(self, codes: Tensor) -> Tensor:
        """Embeddings of a reference's frames behind the tag they begin with: kept, those of the last few references.

        Shapes: codes [R, K] -> [R + 1, H]
        """
        key = codes.cpu().numpy().tobytes()
        found = self._frames.pop(key, None)
        if found is None:
            frames = self.talker.embed_codes(codes[:, 0]) + self.predictor.embed_codes(codes[:, 1:])
            found = torch.cat((self._codec(self.config.talker.ids.bos), frames))
            while len(self._frames) >= MAX_FRAMES_KNOWN:
                self._frames.pop(next(iter(self._frames)), None)
        self._frames[key] = found
        return found

    def _codec(self, *ids: int) -> Tensor:
        return self.talker.embed_codes(torch.tensor(ids, device=self.talker.codec_embedding.device))

    def _codec_tags(self, language: str, voice: VoicePrompt | None, speaker: str | None) -> Tensor:
        ids = self.config.talker.ids
        tag = self._language_id(language, speaker)
        if tag is None:
            parts = [self._codec(ids.nothink, ids.think_bos, ids.think_eos)]
        else:
            parts = [self._codec(ids.think, ids.think_bos, tag, ids.think_eos)]
        if voice is not None:
            parts.append(as_tensor(voice.speaker, parts[0].dtype, parts[0].device)[None])
        elif speaker:
            parts.append(self._codec(self._speaker_id(speaker)))
        return torch.cat((*parts, self._codec(ids.pad, ids.bos)))

    def _speaker_id(self, speaker: str) -> int:
        speakers = self.config.talker.speakers
        if speaker.lower() not in speakers:
            raise VoiceNotFound(speaker, sorted(speakers))
        return speakers[speaker.lower()]

    def _language_id(self, language: str, speaker: str | None) -> int | None:
        """The tag of a language; a speaker of a dialect speaks it wherever the language is Chinese or left open."""
        talker, name = self.config.talker, language.lower()
        known = sorted(key for key in talker.languages if "dialect" not in key)
        if name not in (*known, "auto"):
            raise InvalidMessage(
                f"The model does not speak {language!r}.", mend=f"It speaks: auto, {', '.join(known)}."
            )
        dialect = talker.dialects.get(speaker.lower()) if speaker else None
        if dialect is not None and name in ("chinese", "auto"):
            return talker.languages[dialect]
        return None if name == "auto" else talker.languages[name]

    def _instruction(self, instruct: str | None) -> Tensor:
        # The official package drops instructions to the small CustomVoice model, which was not trained on any.
        deaf = self.config.kind == "custom_voice" and self.config.size in "0b6"
        if not instruct or deaf:
            return self._again(self.config.text_ids.pad)[:0]
        return self._again(*self.instruct_ids(instruct))

    def _again(self, *ids: int) -> Tensor:
        """Embeddings of tokens that many prompts share, such as a transcript: kept, the last few of them.

        Shapes: -> [len(ids), H]
        """
        found = self._known.pop(ids, None)
        if found is None:
            found = self.talker.embed_text(list(ids))
            while len(self._known) >= MAX_KNOWN:
                self._known.pop(next(iter(self._known)), None)
        self._known[ids] = found
        return found

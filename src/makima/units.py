"""Units, and the words the whole codebase uses for them.

sample     one PCM value of one channel
frame      one codec step: 80 ms of audio, 1,920 samples at 24 kHz
token      one id of the text tokenizer
chunk      a run of samples that is sent as one message
utterance  one text spoken from first to last sample
turn       one person's share of a conversation

Quantities carry their unit in the name: `_s _ms _hz _samples _frames _tokens _bytes`.
"""


def samples_to_ms(samples: int, sample_rate_hz: int) -> float:
    """Length of `samples` at `sample_rate_hz`, in milliseconds."""
    return samples * 1000.0 / sample_rate_hz

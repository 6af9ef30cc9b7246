"""OpenAI's Whisper, run by CTranslate2 in one helper process.

`recognizer` is the interface, `recognition` one utterance, `activity` its speech and silence, `judgement` what is taken
for words, `requests` the queue in front of the helper process. The helper is `worker`, with `model`, `features`,
`vocabulary` and `loops`. The choices and their figures are in docs/decisions/0065-whisper.md.
"""

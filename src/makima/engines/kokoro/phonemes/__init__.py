"""Letters to Kokoro's symbols: by espeak-ng for languages of Latin script, by dictionaries for Japanese and Chinese.

`reader` picks the way for a language, `marks` finds the punctuation, `latin`, `japanese` and `chinese` are the ways,
`kana` and `pinyin` their tables.
"""

"""Markup out: Markdown, HTML, entities, emoji, and the few tags that say how a text is spoken."""

"""What is said to a server that is measured, and how long it may take to answer."""

TEXTS = {
    "short": "Good morning. It is good to see you.",
    "medium": (
        "The quick brown fox jumps over the lazy dog, while five boxing wizards watch from the hill; a moment later "
        "all of them pack their bags, and walk down to the river, where the boats of the evening are waiting."
    )[:200],
    "long": (
        "When the last boat had left, the wizards sat down by the water and began to tell each other stories. The "
        "first one spoke of a city that stood on a single leg, and turned with the sun. The second one had been "
        "there, he said, and it was quite different: the city stood still, and the sun had been told to keep away. "
        "The third one laughed at both of them. He had built the leg himself, out of old umbrellas, and he was not "
        "sure how long it would hold. Then nobody said anything for a while, and they listened to the fox, who was "
        "asleep."
    ),
}
"""About 40, 200 and 500 characters."""

ANSWER_S = 60.0
"""How long a server may take to answer: it loads the engine meanwhile, on cores that others may be using."""

"""What the pages chose: the chat model that answers."""

"""`makima bench soak`: sessions of every kind over all doors for minutes, and what is left of them afterwards."""

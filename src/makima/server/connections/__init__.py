"""Connections as uvicorn hands them over: what a client may send and leave unread, and how many there may be."""

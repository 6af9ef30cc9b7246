"""Released clients of other services against the server: `make clients`."""

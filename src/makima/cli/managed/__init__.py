"""What the Models page manages: the models of this machine, and which of them the server uses."""

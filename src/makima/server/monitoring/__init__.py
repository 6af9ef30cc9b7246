"""What operators see of the server: figures, logs, traces, and whether the engine stalls."""

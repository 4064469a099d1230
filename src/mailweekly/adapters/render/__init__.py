"""The child process that renders: bounded memory and time, no secrets in its environment."""

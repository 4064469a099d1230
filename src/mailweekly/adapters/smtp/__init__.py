"""The relay: one lane is one connection, one message after another."""

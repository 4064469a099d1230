"""How it gets there: states, replies, pace, and the loop that takes each delivery from claim to outcome."""

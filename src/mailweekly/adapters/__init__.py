"""The world, one folder per neighbour. Adapters never import each other; `cli` joins them."""

"""Data sets of equilibrium structures and the training of networks on them."""

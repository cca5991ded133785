"""How fast icsim is, beside its peers on the same work. `python -m benchmarks` runs everything; see README.md."""

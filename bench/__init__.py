"""Benchmarks and chaos: this relay beside what people run today, on this machine, over loopback only."""

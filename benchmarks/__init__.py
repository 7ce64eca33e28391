"""How fast it is: `python -m benchmarks [NAME…]`, each on a real cluster of Scenario 2."""

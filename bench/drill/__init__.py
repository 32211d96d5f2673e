"""`make drill-money`: pledges, charges and refunds while everything around them breaks; then every cent is counted.

`house` runs the processes, `chaos` breaks them, `play` is what people do meanwhile, `verdict` compares our books with
the provider's. The plan follows from the seed alone; docs/drill.md is for operators.
"""

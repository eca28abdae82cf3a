"""Sign2GPT: prototypes of pseudo-glosses, and a frozen GPT that reads sign features."""

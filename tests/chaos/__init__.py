"""A running installation that is struck at random while files come in, and whether it was true to each of them."""

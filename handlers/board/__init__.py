"""The board: what the company has, to read in a browser, signed in from chat."""

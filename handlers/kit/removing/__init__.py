"""Words that were typed by mistake, taken out of everything that repeats them."""

"""Rules: which words mean which service, learnt from corrections or entered."""

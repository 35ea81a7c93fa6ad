"""Working time: when people work here, as managers set it in chat."""

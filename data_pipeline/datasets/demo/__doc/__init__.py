"""Generated music for the demo corpus: what is played, on which instruments, and how it is mixed."""

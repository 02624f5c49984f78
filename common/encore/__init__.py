"""The console command `encore`, and its commands that belong to no single paper."""

"""The fit loop: optimisers, penalties, schedules, checkpoints, devices, memory."""

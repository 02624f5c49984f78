"""One fit: optimisers, penalties, schedules, checkpoints, devices, memory."""

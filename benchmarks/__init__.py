"""Speed and memory against peers that a competent user would write, each with a requirement that it must meet."""

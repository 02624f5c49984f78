"""Speed and memory compared with alternatives that a competent user would write, each with a requirement to meet."""

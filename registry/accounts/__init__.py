"""Who people and machines are, what they may see and do, and what they did."""

"""Real recordings for training: people who read, speak or command, and noises."""

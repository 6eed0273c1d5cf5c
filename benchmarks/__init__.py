"""What is measured: each module prints a table."""

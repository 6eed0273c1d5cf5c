"""Training where there is a GPU: speech is made, put into rooms and learned from without leaving its memory."""

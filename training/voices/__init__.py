"""Clips to train on: synthetic and real voices."""

"""Makes the network: texts, voices, augmentation, training, export, evaluation."""

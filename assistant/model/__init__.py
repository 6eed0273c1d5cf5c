"""The network at run time: features, symbols, session."""

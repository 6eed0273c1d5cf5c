"""What acts on intents: each its own MQTT client, in the daemon or alone."""

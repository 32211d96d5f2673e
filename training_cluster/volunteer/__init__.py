"""What makes the agent a guest on a machine: limits, sensors, traffic, pauses, the terminal view, several GPUs."""

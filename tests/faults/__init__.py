"""Faults of the machine around danmod: what is expected then, provoked for real where one machine can."""

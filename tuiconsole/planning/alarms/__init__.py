"""Alarms: what stands, what people have said about it, and the list of both."""

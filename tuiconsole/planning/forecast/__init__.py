"""What would happen if, and why it is as it is: read from forks of the master engine; changes nothing."""

"""Node leases, held with the voters: the registrar at each voter, the holder at each node. No I/O."""

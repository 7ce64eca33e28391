"""Single-register Multi-Paxos with a leader lease. No I/O: messages, ticks and disk completions go in.

Lamport, *Paxos Made Simple* (2001); Rystsov, *CASPaxos* (2018); Ongaro's thesis, ch. 6 and 9.6, for leader
leases, stickiness and pre-vote.
"""

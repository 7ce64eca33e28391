"""What runs inside supervisord: events out, commands in, and the deadman.

Imports only the standard library, supervisor, and its neighbours `tuiconsole.supervision` and
`tuiconsole.clock`, and spares memory: it is loaded once on each node beside the user's programs. Nothing here
may raise into supervisord's main loop, whose event dispatch has no guard: an exception in a callback would
end supervisord.
"""

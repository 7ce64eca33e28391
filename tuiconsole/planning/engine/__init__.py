"""The master engine: `machine.Engine`; `messages` holds what goes in and what comes out."""

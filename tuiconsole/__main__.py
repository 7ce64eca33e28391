"""`python -m tuiconsole`: the same as the command `tuiconsole`."""

from __future__ import annotations

from tuiconsole.cli.main import main

if __name__ == "__main__":
    main()

"""`within(seconds)`: an asynchronous block that ends with asyncio.TimeoutError when it takes longer.

In place of asyncio.wait_for, which before Python 3.12 loses a cancellation that comes in the instant in which
what it waits for is done (https://github.com/python/cpython/issues/86296): the task then lives on for ever.
"""

import sys

if sys.version_info >= (3, 11):
    from asyncio import timeout as within
else:
    from async_timeout import timeout as within

__all__ = ["within"]

"""A view of rows that is scrolled: how long it is, told cheaply, and its bar in the right place."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView


class Scrolled(ScrollView):
    """A scroll view of lines."""

    def extend(self, rows: int) -> None:
        """Tell that there are so many rows.

        Textual lays all of the screen out whenever a `virtual_size` changes. That is needed where the view is
        as high as its rows, or where its scroll bar comes or goes; a list that only grows moves nothing.
        """
        size = Size(0, rows)
        if size == self.virtual_size:
            return
        height = self.scrollable_content_region.height
        bar = self.show_vertical_scrollbar
        if height < 1 or self.styles.is_auto_height or bar is not (rows > height):
            self.virtual_size = size
            if self.styles.is_auto_height:
                # Once more: Textual takes no measures anew while an earlier layout is still due.
                self.call_after_refresh(self.refresh, layout=True)
            return
        self.set_reactive(ScrollView.virtual_size, size)
        if bar:
            self.vertical_scrollbar.window_virtual_size = rows
        if self.scroll_y > self.max_scroll_y:
            self.scroll_y = self.scroll_target_y = self.max_scroll_y

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Put the bar where the view is: what was scrolled before there was a bar did not move it."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

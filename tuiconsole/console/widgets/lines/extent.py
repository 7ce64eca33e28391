"""How long what is scrolled is, told without laying the whole screen out anew."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView


def extend(view: ScrollView, rows: int) -> None:
    """Tell `view` that it has so many rows.

    Textual lays all of the screen out whenever a `virtual_size` changes. That is needed where the view is as
    high as its rows, or where its scroll bar comes or goes; a list that only grows moves nothing.
    """
    size = Size(0, rows)
    if size == view.virtual_size:
        return
    height = view.scrollable_content_region.height
    bar = view.show_vertical_scrollbar
    if height < 1 or view.styles.is_auto_height or bar is not (rows > height):
        view.virtual_size = size
        if view.styles.is_auto_height:
            # Once more: Textual takes no measures anew while an earlier layout is still due.
            view.call_after_refresh(view.refresh, layout=True)
        return
    view.set_reactive(ScrollView.virtual_size, size)
    if bar:
        view.vertical_scrollbar.window_virtual_size = rows
    if view.scroll_y > view.max_scroll_y:
        view.scroll_y = view.scroll_target_y = view.max_scroll_y

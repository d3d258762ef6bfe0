/* SPDX-License-Identifier: Apache-2.0 */
/* The mouse: a click selects, the wheel scrolls, dragging a line between panes moves it. */
#include "ui_private.h"

static bool is_inside(struct rectangle place, const struct term_mouse *mouse)
{
    return mouse->row >= place.row && mouse->row < place.row + place.height && mouse->column >= place.column &&
           mouse->column < place.column + place.width;
}

static enum pane pane_at(const struct ui *ui, const struct term_mouse *mouse)
{
    enum pane pane = PANE_TABLE;
    while (pane < PANE_COUNT && !is_inside(ui->plan.panes[pane], mouse))
        pane++;
    return pane;
}

/* A row below the heading of the table, the hosts or the timeline. */
static void click_row(struct ui *ui, enum pane pane, int row)
{
    size_t top = pane == PANE_TIMELINE ? ui->timeline.top : ui->table_top, place = top + (size_t)row;
    if (row < 0)
        return;
    if (pane == PANE_HOSTS && (size_t)row < ui->snapshot->host_count)
        ui->host = (size_t)row;
    else if (pane != PANE_HOSTS && place < ui->rows.count)
        ui_select(ui, ui->rows.nodes[place]);
}

static void click(struct ui *ui, enum pane pane, const struct term_mouse *mouse)
{
    struct rectangle place = ui->plan.panes[pane];
    int title = ui->plan.titles ? 1 : 0, inside = place.height - title;
    int row = mouse->row - place.row - title, heading = inside >= (pane == PANE_TABLE ? 4 : 3) ? 1 : 0;
    ui->focus = pane;
    if (pane == PANE_GRAPH)
        pane_graph_click(ui, row, mouse->column - place.column);
    else if (pane == PANE_TABLE || pane == PANE_HOSTS || pane == PANE_TIMELINE)
        click_row(ui, pane, row - heading);
}

static void begin_drag(struct ui *ui, const struct term_mouse *mouse)
{
    struct rectangle left = ui->plan.panes[PANE_TABLE], right = ui->plan.panes[PANE_GRAPH];
    struct rectangle lower = ui->plan.panes[ui->lower];
    ui->drag = DRAG_NONE;
    ui->drag_from = (struct rectangle){.row = mouse->row, .column = mouse->column};
    if (left.height > 0 && right.height > 0 && left.row == right.row && mouse->column == left.width &&
        mouse->row < left.row + left.height)
        ui->drag = DRAG_ACROSS;
    else if (lower.height > 0 && mouse->row == lower.row && lower.row > ui->plan.header)
        ui->drag = DRAG_DOWN;
}

static void drag(struct ui *ui, const struct term_mouse *mouse)
{
    int by = ui->drag == DRAG_ACROSS ? mouse->column - ui->drag_from.column : mouse->row - ui->drag_from.row;
    if (ui->drag == DRAG_NONE)
        return;
    /* Beyond its end the line waits until the mouse comes back to it. */
    int moved = screen_move_split(ui, ui->drag == DRAG_ACROSS, by);
    ui->drag_from.column += ui->drag == DRAG_ACROSS ? moved : 0;
    ui->drag_from.row += ui->drag == DRAG_DOWN ? moved : 0;
}

static void wheel(struct ui *ui, enum pane pane, bool up)
{
    enum pane before = ui->focus;
    if (ui->layer_count > 0) {
        layer_scroll(ui_top_layer(ui), up ? UI_UP : UI_DOWN);
        return;
    }
    if (pane == PANE_COUNT)
        return;
    ui->focus = pane;
    enum ui_action one = pane == PANE_GRAPH ? (up ? UI_PAN_UP : UI_PAN_DOWN) : (up ? UI_UP : UI_DOWN);
    for (int i = 0; i < (pane == PANE_LOG ? 3 : 1); i++)
        ui_act(ui, one);
    ui->focus = before;
}

void mouse_take(struct ui *ui, struct term_mouse mouse)
{
    enum pane pane = pane_at(ui, &mouse);
    switch (mouse.kind) {
    case MOUSE_PRESS:
        /* Windows and prompts are left by keys: a click beside them must not do anything by accident. */
        if (ui->layer_count > 0 || ui->prompt.open)
            return;
        begin_drag(ui, &mouse);
        if (ui->drag == DRAG_NONE && pane < PANE_COUNT)
            click(ui, pane, &mouse);
        break;
    case MOUSE_DRAG:
        drag(ui, &mouse);
        break;
    case MOUSE_RELEASE:
        ui->drag = DRAG_NONE;
        break;
    case MOUSE_WHEEL_UP:
    case MOUSE_WHEEL_DOWN:
        wheel(ui, pane, mouse.kind == MOUSE_WHEEL_UP);
        break;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Where panes stand, and the frame around them. */
#include <string.h>

#include "ui_private.h"

enum {
    SPLIT_WIDTH = 72,       /* from here on table and graph stand side by side */
    SPLIT_HEIGHT = 12,      /* rows for panes, from here on there is more than one */
    TABLE_WIDTH_LEAST = 38, /* of the table beside the graph */
    GRAPH_WIDTH_LEAST = 30,
    UPPER_LEAST = 7,
    LOG_LEAST = 5
};

enum rule_glyph { RULE_LIGHT = 0x2500, RULE_HEAVY = 0x2501, WALL = 0x2502 };

static int smaller(int one, int other)
{
    return one < other ? one : other;
}

static int larger(int one, int other)
{
    return one > other ? one : other;
}

/* Rows for table and graph: what they need, as long as the log keeps about a third. */
static int upper_height(const struct ui *ui, int rows)
{
    size_t nodes = ui->snapshot->workflow->node_count;
    int wanted = larger((nodes < 1000 ? (int)nodes : 1000) + 2, larger(12, rows * 2 / 5));
    int most = rows - larger(LOG_LEAST, rows * 3 / 8);
    return larger(UPPER_LEAST, smaller(wanted, most));
}

/* As far as a person has moved a split, without making a pane useless. */
static int moved(int size, int by, int least, int most)
{
    size += by;
    return size > most ? (most > least ? most : least) : size < least ? least : size;
}

static int table_width(const struct ui *ui, int width)
{
    int wanted = larger(pane_table_width(ui), TABLE_WIDTH_LEAST);
    int most = larger(TABLE_WIDTH_LEAST, width - larger(GRAPH_WIDTH_LEAST, width * 3 / 8) - 1);
    return moved(smaller(wanted, most), ui->split_across, 16, width - 17);
}

/* Tall: everything over each other, on screens that are high rather than wide. */
static void plan_tall(struct screen_plan *plan, const struct ui *ui, int top, int rows, int width)
{
    int upper = larger(rows / 3, 4), middle = larger(rows / 3, 4);
    upper = moved(upper, ui->split_down, 3, rows - middle - 4);
    plan->panes[PANE_TABLE] = (struct rectangle){top, 0, upper, width};
    plan->panes[PANE_GRAPH] = (struct rectangle){top + upper, 0, middle, width};
    plan->panes[ui->lower] = (struct rectangle){top + upper + middle, 0, rows - upper - middle, width};
}

enum screen_layout screen_layout_of(const struct ui *ui)
{
    int width = ui->canvas.width, rows = ui->canvas.height - 3;
    if (ui->layout != LAYOUT_AUTO)
        return ui->layout == LAYOUT_TALL && rows < SPLIT_HEIGHT ? LAYOUT_SINGLE : ui->layout;
    if (rows < SPLIT_HEIGHT)
        return LAYOUT_SINGLE;
    return width < SPLIT_WIDTH && rows >= 36 ? LAYOUT_TALL : LAYOUT_WIDE;
}

void screen_plan_make(struct screen_plan *plan, const struct ui *ui)
{
    int width = ui->canvas.width, height = ui->canvas.height;
    *plan = (struct screen_plan){0};
    plan->header = height >= 12 ? 2 : height >= 3 ? 1 : 0;
    plan->footer = height >= 8 ? 1 : 0;
    int top = plan->header, rows = height - plan->header - plan->footer;
    plan->titles = rows >= 6;
    enum screen_layout layout = screen_layout_of(ui);
    if (ui->zoomed || layout == LAYOUT_SINGLE || rows < SPLIT_HEIGHT) {
        plan->panes[ui->focus] = (struct rectangle){top, 0, rows, width};
        return;
    }
    if (layout == LAYOUT_TALL) {
        plan_tall(plan, ui, top, rows, width);
        return;
    }
    int upper = moved(upper_height(ui, rows), ui->split_down, 3, rows - 3);
    plan->panes[ui->lower] = (struct rectangle){top + upper, 0, rows - upper, width};
    if (width < SPLIT_WIDTH) {
        enum pane shown = ui->focus == PANE_GRAPH ? PANE_GRAPH : PANE_TABLE;
        plan->panes[shown] = (struct rectangle){top, 0, upper, width};
        return;
    }
    int left = table_width(ui, width);
    plan->panes[PANE_TABLE] = (struct rectangle){top, 0, upper, left};
    plan->panes[PANE_GRAPH] = (struct rectangle){top, left + 1, upper, width - left - 1};
}

/* Where the split stands, or 0 where there is none. */
static int split_place(struct ui *ui, bool across)
{
    struct screen_plan plan;
    screen_plan_make(&plan, ui);
    struct rectangle table = plan.panes[PANE_TABLE], graph = plan.panes[PANE_GRAPH], lower = plan.panes[ui->lower];
    if (across)
        return table.height > 0 && graph.height > 0 && table.row == graph.row ? table.width : 0;
    return lower.height == 0 ? 0 : table.height > 0 ? table.height : graph.height;
}

int screen_move_split(struct ui *ui, bool across, int by)
{
    int *split = across ? &ui->split_across : &ui->split_down, old = *split, before = split_place(ui, across);
    *split = 0;
    int own = split_place(ui, across);
    /* From where it stands, not from where it would be on a larger screen; and it goes as far as there is room. */
    *split = before - own + by;
    int after = split_place(ui, across);
    *split = before > 0 ? after - own : old;
    return before > 0 ? after - before : 0;
}

static void draw_title(struct ui *ui, enum pane pane, struct rectangle place)
{
    static void (*const titles[PANE_COUNT])(struct ui *, struct text *) = {
        pane_table_title, pane_graph_title, pane_log_title, pane_hosts_title, pane_timeline_title, pane_grid_title};
    bool focused = ui->focus == pane;
    struct canvas *canvas = &ui->canvas;
    struct text title;
    text_init(&title, 0);
    titles[pane](ui, &title);
    char *rest = strchr(title.data, '\t');
    if (rest)
        *rest++ = '\0';
    for (size_t length = rest ? strlen(rest) : 0; length > 0 && rest[length - 1] == ' '; length--)
        rest[length - 1] = '\0';
    canvas_fill(canvas, place.row, place.column, 1, place.width, focused ? RULE_HEAVY : RULE_LIGHT,
        focused ? STYLE_RULE_FOCUSED : STYLE_RULE);
    int column = place.column + 2, last = place.column + place.width - 1;
    canvas_put_text(canvas, place.row, column - 1, last - column + 1, " ", STYLE_TEXT);
    column +=
        ink_text(canvas, place.row, column, last - column - 1, title.data, focused ? STYLE_TITLE_FOCUSED : STYLE_TITLE);
    column += canvas_put_text(canvas, place.row, column, last - column, " ", STYLE_TEXT);
    if (rest && *rest && ink_width(rest) + 3 < last - column) {
        column = last - ink_width(rest) - 2;
        canvas_put_text(canvas, place.row, column, 1, " ", STYLE_TEXT);
        column += 1 + ink_text(canvas, place.row, column + 1, last - column - 1, rest, STYLE_DIM);
        canvas_put_text(canvas, place.row, column, 1, " ", STYLE_TEXT);
    }
    text_release(&title);
}

static void draw_pane(struct ui *ui, enum pane pane)
{
    static void (*const draws[PANE_COUNT])(struct ui *, struct canvas *) = {
        pane_table_draw, pane_graph_draw, pane_log_draw, pane_hosts_draw, pane_timeline_draw, pane_grid_draw};
    struct rectangle place = ui->plan.panes[pane];
    int title = ui->plan.titles ? 1 : 0;
    if (place.height <= title || place.width <= 0)
        return;
    struct canvas inside;
    canvas_init(&inside, place.width, place.height - title);
    draws[pane](ui, &inside);
    canvas_copy(&ui->canvas, place.row + title, place.column, &inside);
    canvas_release(&inside);
    if (title)
        draw_title(ui, pane, place);
}

/* The line between table and graph, joined to the rules above and below it. */
static void draw_wall(struct ui *ui)
{
    struct rectangle left = ui->plan.panes[PANE_TABLE], right = ui->plan.panes[PANE_GRAPH];
    if (left.height == 0 || right.height == 0 || left.row != right.row)
        return;
    int column = left.width, bottom = left.row + left.height;
    canvas_fill(&ui->canvas, left.row, column, left.height, 1, WALL, STYLE_RULE);
    uint32_t joint = ui->focus == PANE_TABLE ? 0x252d : ui->focus == PANE_GRAPH ? 0x252e : 0x252c;
    canvas_put(&ui->canvas, left.row, column, joint, STYLE_RULE);
    const struct cell *below = canvas_at(&ui->canvas, bottom, column);
    if (below && below->code_point == RULE_LIGHT)
        canvas_put(&ui->canvas, bottom, column, 0x2534, STYLE_RULE);
    else if (below && below->code_point == RULE_HEAVY)
        canvas_put(&ui->canvas, bottom, column, 0x2537, STYLE_RULE_FOCUSED);
}

static void draw_strip(struct ui *ui, int row, int height, void (*draw)(struct ui *ui, struct canvas *canvas))
{
    struct canvas inside;
    if (height <= 0)
        return;
    canvas_init(&inside, ui->canvas.width, height);
    draw(ui, &inside);
    canvas_copy(&ui->canvas, row, 0, &inside);
    canvas_release(&inside);
}

void screen_draw(struct ui *ui)
{
    struct canvas *canvas = &ui->canvas;
    canvas_clear(canvas, STYLE_TEXT);
    term_set_cursor(ui->options.term, -1, 0);
    screen_plan_make(&ui->plan, ui);
    for (int pane = 0; pane < PANE_COUNT; pane++)
        draw_pane(ui, pane);
    draw_wall(ui);
    draw_strip(ui, 0, ui->plan.header, pane_header_draw);
    draw_strip(ui, canvas->height - ui->plan.footer, ui->plan.footer, pane_footer_draw);
    for (size_t i = 0; i < ui->layer_count; i++)
        layer_draw(ui->layers[i], canvas, ui->plan.header, canvas->height - ui->plan.footer);
    if (ui->prompt.open)
        prompt_draw(ui, canvas);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/draw/reader.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/map.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { LIMIT = 16000000, UNKNOWN_CHARACTER = 0xfffd };

/* On which sides a character goes on. */
enum opening { NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8, CROSSES = 16, JOINS = 32, HEAD = 64 };

struct place {
    uint32_t character; /* 0: the second cell of a wide character */
    uint32_t marks;     /* combining characters, mixed into one number */
    uint32_t box;       /* 1 + index of the name whose box covers this cell; 0: none */
};

struct reading {
    int64_t width, height;
    struct place *places;
    uint8_t *openings;
    uint32_t *strands; /* union-find, two a cell: what lies across, and the upright strand of a crossing */
    enum reader_flow flow;
    bool plain; /* ASCII */
    const char *const *names;
    size_t name_count;
    struct map *index; /* spelled name to its number */
    size_t longest;    /* name in cells */
    uint8_t *found;
    struct text spelled;
    struct reader_result *result;
};

static struct place *at(const struct reading *reading, int64_t row, int64_t column)
{
    static struct place outside = {.character = ' '};
    if (row < 0 || column < 0 || row >= reading->height || column >= reading->width)
        return &outside;
    return &reading->places[row * reading->width + column];
}

static size_t next_character(const char *text, uint32_t *character)
{
    size_t available = strnlen(text, 4), taken = utf8_read(text, available, character);
    if (*character < 0x20 || (*character >= 0x7f && *character < 0xa0))
        *character = UNKNOWN_CHARACTER;
    return taken;
}

static size_t line_width(const char *line, size_t length)
{
    size_t cells = 0;
    for (size_t i = 0; i < length;) {
        uint32_t character;
        i += next_character(line + i, &character);
        cells += utf8_code_point_width(character);
    }
    return cells;
}

/* A mark joins the character before it; beyond the second they are not shown. */
static void add_mark(struct place *place, uint32_t mark)
{
    if (place->marks >> 16 == 0)
        place->marks = place->marks << 16 | (mark & 0xffff);
}

static void fill_row(struct reading *reading, int64_t row, const char *line, size_t length)
{
    int64_t column = 0;
    for (size_t i = 0; i < length;) {
        uint32_t character;
        i += next_character(line + i, &character);
        unsigned width = utf8_code_point_width(character);
        if (width == 0) {
            int64_t before = column - 1;
            while (before > 0 && at(reading, row, before)->character == 0)
                before--;
            if (before >= 0)
                add_mark(at(reading, row, before), character);
            continue;
        }
        at(reading, row, column)->character = character;
        if (width == 2)
            at(reading, row, column + 1)->character = 0;
        column += width;
    }
}

static enum status make_grid(struct reading *reading, const char *text, struct error *error)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n"), cells = line_width(line, length);
        if ((int64_t)cells > reading->width)
            reading->width = (int64_t)cells;
        reading->height++;
        line += length + (line[length] == '\n');
    }
    if (reading->width > LIMIT || reading->height > LIMIT || reading->width * reading->height > LIMIT)
        return error_set(error, STATUS_TOO_LARGE, "a drawing of more than %d cells", LIMIT);
    size_t count = (size_t)(reading->width * reading->height);
    reading->places = memory_new_array(count, sizeof *reading->places);
    reading->openings = memory_new_array(count, 1);
    reading->strands = memory_new_array(2 * count, sizeof *reading->strands);
    for (size_t i = 0; i < count; i++)
        reading->places[i].character = ' ';
    int64_t row = 0;
    for (const char *line = text; *line; row++) {
        size_t length = strcspn(line, "\n");
        fill_row(reading, row, line, length);
        line += length + (line[length] == '\n');
    }
    return STATUS_OK;
}

/* Names are compared as they are spelled in cells: characters with at most two marks. */
static void spell(struct text *spelled, uint32_t character, uint32_t marks)
{
    if (character)
        text_append_format(spelled, "%x.%x,", character, marks);
}

static void index_names(struct reading *reading)
{
    for (size_t i = 0; i < reading->name_count; i++) {
        struct place place = {0};
        const char *name = reading->names[i];
        size_t cells = 0;
        text_clear(&reading->spelled);
        while (*name) {
            uint32_t character;
            name += next_character(name, &character);
            unsigned width = utf8_code_point_width(character);
            cells += width;
            if (width == 0) {
                if (place.character)
                    add_mark(&place, character);
                continue;
            }
            spell(&reading->spelled, place.character, place.marks);
            place = (struct place){.character = character};
        }
        spell(&reading->spelled, place.character, place.marks);
        map_set(reading->index, reading->spelled.data, i);
        if (cells > reading->longest)
            reading->longest = cells;
    }
}

/* The name in the cells from column to end of a row, blanks at the end left out. */
static bool find_name(struct reading *reading, int64_t row, int64_t column, int64_t end, uintptr_t *name)
{
    text_clear(&reading->spelled);
    while (end > column && at(reading, row, end - 1)->character == ' ' && !at(reading, row, end - 1)->marks)
        end--;
    for (int64_t i = column; i < end; i++)
        spell(&reading->spelled, at(reading, row, i)->character, at(reading, row, i)->marks);
    return map_get(reading->index, reading->spelled.data, name) && !reading->found[*name];
}

static void claim(struct reading *reading, int64_t row, int64_t column, int64_t height, int64_t width, uintptr_t name)
{
    reading->found[name] = 1;
    for (int64_t y = row; y < row + height; y++)
        for (int64_t x = column; x < column + width; x++)
            at(reading, y, x)->box = (uint32_t)name + 1;
}

static bool is_blank(const struct reading *reading, int64_t row, int64_t column, int64_t end)
{
    for (int64_t i = column; i < end; i++)
        if (at(reading, row, i)->character != ' ')
            return false;
    return true;
}

/* [name], with rows of [    ] below that belong to it. The longest name that fits is taken. */
static void find_line_box(struct reading *reading, int64_t row, int64_t column)
{
    uintptr_t name, best = 0;
    int64_t end = 0, height = 1;
    for (int64_t x = column + 1; x < reading->width; x++) {
        uint32_t character = at(reading, row, x)->character;
        if (character == ']' && find_name(reading, row, column + 1, x, &name)) {
            best = name;
            end = x;
        }
        if (x - column > (int64_t)reading->longest + 1 && character != ' ')
            break;
    }
    if (!end)
        return;
    while (row + height < reading->height && at(reading, row + height, column)->character == '[' &&
           at(reading, row + height, end)->character == ']' && is_blank(reading, row + height, column + 1, end))
        height++;
    claim(reading, row, column, height, end - column + 1, best);
}

/* The characters of a border, beginning with the top left corner. */
struct border {
    uint32_t top_left, top_right, bottom_left, bottom_right, level, upright;
};

static const struct border borders[2] = {
    {0x250c, 0x2510, 0x2514, 0x2518, 0x2500, 0x2502},
    {'.', ',', '`', '\'', '-', '|'},
};

static bool is_level(const struct reading *reading, int64_t row, int64_t from, int64_t end, uint32_t level)
{
    for (int64_t x = from; x < end; x++)
        if (at(reading, row, x)->character != level)
            return false;
    return true;
}

static void find_full_box(struct reading *reading, int64_t row, int64_t column, const struct border *border)
{
    int64_t right = column + 1, bottom = row + 1;
    uintptr_t name;
    while (at(reading, row, right)->character == border->level)
        right++;
    if (at(reading, row, right)->character != border->top_right || right - column < 2)
        return;
    while (at(reading, bottom, column)->character == border->upright &&
           at(reading, bottom, right)->character == border->upright)
        bottom++;
    if (bottom - row < 2 || at(reading, bottom, column)->character != border->bottom_left ||
        at(reading, bottom, right)->character != border->bottom_right ||
        !is_level(reading, bottom, column + 1, right, border->level))
        return;
    if (find_name(reading, row + 1, column + 1, right, &name))
        claim(reading, row, column, bottom - row + 1, right - column + 1, name);
}

static void find_boxes(struct reading *reading)
{
    for (int64_t row = 0; row < reading->height; row++) {
        for (int64_t column = 0; column < reading->width; column++) {
            struct place *place = at(reading, row, column);
            if (place->box)
                continue;
            if (place->character == '[')
                find_line_box(reading, row, column);
            for (unsigned i = 0; i < 2 && !place->box; i++)
                if (place->character == borders[i].top_left)
                    find_full_box(reading, row, column, &borders[i]);
        }
    }
    for (size_t i = 0; i < reading->name_count; i++)
        reading->result->boxes_missing += !reading->found[i];
}

static unsigned unicode_opening(uint32_t character)
{
    switch (character) {
    case 0x2502:
        return NORTH | SOUTH;
    case 0x2500:
        return EAST | WEST;
    case 0x250c:
        return EAST | SOUTH;
    case 0x2510:
        return WEST | SOUTH;
    case 0x2514:
        return NORTH | EAST;
    case 0x2518:
        return NORTH | WEST;
    case 0x251c:
        return NORTH | EAST | SOUTH;
    case 0x2524:
        return NORTH | SOUTH | WEST;
    case 0x252c:
        return EAST | SOUTH | WEST;
    case 0x2534:
        return NORTH | EAST | WEST;
    case 0x254b:
        return NORTH | EAST | SOUTH | WEST;
    case 0x253c:
        return NORTH | EAST | SOUTH | WEST | CROSSES;
    case 0x25ba:
        return WEST | HEAD;
    case 0x25bc:
        return NORTH | HEAD;
    default:
        return 0;
    }
}

static unsigned plain_opening(uint32_t character)
{
    switch (character) {
    case '|':
        return NORTH | SOUTH;
    case '-':
        return EAST | WEST;
    case '.':
        return EAST | SOUTH;
    case ',':
        return WEST | SOUTH;
    case '`':
        return NORTH | EAST;
    case '\'':
        return NORTH | WEST;
    case '+':
        return NORTH | EAST | SOUTH | WEST | CROSSES;
    case '*':
        return JOINS;
    case '>':
        return WEST | HEAD;
    case 'v':
        return NORTH | HEAD;
    default:
        return 0;
    }
}

static unsigned opening_at(const struct reading *reading, int64_t row, int64_t column)
{
    if (row < 0 || column < 0 || row >= reading->height || column >= reading->width)
        return 0;
    return reading->openings[row * reading->width + column];
}

/* A plain join goes on where a neighbour leads to it, and to another join only along its track. */
static unsigned resolve_join(const struct reading *reading, int64_t row, int64_t column)
{
    static const struct {
        unsigned side, facing;
        int row, column;
    } sides[4] = {{NORTH, SOUTH, -1, 0}, {EAST, WEST, 0, 1}, {SOUTH, NORTH, 1, 0}, {WEST, EAST, 0, -1}};
    unsigned openings = JOINS;
    for (unsigned i = 0; i < 4; i++) {
        unsigned other = opening_at(reading, row + sides[i].row, column + sides[i].column);
        bool along = (reading->flow == READER_LEFT_TO_RIGHT) == (sides[i].row != 0);
        if (other & JOINS ? along : (other & sides[i].facing) != 0)
            openings |= sides[i].side;
    }
    return openings;
}

static void find_openings(struct reading *reading)
{
    int64_t count = reading->width * reading->height;
    reading->plain = true;
    for (int64_t i = 0; i < count; i++)
        if (!reading->places[i].box && unicode_opening(reading->places[i].character))
            reading->plain = false;
    for (int64_t i = 0; i < count; i++)
        if (!reading->places[i].box)
            reading->openings[i] = (uint8_t)(reading->plain ? plain_opening(reading->places[i].character)
                                                            : unicode_opening(reading->places[i].character));
    for (int64_t row = 0; row < reading->height; row++)
        for (int64_t column = 0; column < reading->width; column++)
            if (opening_at(reading, row, column) & JOINS)
                reading->openings[row * reading->width + column] = (uint8_t)resolve_join(reading, row, column);
}

static uint32_t root_of(const struct reading *reading, uint32_t strand)
{
    uint32_t *strands = reading->strands;
    while (strands[strand] != strand) {
        strands[strand] = strands[strands[strand]];
        strand = strands[strand];
    }
    return strand;
}

/* The strand of a cell that goes on upright or level. */
static uint32_t strand_at(const struct reading *reading, int64_t row, int64_t column, bool upright)
{
    bool second = upright && (opening_at(reading, row, column) & CROSSES);
    return (uint32_t)(2 * (row * reading->width + column) + second);
}

static void join(struct reading *reading, uint32_t a, uint32_t b)
{
    reading->strands[root_of(reading, a)] = root_of(reading, b);
}

/* Joins a cell with what lies to its right and below, and counts sides that lead nowhere. */
static void follow(struct reading *reading, int64_t row, int64_t column)
{
    unsigned here = opening_at(reading, row, column);
    unsigned right = opening_at(reading, row, column + 1), below = opening_at(reading, row + 1, column);
    if ((here & EAST) && (right & WEST))
        join(reading, strand_at(reading, row, column, false), strand_at(reading, row, column + 1, false));
    if ((here & SOUTH) && (below & NORTH))
        join(reading, strand_at(reading, row, column, true), strand_at(reading, row + 1, column, true));
    bool to_right = reading->flow == READER_LEFT_TO_RIGHT;
    unsigned left = opening_at(reading, row, column - 1), above = opening_at(reading, row - 1, column);
    bool leaves_left = to_right && at(reading, row, column - 1)->box;
    bool leaves_above = !to_right && at(reading, row - 1, column)->box;
    size_t loose = 0;
    loose += (here & EAST) && !(right & WEST);
    loose += (here & SOUTH) && !(below & NORTH);
    loose += (here & WEST) && !(left & EAST) && !leaves_left;
    loose += (here & NORTH) && !(above & SOUTH) && !leaves_above;
    reading->result->loose_ends += loose;
}

/* One end of a strand at a box. */
struct contact {
    uint32_t strand, box;
};

struct contacts {
    struct contact *items;
    size_t count, capacity;
};

static int compare_contacts(const void *a, const void *b)
{
    const struct contact *first = a, *second = b;
    if (first->strand != second->strand)
        return first->strand < second->strand ? -1 : 1;
    return (first->box > second->box) - (first->box < second->box);
}

static void add_contact(struct contacts *contacts, uint32_t strand, uint32_t box)
{
    memory_grow(&contacts->items, &contacts->capacity, contacts->count + 1, sizeof *contacts->items);
    contacts->items[contacts->count++] = (struct contact){strand, box - 1};
}

/* Where strands leave boxes without an arrowhead, and where arrowheads point into boxes. */
static void find_contacts(struct reading *reading, struct contacts *leaving, struct contacts *entering)
{
    bool to_right = reading->flow == READER_LEFT_TO_RIGHT;
    for (int64_t row = 0; row < reading->height; row++) {
        for (int64_t column = 0; column < reading->width; column++) {
            unsigned here = opening_at(reading, row, column);
            if (!here)
                continue;
            uint32_t before = (to_right ? at(reading, row, column - 1) : at(reading, row - 1, column))->box;
            uint32_t after = (to_right ? at(reading, row, column + 1) : at(reading, row + 1, column))->box;
            uint32_t strand = root_of(reading, strand_at(reading, row, column, !to_right));
            if (before && (here & (to_right ? WEST : NORTH)))
                add_contact(leaving, strand, before);
            if (after && (here & HEAD))
                add_contact(entering, strand, after);
            else if (here & HEAD)
                reading->result->loose_ends++;
        }
    }
    if (leaving->count)
        qsort(leaving->items, leaving->count, sizeof *leaving->items, compare_contacts);
    if (entering->count)
        qsort(entering->items, entering->count, sizeof *entering->items, compare_contacts);
}

static int compare_edges(const void *a, const void *b)
{
    const struct reader_edge *first = a, *second = b;
    if (first->source != second->source)
        return first->source < second->source ? -1 : 1;
    return (first->target > second->target) - (first->target < second->target);
}

static size_t sort_edges(struct reader_edge *edges, size_t count)
{
    size_t unique = 0;
    if (count)
        qsort(edges, count, sizeof *edges, compare_edges);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || compare_edges(&edges[i], &edges[i - 1]) != 0)
            edges[unique++] = edges[i];
    return unique;
}

/* Every strand states an edge from each box that it leaves to each box that it enters. */
static enum status state_edges(
    struct reading *reading, const struct contacts *leaving, const struct contacts *entering, struct error *error)
{
    struct reader_result *result = reading->result;
    size_t capacity = 0, first = 0;
    for (size_t i = 0; i < leaving->count; i++) {
        uint32_t strand = leaving->items[i].strand;
        while (first < entering->count && entering->items[first].strand < strand)
            first++;
        for (size_t k = first; k < entering->count && entering->items[k].strand == strand; k++) {
            if (result->edge_count == LIMIT)
                return error_set(error, STATUS_TOO_LARGE, "a drawing that states more than %d edges", LIMIT);
            memory_grow(&result->edges, &capacity, result->edge_count + 1, sizeof *result->edges);
            result->edges[result->edge_count++] = (struct reader_edge){leaving->items[i].box, entering->items[k].box};
        }
    }
    result->edge_count = sort_edges(result->edges, result->edge_count);
    return STATUS_OK;
}

static enum status read_lines(struct reading *reading, struct error *error)
{
    struct contacts leaving = {0}, entering = {0};
    int64_t count = 2 * reading->width * reading->height;
    find_openings(reading);
    for (int64_t i = 0; i < count; i++)
        reading->strands[i] = (uint32_t)i;
    for (int64_t row = 0; row < reading->height; row++)
        for (int64_t column = 0; column < reading->width; column++)
            if (opening_at(reading, row, column))
                follow(reading, row, column);
    find_contacts(reading, &leaving, &entering);
    enum status status = state_edges(reading, &leaving, &entering, error);
    free(leaving.items);
    free(entering.items);
    return status;
}

enum status reader_read(const char *text, const char *const *names, size_t name_count, enum reader_flow flow,
    struct reader_result *result, struct error *error)
{
    struct reading reading = {.flow = flow, .names = names, .name_count = name_count, .result = result};
    *result = (struct reader_result){0};
    text_init(&reading.spelled, 0);
    reading.index = map_new();
    reading.found = memory_new_array(name_count, 1);
    enum status status = make_grid(&reading, text, error);
    if (status == STATUS_OK) {
        index_names(&reading);
        find_boxes(&reading);
        status = read_lines(&reading, error);
    }
    if (status != STATUS_OK)
        reader_result_release(result);
    map_free(reading.index);
    text_release(&reading.spelled);
    free(reading.found);
    free(reading.places);
    free(reading.openings);
    free(reading.strands);
    return status;
}

void reader_result_release(struct reader_result *result)
{
    free(result->edges);
    *result = (struct reader_result){0};
}

void reader_compare(const struct reader_result *result, const uint32_t *sources, const uint32_t *targets,
    size_t edge_count, size_t *missing, size_t *false_edges)
{
    struct reader_edge *wanted = memory_new_array(edge_count, sizeof *wanted);
    for (size_t i = 0; i < edge_count; i++)
        wanted[i] = (struct reader_edge){sources[i], targets[i]};
    edge_count = sort_edges(wanted, edge_count);
    size_t i = 0, k = 0;
    *missing = *false_edges = 0;
    while (i < edge_count || k < result->edge_count) {
        int order = i == edge_count ? 1 : k == result->edge_count ? -1 : compare_edges(&wanted[i], &result->edges[k]);
        *missing += order < 0;
        *false_edges += order > 0;
        i += order <= 0;
        k += order >= 0;
    }
    free(wanted);
}

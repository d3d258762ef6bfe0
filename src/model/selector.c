/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/selector.h"

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/model/host_list.h"

enum { SUGGESTIONS = 3 };

static unsigned smaller(unsigned one, unsigned other)
{
    return one < other ? one : other;
}

/* Three rows of the table of distances between all beginnings of both: this one and the two before it. */
static unsigned fill_row(const char *one, const char *other, size_t i, size_t width, unsigned *rows[3])
{
    unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
    unsigned least = row[0] = (unsigned)i;
    for (size_t j = 1; j <= width; j++) {
        unsigned replaced = above[j - 1] + (one[i - 1] != other[j - 1]);
        row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
            row[j] = smaller(row[j], two_above[j - 2] + 1);
        least = smaller(least, row[j]);
    }
    return least;
}

unsigned selector_distance(const char *one, const char *other, unsigned limit)
{
    size_t height = strlen(one), width = strlen(other);
    if ((height > width ? height - width : width - height) > limit)
        return limit + 1;
    unsigned *memory = memory_new_array(3 * (width + 1), sizeof *memory);
    unsigned *rows[3] = {memory, memory + width + 1, memory + 2 * (width + 1)};
    unsigned least[2] = {0, 0}; /* of the last two rows: a swap reaches over one */
    size_t i = 0;
    for (size_t j = 0; j <= width; j++)
        rows[0][j] = (unsigned)j;
    while (i < height && smaller(least[0], least[1]) <= limit) {
        i++;
        least[i % 2] = fill_row(one, other, i, width, rows);
    }
    unsigned distance = i == height ? smaller(rows[i % 3][width], limit + 1) : limit + 1;
    free(memory);
    return distance;
}

static const char *next_character(const char *name)
{
    for (name++; ((unsigned char)*name & 0xc0) == 0x80;)
        name++;
    return name;
}

bool selector_glob(const char *pattern, const char *name)
{
    const char *star = NULL, *retry = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern == '?') {
            pattern++;
            name = next_character(name);
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = retry = next_character(retry);
        } else {
            return false;
        }
    }
    return !pattern[strspn(pattern, "*")];
}

/* Sets node index aside as one of the nearest, which are sorted by distance. */
static size_t keep_nearest(size_t *nearest, unsigned *distances, size_t count, size_t index, unsigned distance)
{
    size_t place = count;
    while (place > 0 && distances[place - 1] > distance)
        place--;
    if (place == SUGGESTIONS)
        return count;
    for (size_t i = count < SUGGESTIONS ? count : SUGGESTIONS - 1; i > place; i--) {
        nearest[i] = nearest[i - 1];
        distances[i] = distances[i - 1];
    }
    nearest[place] = index;
    distances[place] = distance;
    return count < SUGGESTIONS ? count + 1 : count;
}

static enum status tell_unknown(const struct workflow *workflow, const char *name, struct error *error)
{
    size_t nearest[SUGGESTIONS], count = 0;
    unsigned distances[SUGGESTIONS], limit = strlen(name) < 9 ? 2 : (unsigned)(strlen(name) / 4);
    for (size_t i = 0; i < workflow->node_count; i++) {
        unsigned distance = selector_distance(name, workflow->nodes[i].name, limit);
        if (distance <= limit)
            count = keep_nearest(nearest, distances, count, i, distance);
    }
    struct text sentence;
    text_init(&sentence, sizeof error->message - 1);
    text_append_format(&sentence, "no node is called %s", name);
    for (size_t i = 0; i < count; i++)
        text_append_format(&sentence, "%s%s",
            i == 0          ? "; did you mean "
            : i + 1 < count ? ", "
                            : " or ",
            workflow->nodes[nearest[i]].name);
    enum status status = error_set(error, STATUS_NOT_FOUND, "%s%s", sentence.data, count ? "?" : "");
    text_release(&sentence);
    return status;
}

static bool view_matches(const struct node_view *view, const char *word)
{
    return (view->outdated && strcmp(word, "outdated") == 0) || (view->stale && strcmp(word, "stale") == 0) ||
           (view->blocked_by_count && strcmp(word, "blocked") == 0) || strcmp(word, state_word(view->state)) == 0;
}

static enum status select_state(
    const char *word, const struct workflow *workflow, const struct node_view *views, bool *set, struct error *error)
{
    enum node_state state;
    if (!state_from_word(word, &state) && strcmp(word, "outdated") && strcmp(word, "stale") && strcmp(word, "blocked"))
        return error_set(error, STATUS_INVALID, "@%s is no state; they are described under STATES in dagtop(1)", word);
    if (!views)
        return error_set(error, STATUS_INVALID, "@%s cannot be used here: no states are known", word);
    for (size_t i = 0; i < workflow->node_count; i++)
        set[i] |= view_matches(&views[i], word);
    return STATUS_OK;
}

static enum status select_glob(const char *pattern, const struct workflow *workflow, bool *set, struct error *error)
{
    bool any = false;
    for (size_t i = 0; i < workflow->node_count; i++) {
        if (selector_glob(pattern, workflow->nodes[i].name))
            any = set[i] = true;
    }
    return any ? STATUS_OK : error_set(error, STATUS_NOT_FOUND, "no node matches %s", pattern);
}

static enum status select_name(
    const char *name, const struct workflow *workflow, const struct node_view *views, bool *set, struct error *error)
{
    size_t index;
    if (workflow_find(workflow, name, &index)) {
        set[index] = true;
        return STATUS_OK;
    }
    if (*name == '@')
        return select_state(name + 1, workflow, views, set, error);
    if (strpbrk(name, "*?"))
        return select_glob(name, workflow, set, error);
    return tell_unknown(workflow, name, error);
}

enum status selector_apply(const char *selector, const struct workflow *workflow, const struct node_view *views,
    bool *set, struct error *error)
{
    struct name_list names;
    size_t index;
    name_list_init(&names);
    bool *found = memory_new_array(workflow->node_count, sizeof *found);
    enum status status = STATUS_OK;
    if (workflow_find(workflow, selector, &index))
        found[index] = true;
    else
        status = host_list_expand(selector, &names, error);
    for (size_t i = 0; i < names.count && status == STATUS_OK; i++)
        status = select_name(names.names[i], workflow, views, found, error);
    for (size_t i = 0; i < workflow->node_count && status == STATUS_OK; i++)
        set[i] |= found[i];
    name_list_release(&names);
    free(found);
    return status;
}

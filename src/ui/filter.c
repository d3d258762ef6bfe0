/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "filter.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/selector.h"

enum filter_kind {
    FILTER_PART,
    FILTER_PATTERN,
    FILTER_EXPRESSION,
    FILTER_STATE,
    FILTER_HOST,
    FILTER_KIND,
    FILTER_VALUE
};

enum { EXPRESSION_PLUS_LIMIT = 6 };

enum { COMPARE_LESS = 1, COMPARE_EQUAL = 2, COMPARE_MORE = 4, COMPARE_UNEQUAL = COMPARE_LESS | COMPARE_MORE };

struct filter_term {
    enum filter_kind kind;
    bool inverse, exact_case;
    char *word;       /* or the name of a value */
    char *wanted;     /* what a value is compared with */
    unsigned compare; /* what of COMPARE_ fits */
    regex_t expression;
};

static bool has_capitals(const char *word)
{
    for (; *word; word++) {
        if (isupper((unsigned char)*word))
            return true;
    }
    return false;
}

/* "loss<=0.3": a name, what is compared, and with what; false where the word is nothing like it. */
static bool read_comparison(struct filter_term *term, const char *word)
{
    static const struct {
        const char *sign;
        unsigned compare;
    } signs[] = {{"<=", COMPARE_LESS | COMPARE_EQUAL}, {">=", COMPARE_MORE | COMPARE_EQUAL}, {"!=", COMPARE_UNEQUAL},
        {"<", COMPARE_LESS}, {">", COMPARE_MORE}, {"=", COMPARE_EQUAL}};
    size_t name = strcspn(word, "<>=!");
    if (name == 0 || word[name] == '\0')
        return false;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t length = strlen(signs[i].sign);
        if (strncmp(word + name, signs[i].sign, length) != 0 || word[name + length] == '\0')
            continue;
        term->kind = FILTER_VALUE;
        term->word = memory_copy_span(word, name);
        term->wanted = memory_copy_text(word + name + length);
        term->compare = signs[i].compare;
        return true;
    }
    return false;
}

/*
 * Whether compiling and matching are sure to be quick: the C library copies what stands before + and {n}, each time
 * anew where they are nested, and goes back and forth for \1.
 */
static bool is_affordable(const char *word)
{
    size_t plus = 0;
    for (const char *letter = word; *letter; letter++) {
        bool repeats = strchr("*+?", *letter) != NULL;
        if (*letter == '\\' && letter[1] >= '1' && letter[1] <= '9')
            return false;
        if (*letter == '\\' && letter[1]) {
            letter++;
            continue;
        }
        plus += *letter == '+';
        if (*letter == '{' || (repeats && letter[1] && strchr("*+?", letter[1])) || plus > EXPRESSION_PLUS_LIMIT)
            return false;
    }
    return true;
}

static void read_expression(struct filter *filter, struct filter_term *term, const char *word)
{
    char reason[120];
    if (!is_affordable(word)) {
        term->kind = FILTER_PART;
        if (!filter->mistake)
            filter->mistake = memory_format("%.60s: too much repetition", word);
        return;
    }
    int flags = REG_EXTENDED | REG_NOSUB | (term->exact_case ? 0 : REG_ICASE);
    int failed = regcomp(&term->expression, word, flags);
    term->kind = failed ? FILTER_PART : FILTER_EXPRESSION;
    if (!failed || filter->mistake)
        return;
    regerror(failed, &term->expression, reason, sizeof reason);
    filter->mistake = memory_format("%.60s: %s", word, reason);
}

static void read_word(struct filter *filter, const char *word)
{
    struct filter_term term = {0};
    for (; *word == '!'; word++)
        term.inverse = !term.inverse;
    if (*word == '\0')
        return;
    term.exact_case = has_capitals(word);
    if (word[0] == '@') {
        term.kind = FILTER_STATE;
        word++;
    } else if (strncmp(word, "host:", 5) == 0 || strncmp(word, "kind:", 5) == 0) {
        term.kind = word[0] == 'h' ? FILTER_HOST : FILTER_KIND;
        word += 5;
    } else if (read_comparison(&term, word)) {
        word = NULL;
    } else if (strpbrk(word, "^$[](){}|+\\")) {
        read_expression(filter, &term, word);
    } else if (strstr(word, ".*")) {
        read_expression(filter, &term, word);
    } else {
        term.kind = strpbrk(word, "*?") ? FILTER_PATTERN : FILTER_PART;
    }
    if (word)
        term.word = memory_copy_text(word);
    memory_grow(&filter->terms, &filter->capacity, filter->count + 1, sizeof *filter->terms);
    filter->terms[filter->count++] = term;
}

void filter_release(struct filter *filter)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->terms[i].kind == FILTER_EXPRESSION)
            regfree(&filter->terms[i].expression);
        free(filter->terms[i].word);
        free(filter->terms[i].wanted);
    }
    free(filter->terms);
    free(filter->mistake);
    *filter = (struct filter){0};
}

void filter_compile(struct filter *filter, const char *text)
{
    char *copy = memory_copy_text(text), *rest = copy;
    filter_release(filter);
    for (char *word; (word = strtok_r(rest, " ", &rest));)
        read_word(filter, word);
    free(copy);
}

static bool fits_state(const char *word, const struct filter_subject *subject)
{
    const struct node_view *view = subject->view;
    size_t length = strlen(word);
    return length == 0 || strncasecmp(state_word(view->state), word, length) == 0 ||
           (view->outdated && strncasecmp("outdated", word, length) == 0) ||
           (view->stale && strncasecmp("stale", word, length) == 0) ||
           (view->blocked_by_count > 0 && strncasecmp("blocked", word, length) == 0) ||
           (subject->marked && strncasecmp("marked", word, length) == 0);
}

static bool fits_part(const struct filter_term *term, const char *name)
{
    if (term->word[0] == '\0')
        return true;
    if (strpbrk(term->word, "*?"))
        return selector_glob(term->word, name);
    return term->exact_case ? strstr(name, term->word) != NULL : strcasestr(name, term->word) != NULL;
}

/* A parameter comes before a metric of its name, which "metric.epoch" is. */
static const char *parameter_or_metric(const char *name, const struct filter_subject *subject)
{
    const struct attributes *metrics = &subject->observation->report.metrics;
    if (strncmp(name, "metric.", 7) == 0 && attributes_get(metrics, name + 7))
        return attributes_get(metrics, name + 7);
    const char *parameter = attributes_get(&subject->node->sweep, name);
    return parameter ? parameter : attributes_get(metrics, name);
}

/* The value of that name, as a number; false where the node has none, or it is none. */
static bool number_of(const char *name, const struct filter_subject *subject, const char **text, double *number)
{
    const struct node_view *view = subject->view;
    *text = parameter_or_metric(name, subject);
    if (*text) {
        char *end;
        *number = strtod(*text, &end);
        return end != *text && *end == '\0';
    }
    if (strcmp(name, "progress") == 0)
        *number = view->progress;
    else if (strcmp(name, "attempt") == 0)
        *number = view->attempt;
    else if (strcmp(name, "exit") == 0)
        *number = view->exit_code;
    else if (strcmp(name, "time") == 0)
        *number = subject->elapsed < 0 ? -1 : (double)subject->elapsed / 1000;
    else
        return false;
    return *number >= 0;
}

static bool fits_value(const struct filter_term *term, const struct filter_subject *subject)
{
    const char *text = NULL;
    double number = 0;
    char *end;
    double wanted = strtod(term->wanted, &end);
    bool is_number = number_of(term->word, subject, &text, &number);
    int order;
    if (*end == '\0' && is_number)
        order = number < wanted ? -1 : number > wanted;
    else if (text)
        order = strcmp(text, term->wanted);
    else
        return false;
    return term->compare & (order < 0 ? COMPARE_LESS : order > 0 ? COMPARE_MORE : COMPARE_EQUAL);
}

static bool term_fits(const struct filter_term *term, const struct filter_subject *subject)
{
    switch (term->kind) {
    case FILTER_PART:
        return term->exact_case ? strstr(subject->node->name, term->word) != NULL
                                : strcasestr(subject->node->name, term->word) != NULL;
    case FILTER_PATTERN:
        return selector_glob(term->word, subject->node->name);
    case FILTER_EXPRESSION:
        return regexec(&term->expression, subject->node->name, 0, NULL, 0) == 0;
    case FILTER_STATE:
        return fits_state(term->word, subject);
    case FILTER_HOST:
        return fits_part(term, subject->node->host);
    case FILTER_KIND:
        return fits_part(term, node_kind_word(subject->node->kind));
    case FILTER_VALUE:
        break;
    }
    return fits_value(term, subject);
}

bool filter_fits(const struct filter *filter, const struct filter_subject *subject)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (term_fits(&filter->terms[i], subject) == filter->terms[i].inverse)
            return false;
    }
    return true;
}

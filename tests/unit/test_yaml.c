/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML door: what trees look like, and that no file makes it large, deep or slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/text.h"
#include "dagtop/load/document.h"

struct parsed {
    struct error_list errors;
    struct reading reading;
    struct document *document;
    const struct value *root;
    enum status status;
};

static void parse_bytes(struct parsed *parsed, const char *bytes, size_t length)
{
    error_list_init(&parsed->errors);
    reading_init(&parsed->reading, "x.yaml", &parsed->errors, NULL);
    parsed->status = document_parse(&parsed->reading, bytes, length, &parsed->document, &parsed->root);
}

static void parse(struct parsed *parsed, const char *yaml)
{
    parse_bytes(parsed, yaml, strlen(yaml));
}

static void release(struct parsed *parsed)
{
    document_free(parsed->document);
    error_list_release(&parsed->errors);
}

/* The tree in one line: {key:value,} [item,] and ~ for null. */
static void append_value(struct text *text, const struct value *value)
{
    if (value->kind == VALUE_NULL || value->kind == VALUE_TEXT) {
        text_append_string(text, value->kind == VALUE_NULL ? "~" : value->text);
        return;
    }
    text_append_byte(text, value->kind == VALUE_MAP ? '{' : '[');
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i].key)
            text_append_format(text, "%s:", value->items[i].key->text);
        append_value(text, value->items[i].value);
        text_append_byte(text, ',');
    }
    text_append_byte(text, value->kind == VALUE_MAP ? '}' : ']');
}

static void test_trees(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "~"},
        {"# only a comment\n", "~"},
        {"a: 1\nb: [x, 'y', \"z\"]\nc: {d: e}\n", "{a:1,b:[x,y,z,],c:{d:e,},}"},
        {"[~, null, Null, NULL, '', 'null', nULL, !!str null]", "[~,~,~,~,,null,nULL,null,]"},
        {"a: &x {b: 1}\nc: *x\n", "{a:{b:1,},c:{b:1,},}"},
        {"a: &x 1\nb: &x 2\nc: *x\n", "{a:1,b:2,c:2,}"},
        {"a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n", "{a:{b:1,c:2,},d:{b:3,c:2,},}"},
        {"d:\n  <<: [{a: 1}, {a: 2, b: 2}]\n  '<<': x\n", "{d:{<<:x,a:1,b:2,},}"},
        {"a: |\n  one\n  two\n", "{a:one\ntwo\n,}"},
        {"{a: , b: }", "{a:~,b:~,}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        struct text text;
        text_init(&text, 0);
        parse(&parsed, cases[i][0]);
        assert_int_equal(parsed.status, STATUS_OK);
        assert_false(parsed.reading.failed);
        append_value(&text, parsed.root);
        assert_string_equal(text.data, cases[i][1]);
        text_release(&text);
        release(&parsed);
    }
}

static void test_places(void **state)
{
    (void)state;
    struct parsed parsed;
    parse(&parsed, "a: one\nlonger:\n  - 'two'\n  - \"t\\too\"\n  - >\n    folded\n");
    const struct value *list = value_get(parsed.root, "longer"), *one = value_get(parsed.root, "a");
    assert_int_equal(one->place.line, 1);
    assert_int_equal(one->place.column, 4);
    assert_true(one->exact);
    assert_int_equal(list->items[0].value->place.line, 3);
    assert_int_equal(list->items[0].value->text_column, 6);
    assert_true(list->items[0].value->exact);
    assert_false(list->items[1].value->exact);
    assert_false(list->items[2].value->exact);
    assert_int_equal(parsed.root->items[1].key->place.line, 2);
    assert_null(value_get(parsed.root, "two"));
    assert_null(value_get(list, "two"));
    release(&parsed);
}

static void test_keys_stand_once(void **state)
{
    (void)state;
    struct parsed parsed;
    struct text yaml;
    text_init(&yaml, 0);
    for (int i = 0; i < 40; i++)
        text_append_format(&yaml, "k%d: %d\n", i % 20, i);
    parse(&parsed, yaml.data);
    assert_int_equal(parsed.status, STATUS_OK);
    assert_int_equal(parsed.errors.count, 20);
    assert_int_equal(parsed.root->count, 20);
    assert_string_equal(value_get(parsed.root, "k19")->text, "19");
    assert_int_equal(parsed.errors.errors[0].line, 21);
    assert_string_equal(
        parsed.errors.errors[0].message, "the key \"k0\" stands at line 1, column 1 already, expected it once");
    release(&parsed);
    text_release(&yaml);
}

/* STATUS_INVALID, no tree, and one message at that line that holds that part. */
static void assert_refused(const char *bytes, size_t length, unsigned line, const char *part)
{
    struct parsed parsed;
    parse_bytes(&parsed, bytes, length);
    assert_int_equal(parsed.status, STATUS_INVALID);
    assert_null(parsed.root);
    assert_null(parsed.document);
    assert_int_equal(parsed.errors.count, 1);
    assert_int_equal(parsed.errors.errors[0].line, line);
    assert_non_null(strstr(parsed.errors.errors[0].message, part));
    release(&parsed);
}

/* Each of nine lines holds nine times the line before: 9^9 values. */
static void test_aliases_that_explode(void **state)
{
    (void)state;
    struct text yaml;
    text_init(&yaml, 0);
    text_append_string(&yaml, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        text_append_format(&yaml, "a%d: &a%d [", i, i);
        for (int j = 0; j < 9; j++)
            text_append_format(&yaml, "%s*a%d", j ? ", " : "", i - 1);
        text_append_string(&yaml, "]\n");
    }
    assert_refused(yaml.data, yaml.length, 7, "expand to over 256 MiB");
    text_release(&yaml);
}

static void test_merges_that_explode(void **state)
{
    (void)state;
    struct text yaml;
    text_init(&yaml, 0);
    text_append_string(&yaml, "a: &a {");
    for (int i = 0; i < 20000; i++)
        text_append_format(&yaml, "k%d: x, ", i);
    text_append_string(&yaml, "}\nb:\n");
    for (int i = 0; i < 20000; i++)
        text_append_string(&yaml, "  - {<<: *a}\n");
    struct parsed parsed;
    parse_bytes(&parsed, yaml.data, yaml.length);
    assert_int_equal(parsed.status, STATUS_INVALID);
    assert_non_null(strstr(parsed.errors.errors[0].message, "expand to over 256 MiB"));
    release(&parsed);
    text_release(&yaml);
}

static void test_long_text_repeated(void **state)
{
    (void)state;
    struct text yaml;
    text_init(&yaml, 0);
    text_append_string(&yaml, "a: &a ");
    for (int i = 0; i < 1 << 20; i++)
        text_append_byte(&yaml, 'x');
    text_append_string(&yaml, "\nb:\n");
    for (int i = 0; i < 300; i++)
        text_append_string(&yaml, "  - *a\n");
    assert_refused(yaml.data, yaml.length, 258, "expand to over 256 MiB");
    text_release(&yaml);
}

static void test_deep_nesting(void **state)
{
    (void)state;
    struct text yaml;
    struct parsed parsed;
    text_init(&yaml, 0);
    for (int i = 0; i < 100000; i++)
        text_append_byte(&yaml, '[');
    assert_refused(yaml.data, yaml.length, 1, "nested over 100 deep");
    text_clear(&yaml);
    for (int i = 0; i < 200; i++)
        text_append_byte(&yaml, i < 100 ? '[' : ']');
    parse(&parsed, yaml.data);
    assert_int_equal(parsed.status, STATUS_OK);
    release(&parsed);
    text_release(&yaml);
}

static void test_too_many_values(void **state)
{
    (void)state;
    struct text yaml;
    text_init(&yaml, 0);
    for (int i = 0; i < DOCUMENT_VALUES_LIMIT; i++)
        text_append_string(&yaml, "- \n");
    assert_refused(yaml.data, yaml.length, DOCUMENT_VALUES_LIMIT, "over 2000000 values");
    text_release(&yaml);
}

static void test_too_many_bytes(void **state)
{
    (void)state;
    struct parsed parsed;
    char *bytes = calloc(1, DOCUMENT_BYTES_LIMIT + 1);
    assert_non_null(bytes);
    parse_bytes(&parsed, bytes, DOCUMENT_BYTES_LIMIT + 1);
    assert_int_equal(parsed.status, STATUS_TOO_LARGE);
    assert_string_equal(parsed.errors.errors[0].message, "the file is over 64 MiB, expected less");
    release(&parsed);
    free(bytes);
}

static void test_no_yaml(void **state)
{
    (void)state;
    assert_refused("a: b\na: [\n", 10, 3, "not valid YAML");
    assert_refused("a:\n\tb: c\n", 9, 2, "indented by a tab");
    assert_refused("a: b\nc: \xff\n", 10, 2, "expected UTF-8");
    assert_refused("a: b\x01\n", 6, 1, "control characters are not allowed");
    assert_refused("a: 1\n---\nb: 2\n", 14, 2, "a second YAML document");
    assert_refused("a: 1\0b", 6, 1, "control characters are not allowed");
}

static void test_quote(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof text);
    memcpy(text + 240, "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc", 12);
    text[599] = '\0';
    struct quoted quoted = quote(text);
    size_t length = strlen(quoted.bytes);
    assert_string_equal(quote("a").bytes, "\"a\"");
    assert_true(length < sizeof quoted.bytes);
    assert_string_equal(quoted.bytes + length - 6, "\u00fc...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_keys_stand_once),
        cmocka_unit_test(test_aliases_that_explode),
        cmocka_unit_test(test_merges_that_explode),
        cmocka_unit_test(test_long_text_repeated),
        cmocka_unit_test(test_deep_nesting),
        cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_too_many_bytes),
        cmocka_unit_test(test_no_yaml),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

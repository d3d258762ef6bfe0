/* SPDX-License-Identifier: Apache-2.0 */
/* A good file with random damage is always a workflow or a list of mistakes with places, and large files load fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/clock.h"
#include "dagtop/base/text.h"
#include "dagtop/load/workflow_file.h"

enum { MUTATIONS = 1000, NODES = 10000 };

static const char good[] = "workflow:\n"
                           "  name: good\n"
                           "  directory: ~/experiment\n"
                           "  jobs: 4\n"
                           "  defaults: &defaults {kind: local, label: '{name}', env: {A: 1}}\n"
                           "  nodes:\n"
                           "    start: {shape: diamond}\n"
                           "    fetch-data:\n"
                           "      script: fetch-data.sh\n"
                           "      files: [a.awk, \"b.awk\"]\n"
                           "      timeout: 1h30m\n"
                           "    train-1: {kind: ssh, host: h, exec: 'echo 1', retries: 2, sweep: {lr: 0.1}}\n"
                           "    train-2: {kind: slurm, host: c, exec: 'echo 2', slurm: {time: \"01:00:00\"}}\n"
                           "    end:\n"
                           "      <<: *defaults\n"
                           "      exec: |\n"
                           "        one\n"
                           "        two\n"
                           "  dependencies:\n"
                           "    - start,fetch-data\n"
                           "    - [fetch-data, 'train-[1-2]', [end, extra]]\n"
                           "colors:\n"
                           "  status: {ready: white, done: '#CCFFCC'}\n";

/* xorshift64* (Vigna 2016): the same numbers in every run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1du;
}

/* One random damage: a byte changed, put in or taken out, a part taken out or doubled, two lines swapped in. */
static void mutate(struct text *text, uint64_t *seed)
{
    static const char bytes[] = "\n\t :-[]{},&*!|>'\"%@`#?~.<a0/\\\x01\x7f\x80\xc3\xff";
    struct text changed;
    size_t at = next_random(seed) % text->length, length = 1 + next_random(seed) % 40;
    if (length > text->length - at)
        length = text->length - at;
    char byte = bytes[next_random(seed) % (sizeof bytes - 1)];
    size_t source = next_random(seed) % (text->length - length + 1);
    text_init(&changed, 0);
    text_append(&changed, text->data, at);
    switch (next_random(seed) % 5) {
    case 0:
        text_append_byte(&changed, byte);
        text_append(&changed, text->data + at + 1, text->length - at - 1);
        break;
    case 1:
        text_append_byte(&changed, byte);
        text_append(&changed, text->data + at, text->length - at);
        break;
    case 2:
        text_append(&changed, text->data + at + length, text->length - at - length);
        break;
    case 3:
        text_append(&changed, text->data + source, length);
        text_append(&changed, text->data + at, text->length - at);
        break;
    default:
        text_append(&changed, text->data + source, length);
        text_append(&changed, text->data + at + length, text->length - at - length);
        break;
    }
    text_release(text);
    *text = changed;
}

static void check_one(const struct text *yaml, unsigned *accepted)
{
    struct workflow *workflow;
    struct error_list errors, warnings;
    error_list_init(&errors);
    error_list_init(&warnings);
    enum status status =
        workflow_file_parse(yaml->data, yaml->length, "good.yaml", NULL, &workflow, &errors, &warnings);
    if (status == STATUS_OK) {
        assert_non_null(workflow);
        assert_int_equal(errors.count, 0);
        for (size_t i = 0; i < workflow->node_count; i++)
            free(workflow_file_checksum(workflow, i));
        ++*accepted;
    } else {
        assert_null(workflow);
        assert_true(errors.count > 0);
    }
    for (unsigned i = 0; i < errors.count; i++) {
        assert_true(errors.errors[i].line > 0);
        assert_true(errors.errors[i].column > 0);
        assert_string_not_equal(errors.errors[i].message, "");
    }
    workflow_free(workflow);
    error_list_release(&errors);
    error_list_release(&warnings);
}

static void test_mutations(void **state)
{
    (void)state;
    uint64_t seed = 20261120;
    unsigned accepted = 0;
    for (int i = 0; i < MUTATIONS; i++) {
        struct text yaml;
        text_init(&yaml, 0);
        text_append_string(&yaml, good);
        for (uint64_t rounds = 1 + next_random(&seed) % 4; rounds > 0 && yaml.length > 1; rounds--)
            mutate(&yaml, &seed);
        check_one(&yaml, &accepted);
        text_release(&yaml);
    }
    print_message("%u of %d damaged files still load\n", accepted, MUTATIONS);
    assert_in_range(accepted, 1, MUTATIONS - 1);
}

static void test_every_beginning(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (size_t length = 0; length < sizeof good; length++) {
        struct text yaml;
        text_init(&yaml, 0);
        text_append(&yaml, good, length);
        check_one(&yaml, &accepted);
        text_release(&yaml);
    }
    assert_in_range(accepted, 1, sizeof good);
}

/* A small text that names very many nodes or edges is a mistake, not a full memory. */
static void test_graphs_that_explode(void **state)
{
    (void)state;
    static const char *const files[] = {
        "workflow:\n  dependencies:\n    - [&a 'a[1-100000]', 'b[1-100000]']\n",
        "workflow:\n  dependencies: ['a[1-100000]', 'b[1-100000]', 'c[1-100000]']\n",
        "workflow:\n  dependencies: [['a[1-90000]', 'b[1-90000]', 'c[1-90000]', 'd[1-90000]']]\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct workflow *workflow;
        struct error_list errors;
        error_list_init(&errors);
        assert_int_equal(
            workflow_file_parse(files[i], strlen(files[i]), "x.yaml", NULL, &workflow, &errors, NULL), STATUS_INVALID);
        assert_int_equal(errors.count, 1);
        assert_non_null(strstr(errors.errors[0].message, "there are over "));
        error_list_release(&errors);
    }
}

static void test_ten_thousand_nodes(void **state)
{
    (void)state;
    struct text yaml;
    struct workflow *workflow;
    struct error_list errors;
    text_init(&yaml, 0);
    error_list_init(&errors);
    text_append_string(&yaml, "workflow:\n  nodes:\n");
    for (int i = 0; i < NODES; i++)
        text_append_format(
            &yaml, "    node-%d: {kind: local, script: /bin/true, label: '{name}', env: {N: %d}}\n", i, i);
    text_append_string(&yaml, "  dependencies:\n");
    for (int i = 10; i < NODES; i++)
        text_append_format(&yaml, "    - node-%d,node-%d\n", i - 10, i);
    int64_t start = clock_monotonic();
    assert_int_equal(workflow_file_parse(yaml.data, yaml.length, "x.yaml", NULL, &workflow, &errors, NULL), STATUS_OK);
    print_message("%d nodes in %d ms\n", NODES, (int)(clock_monotonic() - start));
    assert_int_equal(workflow->node_count, NODES);
    assert_int_equal(workflow->edge_count, NODES - 10);
    workflow_free(workflow);
    error_list_release(&errors);
    text_release(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_every_beginning),
        cmocka_unit_test(test_graphs_that_explode),
        cmocka_unit_test(test_ten_thousand_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

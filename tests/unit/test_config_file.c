/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/load/config_file.h"

static char path[] = "/tmp/dagtop-config-XXXXXX";

static int setup(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor >= 0 ? close(descriptor) : -1;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_config(const char *yaml)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(yaml, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_everything(void **state)
{
    (void)state;
    struct settings settings;
    struct error_list errors;
    settings_init(&settings);
    error_list_init(&errors);
    write_config("hosts:\n"
                 "  rivanna:\n"
                 "    user: gregor\n"
                 "    port: 2222\n"
                 "    transport: openssh\n"
                 "    base: /scratch/gregor\n"
                 "    interval: 10s\n"
                 "    queue_interval: 1m\n"
                 "    jobs: 4\n"
                 "    gpus: 2\n"
                 "    python: python3.11\n"
                 "    prologue: module load slurm\n"
                 "  localhost: {jobs: 3}\n"
                 "  empty:\n"
                 "variables: {user: gvl, card: {name: a100}}\n"
                 "defaults: {retries: 1, env: {A: 1, B: two}, timeout: 2h, team: red}\n"
                 "theme: light\n"
                 "keys: {s: start, x: cancel}\n"
                 "armed: no\n");
    assert_int_equal(config_file_load(path, &settings, &errors), STATUS_OK);
    const struct host_settings *host = settings_host(&settings, "rivanna");
    assert_int_equal(settings.host_count, 3);
    assert_string_equal(host->user, "gregor");
    assert_int_equal(host->port, 2222);
    assert_string_equal(host->transport, "openssh");
    assert_string_equal(host->base, "/scratch/gregor");
    assert_int_equal(host->interval, 10000);
    assert_int_equal(host->queue_interval, 60000);
    assert_int_equal(host->jobs, 4);
    assert_int_equal(host->gpus, 2);
    assert_string_equal(host->python, "python3.11");
    assert_string_equal(host->prologue, "module load slurm");
    assert_int_equal(settings_host(&settings, "localhost")->jobs, 3);
    assert_string_equal(attributes_get(&settings.variables, "user"), "gvl");
    assert_string_equal(attributes_get(&settings.variables, "card.name"), "a100");
    assert_string_equal(attributes_get(&settings.defaults, "env.B"), "two");
    assert_string_equal(attributes_get(&settings.defaults, "timeout"), "2h");
    assert_string_equal(settings.theme, "light");
    assert_string_equal(attributes_get(&settings.keys, "x"), "cancel");
    assert_int_equal(settings.keys.items[1].line, 18);
    assert_string_equal(settings.armed, "no");
    assert_int_equal(errors.count, 0);
    settings_release(&settings);
    error_list_release(&errors);
}

static void test_what_is_told(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"theme:\n", ""},
        {"[a]", "1:1: the file is a list, expected a map\n"},
        {"host: {a: }", "1:1: unknown key \"host\", did you mean hosts?\n"},
        {"colour: x", "1:1: unknown key \"colour\", expected one of hosts, variables, defaults, theme, keys, armed, "
                      "layout, mouse, title, bell, notify, on_failed, on_done, on_end\n"},
        {"theme: [a]", "1:8: theme is a list, expected a text\n"},
        {"armed: maybe", "1:8: armed is \"maybe\", expected ask, yes or no\n"},
        {"keys: [a]", "1:7: keys is a list, expected a map\n"},
        {"keys: {s: {a: b}}", "1:11: \"s\" in keys is a map, expected a text\n"},
        {"hosts: [a]", "1:8: hosts is a list, expected a map\n"},
        {"hosts: {a: 3}", "1:12: host \"a\": it is \"3\", expected a map\n"},
        {"hosts: {-a: }", "1:9: host \"-a\": expected a name without blanks and without a leading '-'\n"},
        {"hosts: {a: {port: 0}}", "1:19: host \"a\": port is \"0\", expected a whole number from 1 to 65535\n"},
        {"hosts: {a: {transport: telnet}}",
            "1:24: host \"a\": transport is \"telnet\", expected auto, libssh or openssh\n"},
        {"hosts: {a: {transport: [auto]}}",
            "1:24: host \"a\": transport is a list, expected auto, libssh or openssh\n"},
        {"hosts: {a: {usr: b}}", "1:13: host \"a\": unknown key \"usr\", did you mean user?\n"},
        {"hosts: {a: {interval: often}}",
            "1:23: host \"a\": interval is \"often\", expected a duration like 90s, 15m or 1h30m\n"},
        {"hosts: {a: {queue_interval: 5s}}",
            "1:29: host \"a\": queue_interval is \"5s\", expected a duration from 10 to 86400 seconds\n"},
        {"hosts: {a: }\nhosts: {b: }", "2:1: the key \"hosts\" stands at line 1, column 1 already, expected it once\n"},
        {"variables: x", "1:12: variables is \"x\", expected a map\n"},
        {"defaults: {script: x, name: y}",
            "1:12: defaults: script is each node's own, expected an attribute that many share\n"
            "1:23: defaults: name is each node's own, expected an attribute that many share\n"},
        {"defaults: {retries: x}", "1:21: defaults: retries is \"x\", expected a whole number from 0 to 100\n"},
        {"theme: [a]\narmed: x\nhosts: {a: {port: x}}\n",
            "1:8: theme is a list, expected a text\n2:8: armed is \"x\", expected ask, yes or no\n"
            "3:19: host \"a\": port is \"x\", expected a whole number from 1 to 65535\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings;
        struct error_list errors;
        struct text told;
        settings_init(&settings);
        error_list_init(&errors);
        text_init(&told, 0);
        write_config(cases[i][0]);
        enum status status = config_file_load(path, &settings, &errors);
        assert_int_equal(status, *cases[i][1] ? STATUS_INVALID : STATUS_OK);
        for (unsigned j = 0; j < errors.count; j++) {
            assert_string_equal(errors.errors[j].file, path);
            text_append_format(
                &told, "%u:%u: %s\n", errors.errors[j].line, errors.errors[j].column, errors.errors[j].message);
        }
        assert_string_equal(told.data, cases[i][1]);
        settings_release(&settings);
        error_list_release(&errors);
        text_release(&told);
    }
}

static void test_no_file(void **state)
{
    (void)state;
    struct settings settings;
    struct attributes theme;
    struct error_list errors;
    settings_init(&settings);
    attributes_init(&theme);
    error_list_init(&errors);
    assert_int_equal(config_file_load("/nowhere/config.yaml", &settings, &errors), STATUS_OK);
    assert_int_equal(errors.count, 0);
    assert_int_equal(config_file_load_map("/nowhere/dark.yaml", &theme, &errors), STATUS_NOT_FOUND);
    assert_int_equal(errors.count, 1);
    settings_release(&settings);
    error_list_release(&errors);
}

static void test_flat_map(void **state)
{
    (void)state;
    struct attributes theme;
    struct error_list errors;
    attributes_init(&theme);
    error_list_init(&errors);
    write_config("header: white on blue\nstate:\n  done: green\n  failed: bold red\n");
    assert_int_equal(config_file_load_map(path, &theme, &errors), STATUS_OK);
    assert_int_equal(theme.count, 3);
    assert_string_equal(attributes_get(&theme, "state.failed"), "bold red");
    assert_int_equal(theme.items[2].line, 4);
    assert_int_equal(theme.items[2].column, 11);
    attributes_release(&theme);
    error_list_release(&errors);
}

static void assert_path(const char *expected)
{
    char *found = config_file_path();
    if (expected)
        assert_string_equal(found, expected);
    else
        assert_null(found);
    free(found);
}

static void test_path(void **state)
{
    (void)state;
    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "/etc/me", 1), 0);
    assert_path("/etc/me/dagtop/config.yaml");
    assert_int_equal(setenv("XDG_CONFIG_HOME", "relative", 1), 0);
    assert_path("/home/me/.config/dagtop/config.yaml");
    assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
    assert_path("/home/me/.config/dagtop/config.yaml");
    assert_int_equal(unsetenv("HOME"), 0);
    assert_path(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_flat_map),
        cmocka_unit_test(test_path),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

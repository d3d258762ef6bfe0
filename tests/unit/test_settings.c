/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/settings.h"

static void test_hosts_are_found_by_name(void **state)
{
    (void)state;
    struct settings settings;
    settings_init(&settings);
    assert_null(settings_host(&settings, "red"));
    memory_grow(&settings.hosts, &settings.host_capacity, 2, sizeof *settings.hosts);
    settings.hosts[0].name = memory_copy_text("red");
    settings.hosts[1].name = memory_copy_text("blue");
    settings.hosts[1].base = memory_copy_text("/scratch");
    settings.host_count = 2;
    attributes_set(&settings.variables, "account", "bii");
    settings.theme = memory_copy_text("dark");
    assert_string_equal(settings_host(&settings, "blue")->base, "/scratch");
    assert_null(settings_host(&settings, "green"));
    settings_release(&settings);
    assert_null(settings_host(&settings, "red"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hosts_are_found_by_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "src/transport/ssh_choice.h"
#include "src/transport/ssh_gate.h"

static void test_config_is_read(void **state)
{
    (void)state;
    struct ssh_config config = {0};
    ssh_config_read(&config, "host x\nHostName h.example\nport 2022\nproxyjump none\nidentityfile ~/a b\n"
                             "identityfile /c\ngarbage\n value\nidentitiesonly yes\nempty ");
    size_t position = 0;
    assert_string_equal(ssh_config_value(&config, "hostname"), "h.example");
    assert_int_equal(ssh_config_number(&config, "port", 22), 2022);
    assert_int_equal(ssh_config_number(&config, "hostname", 22), 22);
    assert_null(ssh_config_value(&config, "proxyjump"));
    assert_true(ssh_config_is_on(&config, "identitiesonly"));
    assert_string_equal(ssh_config_next(&config, "identityfile", &position), "~/a b");
    assert_string_equal(ssh_config_next(&config, "identityfile", &position), "/c");
    assert_null(ssh_config_next(&config, "identityfile", &position));
    assert_null(ssh_config_value(&config, "garbage"));
    char *path = ssh_config_path("~/a", "/home/g");
    assert_string_equal(path, "/home/g/a");
    free(path);
    ssh_config_release(&config);
}

static void test_config_has_a_limit(void **state)
{
    (void)state;
    struct ssh_config config = {0};
    char *text = memory_new(3000 * 4 + 1);
    for (size_t i = 0; i < 3000; i++)
        memcpy(text + 4 * i, "a b\n", 4);
    ssh_config_read(&config, text);
    assert_int_equal(config.count, SSH_CONFIG_LINE_LIMIT);
    ssh_config_release(&config);
    free(text);
}

static void test_ways(void **state)
{
    (void)state;
    enum ssh_way way = SSH_WAY_OPENSSH;
    assert_true(ssh_way_from_word(NULL, &way));
    assert_int_equal(way, SSH_WAY_AUTO);
    assert_true(ssh_way_from_word("libssh", &way));
    assert_int_equal(way, SSH_WAY_LIBSSH);
    assert_false(ssh_way_from_word("telnet", &way));
}

static bool is_fine(const char *name, const char *user)
{
    struct ssh_target target = {.name = name, .user = user};
    return ssh_target_check(&target, NULL) == STATUS_OK;
}

static void test_names_of_targets(void **state)
{
    (void)state;
    assert_true(is_fine("login.example.org", NULL));
    assert_true(is_fine("user@host", "gregor"));
    assert_true(is_fine("fe80::1%eth0", "a.b-c_d"));
    assert_false(is_fine("", NULL));
    assert_false(is_fine("-oProxyCommand=id", NULL));
    assert_false(is_fine("a b", NULL));
    assert_false(is_fine("a\nb", NULL));
    assert_false(is_fine("a\x7f", NULL));
    assert_false(is_fine("a", "-l"));
    assert_false(is_fine("a", "$(id)"));
    assert_false(is_fine("a", ""));
}

static void test_marks_of_known_hosts(void **state)
{
    (void)state;
    assert_true(ssh_choice_marks("@revoked h.example ssh-ed25519 AAAA\n", "h.example", 22));
    assert_true(ssh_choice_marks("  @cert-authority\t*.example,x ssh-rsa AAAA", "h.example", 22));
    assert_true(ssh_choice_marks("@revoked [h.example]:2022 ssh-rsa AAAA", "h.example", 2022));
    assert_true(ssh_choice_marks("@revoked |1|abc=|def= ssh-rsa AAAA", "h.example", 22));
    assert_true(ssh_choice_marks("@cert-authority H.EXAMPLE ssh-rsa AAAA", "h.example", 22));
    assert_false(ssh_choice_marks("@cert-authority *,!h.example ssh-rsa AAAA", "h.example", 22));
    assert_false(ssh_choice_marks("@revoked other ssh-rsa AAAA", "h.example", 22));
    assert_false(ssh_choice_marks("h.example ssh-rsa AAAA", "h.example", 22));
    assert_true(ssh_choice_marks("*,!h.example ssh-rsa AAAA", "h.example", 22));
    assert_true(ssh_choice_marks("[*]:2022,![h.example]:2022 ssh-rsa AAAA", "h.example", 2022));
    assert_false(ssh_choice_marks("*,!other.example ssh-rsa AAAA", "h.example", 22));
    assert_false(ssh_choice_marks("#*,!h.example ssh-rsa AAAA", "h.example", 22));
    assert_false(ssh_choice_marks("# @revoked h.example", "h.example", 22));
    assert_false(ssh_choice_marks("", "h.example", 22));
}

static const char *reason_of(const char *settings, struct ssh_surroundings surroundings)
{
    struct ssh_config config = {0};
    ssh_config_read(&config, settings);
    const char *reason = ssh_choice_reason(&config, &surroundings);
    ssh_config_release(&config);
    return reason;
}

static void test_what_libssh_cannot_do(void **state)
{
    (void)state;
    struct ssh_surroundings nothing = {0};
    assert_null(reason_of("hostname h\nproxyjump none\nkexalgorithms sntrup761x25519-sha512,curve25519-sha256\n"
                          "gssapiauthentication yes\nidentitiesonly yes\n",
        nothing));
    assert_string_equal(reason_of("proxyjump gate\n", nothing), "ProxyJump is set");
    assert_string_equal(
        reason_of("kexalgorithms sntrup761x25519-sha512\n", nothing), "KexAlgorithms holds nothing that libssh knows");
    assert_string_equal(reason_of("", (struct ssh_surroundings){.has_master = true}), "a ControlMaster is connected");
    assert_non_null(reason_of("identitiesonly yes\n", (struct ssh_surroundings){.has_agent = true}));
    assert_non_null(reason_of("gssapiauthentication yes\n", (struct ssh_surroundings){.has_tickets = true}));
    assert_non_null(reason_of("", (struct ssh_surroundings){.has_marked_key = true}));
}

static void count(void *argument)
{
    ++*(unsigned *)argument;
}

static void turn(struct loop *loop)
{
    for (unsigned i = 0; i < 20; i++)
        loop_run_once(loop, false);
}

static void test_the_gate_lets_few_pass(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct ssh_gate *gate = ssh_gate_new(loop);
    struct ssh_ticket *tickets[8];
    static const char *const names[] = {"a", "a", "a", "b", "c", "d", "d", "e"};
    unsigned passed[8] = {0};
    for (size_t i = 0; i < 8; i++)
        tickets[i] = ssh_ticket_new(gate, names[i], count, &passed[i]);
    turn(loop);
    const unsigned first[] = {1, 1, 0, 1, 1, 0, 0, 0};
    assert_memory_equal(passed, first, sizeof first);
    ssh_ticket_free(tickets[3]);
    turn(loop);
    const unsigned second[] = {1, 1, 0, 1, 1, 1, 0, 0};
    assert_memory_equal(passed, second, sizeof second);
    ssh_ticket_free(tickets[0]);
    turn(loop);
    assert_int_equal(passed[2], 1);
    for (size_t i = 1; i < 8; i++)
        if (i != 3)
            ssh_ticket_free(tickets[i]);
    ssh_gate_free(gate);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_is_read),
        cmocka_unit_test(test_config_has_a_limit),
        cmocka_unit_test(test_ways),
        cmocka_unit_test(test_names_of_targets),
        cmocka_unit_test(test_marks_of_known_hosts),
        cmocka_unit_test(test_what_libssh_cannot_do),
        cmocka_unit_test(test_the_gate_lets_few_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are: agent, keys, certificates, keyboard-interactive, password. What was refused is never tried again alone.
 */
#include "transport_ssh_login.h"

#include <libssh/libssh.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum { ROUNDS = 8, KEY_LIMIT = 32, INTERACTIVE_ROUNDS = 20 };

/* libssh's results are used as they are: SSH_AUTH_SUCCESS, _PARTIAL, _DENIED, _ERROR. */

static bool is_enabled(const struct ssh_login *login, const char *keyword)
{
    const char *value = ssh_config_value(&login->config, keyword);
    return !value || (strcmp(value, "no") != 0 && strcmp(value, "false") != 0);
}

/* ---- keys ---- */

static int try_agent(struct ssh_login *login)
{
    const char *agent = ssh_config_value(&login->config, "identityagent");
    bool is_off = ssh_config_is_on(&login->config, "identitiesonly");
    for (size_t i = 0; i < login->config.count; i++)
        is_off |= strcmp(login->config.settings[i].keyword, "identityagent") == 0 &&
                  strcasecmp(login->config.settings[i].value, "none") == 0;
    if (is_off || (!agent && !getenv("SSH_AUTH_SOCK")))
        return SSH_AUTH_DENIED;
    if (agent && strcmp(agent, "SSH_AUTH_SOCK") != 0) {
        char *path = ssh_config_path(agent, login->home);
        ssh_options_set(login->session, SSH_OPTIONS_IDENTITY_AGENT, path);
        free(path);
    }
    int result = SSH_AUTH_AGAIN;
    while (result == SSH_AUTH_AGAIN && ssh_login_goes_on(login))
        result = ssh_userauth_agent(login->session, NULL);
    return result == SSH_AUTH_ERROR && ssh_is_connected(login->session) ? SSH_AUTH_DENIED : result;
}

/* Whether the server takes the public half; where there is none, that is not known before the key is read. */
static int offer(struct ssh_login *login, const char *path, ssh_key *public)
{
    char *certificate = memory_format("%s-cert.pub", path), *half = memory_format("%s.pub", path);
    int result = SSH_AUTH_SUCCESS;
    if (access(certificate, R_OK) < 0 || ssh_pki_import_cert_file(certificate, public) != SSH_OK) {
        if (access(half, R_OK) < 0 || ssh_pki_import_pubkey_file(half, public) != SSH_OK)
            *public = NULL;
    }
    if (*public) {
        result = SSH_AUTH_AGAIN;
        while (result == SSH_AUTH_AGAIN && ssh_login_goes_on(login))
            result = ssh_userauth_try_publickey(login->session, NULL, *public);
    }
    free(certificate);
    free(half);
    return result;
}

/* Reads the private half, asking for its passphrase where it has one. NULL: it cannot be read. */
static ssh_key read_key(struct ssh_login *login, const char *path, bool *needs_person)
{
    ssh_key key = NULL;
    unsigned tries = ssh_config_number(&login->config, "numberofpasswordprompts", 3);
    if (ssh_pki_import_privkey_file(path, "", NULL, NULL, &key) == SSH_OK)
        return key;
    *needs_person = true;
    for (unsigned i = 0; i < tries && ssh_login_goes_on(login); i++) {
        char *passphrase =
            ssh_login_ask(login, SSH_QUESTION_SECRET, "%sPassphrase of the key %s", i ? "That was not it. " : "", path);
        if (!passphrase)
            return NULL;
        int result = ssh_pki_import_privkey_file(path, passphrase, NULL, NULL, &key);
        ssh_login_wipe(&passphrase);
        if (result == SSH_OK)
            return key;
    }
    return NULL;
}

static int try_key(struct ssh_login *login, const char *path, bool *needs_person)
{
    ssh_key public = NULL, key = NULL;
    int result = offer(login, path, &public);
    if (result == SSH_AUTH_SUCCESS) {
        key = read_key(login, path, needs_person);
        result = SSH_AUTH_DENIED;
    }
    if (key && (!public || ssh_key_cmp(public, key, SSH_KEY_CMP_PUBLIC) == 0 ||
                   ssh_pki_copy_cert_to_privkey(public, key) == SSH_OK)) {
        result = SSH_AUTH_AGAIN;
        while (result == SSH_AUTH_AGAIN && ssh_login_goes_on(login))
            result = ssh_userauth_publickey(login->session, NULL, key);
    }
    ssh_key_free(public);
    ssh_key_free(key);
    return result == SSH_AUTH_PARTIAL || result == SSH_AUTH_SUCCESS ? result
           : ssh_is_connected(login->session)                       ? SSH_AUTH_DENIED
                                                                    : SSH_AUTH_ERROR;
}

static int try_keys(struct ssh_login *login, bool *needs_person)
{
    int result = try_agent(login);
    size_t position = 0, count = 0;
    const char *value;
    while (result == SSH_AUTH_DENIED && count++ < KEY_LIMIT && ssh_login_goes_on(login) &&
           (value = ssh_config_next(&login->config, "identityfile", &position))) {
        char *path = ssh_config_path(value, login->home);
        if (access(path, R_OK) == 0)
            result = try_key(login, path, needs_person);
        free(path);
    }
    return result;
}

/* ---- what a person types ---- */

static void append_words(struct text *text, const char *words)
{
    if (!words || !*words)
        return;
    text_append_string(text, words);
    if (text->data[text->length - 1] != '\n')
        text_append_byte(text, '\n');
}

/* Asks what the server wants to know in this round; false where somebody cancels. */
static bool answer_round(struct ssh_login *login, int prompts, bool again)
{
    struct text words;
    bool is_answered = true;
    text_init(&words, 4096);
    if (again)
        append_words(&words, "That was refused. Try again:");
    append_words(&words, ssh_userauth_kbdint_getname(login->session));
    append_words(&words, ssh_userauth_kbdint_getinstruction(login->session));
    if (prompts == 0 && words.length)
        ssh_login_ask(login, SSH_QUESTION_NOTICE, "%s", words.data);
    for (int i = 0; i < prompts && is_answered; i++) {
        char echo = 0;
        const char *prompt = ssh_userauth_kbdint_getprompt(login->session, (unsigned)i, &echo);
        char *answer = ssh_login_ask(login, echo ? SSH_QUESTION_OPEN : SSH_QUESTION_SECRET, "%s%s",
            i == 0 ? words.data : "", prompt ? prompt : "");
        is_answered = answer && ssh_userauth_kbdint_setanswer(login->session, (unsigned)i, answer) == 0;
        ssh_login_wipe(&answer);
    }
    text_release(&words);
    return is_answered;
}

static int try_interactive(struct ssh_login *login, bool again)
{
    int result = SSH_AUTH_AGAIN;
    for (unsigned round = 0; round < INTERACTIVE_ROUNDS && ssh_login_goes_on(login);) {
        result = ssh_userauth_kbdint(login->session, NULL, NULL);
        if (result == SSH_AUTH_AGAIN)
            continue;
        ssh_login_withdraw(login);
        if (result != SSH_AUTH_INFO)
            return result;
        round++;
        /* A round may ask for nothing, and is answered all the same. */
        if (!answer_round(login, ssh_userauth_kbdint_getnprompts(login->session), again))
            return SSH_AUTH_ERROR;
        again = false;
    }
    return SSH_AUTH_ERROR;
}

static int try_password(struct ssh_login *login, bool again)
{
    char *password = ssh_login_ask(login, SSH_QUESTION_SECRET, "%sPassword of %s on %s",
        again ? "That was refused. Try again:\n" : "", ssh_config_value(&login->config, "user"), login->name);
    if (!password)
        return SSH_AUTH_ERROR;
    int result = SSH_AUTH_AGAIN;
    while (result == SSH_AUTH_AGAIN && ssh_login_goes_on(login))
        result = ssh_userauth_password(login->session, NULL, password);
    ssh_login_wipe(&password);
    return result;
}

/* As often as NumberOfPasswordPrompts says, each time asking. */
static int try_person(struct ssh_login *login, int (*try)(struct ssh_login *, bool))
{
    unsigned tries = ssh_config_number(&login->config, "numberofpasswordprompts", 3);
    int result = SSH_AUTH_DENIED;
    for (unsigned i = 0; i < tries && result == SSH_AUTH_DENIED && ssh_login_goes_on(login); i++)
        result = try(login, i > 0);
    return result;
}

/* ---- all of them ---- */

/* Tries what the server allows, in the order of the configuration. */
static int try_methods(struct ssh_login *login, int allowed, bool *needs_person)
{
    const char *order = ssh_config_value(&login->config, "preferredauthentications");
    int result = SSH_AUTH_DENIED;
    for (const char *word = order ? order : "publickey,keyboard-interactive,password"; *word;) {
        size_t length = strcspn(word, ",");
        bool is_key = strncmp(word, "publickey", length) == 0 && length == 9;
        bool is_interactive = strncmp(word, "keyboard-interactive", length) == 0 && length == 20;
        bool is_password = strncmp(word, "password", length) == 0 && length == 8;
        if (is_key && allowed & SSH_AUTH_METHOD_PUBLICKEY && is_enabled(login, "pubkeyauthentication"))
            result = try_keys(login, needs_person);
        else if (is_interactive && allowed & SSH_AUTH_METHOD_INTERACTIVE &&
                 is_enabled(login, "kbdinteractiveauthentication"))
            *needs_person = true, result = login->can_ask ? try_person(login, try_interactive) : result;
        else if (is_password && allowed & SSH_AUTH_METHOD_PASSWORD && is_enabled(login, "passwordauthentication"))
            *needs_person = true, result = login->can_ask ? try_person(login, try_password) : result;
        if (result != SSH_AUTH_DENIED)
            return result;
        word += length + (word[length] != 0);
    }
    return result;
}

static void name_methods(int allowed, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s%s", allowed & SSH_AUTH_METHOD_PUBLICKEY ? " publickey" : "",
        allowed & SSH_AUTH_METHOD_INTERACTIVE ? " keyboard-interactive" : "",
        allowed & SSH_AUTH_METHOD_PASSWORD ? " password" : "",
        allowed & SSH_AUTH_METHOD_GSSAPI_MIC ? " gssapi-with-mic" : "");
}

static enum status refused(struct ssh_login *login, int allowed, bool needs_person)
{
    char methods[80];
    name_methods(allowed, methods, sizeof methods);
    if (needs_person && !login->can_ask)
        return error_set(&login->error, STATUS_CANCELLED, "%s needs a login (it takes%s), and nobody can answer here",
            login->name, methods);
    return error_set(&login->error, STATUS_REFUSED, "%s refuses the login of %s (it takes%s)", login->name,
        ssh_config_value(&login->config, "user"), methods);
}

enum status ssh_login_authenticate(struct ssh_login *login)
{
    bool needs_person = false;
    int allowed = 0, result = SSH_AUTH_AGAIN;
    while (result == SSH_AUTH_AGAIN && ssh_login_goes_on(login))
        result = ssh_userauth_none(login->session, NULL);
    if (result == SSH_AUTH_DENIED)
        result = SSH_AUTH_PARTIAL;
    for (unsigned round = 0; round < ROUNDS && result == SSH_AUTH_PARTIAL; round++) {
        allowed = ssh_userauth_list(login->session, NULL);
        result = try_methods(login, allowed, &needs_person);
    }
    if (result == SSH_AUTH_SUCCESS)
        return STATUS_OK;
    if (!ssh_login_goes_on(login))
        return login->error.status != STATUS_OK ? login->error.status : STATUS_CANCELLED;
    if (result == SSH_AUTH_DENIED || result == SSH_AUTH_PARTIAL)
        return refused(login, allowed, needs_person);
    return ssh_login_broken(login, "the login was broken off");
}

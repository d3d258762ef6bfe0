/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the key of a server is trusted: the policy of ssh_config(5), and a changed key is never let pass. */
#include "transport_ssh_login.h"

#include <libssh/libssh.h>

#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"

struct fingerprint {
    const char *type;
    char *text; /* "SHA256:..." */
};

static enum status take_fingerprint(struct ssh_login *login, struct fingerprint *fingerprint)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t length = 0;
    if (ssh_get_server_publickey(login->session, &key) != SSH_OK)
        return ssh_login_broken(login, "the server shows no key");
    fingerprint->type = ssh_key_type_to_char(ssh_key_type(key));
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &length) == 0) {
        char *text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, length);
        fingerprint->text = memory_copy_text(text ? text : "?");
        ssh_string_free_char(text);
        ssh_clean_pubkey_hash(&hash);
    }
    ssh_key_free(key);
    return fingerprint->text ? STATUS_OK : ssh_login_broken(login, "the server's key cannot be read");
}

static enum status refuse_changed(struct ssh_login *login, const struct fingerprint *fingerprint)
{
    char *entry = ssh_config_known_name(&login->config);
    enum status status = error_set(&login->error, STATUS_REFUSED,
        "the key of %s has changed, or somebody listens in: it shows %s %s. If the change is right: ssh-keygen -R '%s'",
        login->name, fingerprint->type, fingerprint->text, entry);
    free(entry);
    return status;
}

static enum status add_to_known_hosts(struct ssh_login *login)
{
    const char *files = ssh_config_value(&login->config, "userknownhostsfile");
    if (!files || strcmp(files, "/dev/null") == 0)
        return STATUS_OK;
    if (ssh_session_update_known_hosts(login->session) == SSH_OK)
        return STATUS_OK;
    return ssh_login_broken(login, "known_hosts cannot be written");
}

static enum status ask_for_unknown(struct ssh_login *login, const struct fingerprint *fingerprint)
{
    if (!login->can_ask)
        return error_set(&login->error, STATUS_CANCELLED,
            "the key of %s is not known (%s %s), and nobody can answer here", login->name, fingerprint->type,
            fingerprint->text);
    char *answer = ssh_login_ask(login, SSH_QUESTION_YES_NO,
        "The key of %s (%s) is not known yet.\nIts fingerprint: %s %s\nIs it right? It will be remembered.",
        login->name, ssh_config_value(&login->config, "hostname"), fingerprint->type, fingerprint->text);
    bool is_yes = answer && strcmp(answer, "yes") == 0;
    ssh_login_wipe(&answer);
    if (is_yes)
        return add_to_known_hosts(login);
    return error_set(&login->error, STATUS_REFUSED, "the key of %s was not accepted", login->name);
}

static enum status decide_unknown(struct ssh_login *login, const struct fingerprint *fingerprint)
{
    const char *policy = ssh_config_value(&login->config, "stricthostkeychecking");
    if (policy && (strcmp(policy, "accept-new") == 0 || strcmp(policy, "false") == 0 || strcmp(policy, "no") == 0 ||
                      strcmp(policy, "off") == 0))
        return add_to_known_hosts(login);
    if (policy && (strcmp(policy, "true") == 0 || strcmp(policy, "yes") == 0))
        return error_set(&login->error, STATUS_REFUSED,
            "the key of %s is not known (%s %s), and StrictHostKeyChecking is yes", login->name, fingerprint->type,
            fingerprint->text);
    return ask_for_unknown(login, fingerprint);
}

enum status ssh_login_check_server(struct ssh_login *login)
{
    struct fingerprint fingerprint = {0};
    enum status status = take_fingerprint(login, &fingerprint);
    if (status == STATUS_OK) {
        switch (ssh_session_is_known_server(login->session)) {
        case SSH_KNOWN_HOSTS_OK:
            break;
        case SSH_KNOWN_HOSTS_NOT_FOUND:
        case SSH_KNOWN_HOSTS_UNKNOWN:
            status = decide_unknown(login, &fingerprint);
            break;
        case SSH_KNOWN_HOSTS_CHANGED:
        case SSH_KNOWN_HOSTS_OTHER:
            status = refuse_changed(login, &fingerprint);
            break;
        default:
            status = ssh_login_broken(login, "known_hosts cannot be read");
        }
    }
    free(fingerprint.text);
    return status;
}

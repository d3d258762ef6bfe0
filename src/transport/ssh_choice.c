/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ssh_choice.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dagtop/base/memory.h"

/* Longest line of known_hosts that is looked at; longer ones are taken for marked. */
enum { LINE_SIZE = 64 << 10 };

/* Keywords whose mere presence is more than libssh does. */
static const struct {
    const char *keyword, *reason;
} keywords[] = {
    {"proxyjump", "ProxyJump is set"},
    {"proxycommand", "ProxyCommand is set"},
    {"hostkeyalias", "HostKeyAlias is set"},
    {"knownhostscommand", "KnownHostsCommand is set"},
    {"revokedhostkeys", "RevokedHostKeys is set"},
    {"pkcs11provider", "PKCS11Provider is set"},
    {"bindaddress", "BindAddress is set"},
    {"bindinterface", "BindInterface is set"},
};

static bool is_file(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISREG(found.st_mode) && found.st_size > 0;
}

enum naming { NAMING_NONE, NAMING_NAMED, NAMING_TAKEN_OUT };

/* What the pattern list of a line says of the host; a pattern with '!' takes it out again. */
static enum naming find_naming(const char *patterns, size_t length, const char *host)
{
    bool named = false;
    const char *end = patterns + length;
    while (patterns < end) {
        size_t item = strcspn(patterns, ", \t");
        if (item > (size_t)(end - patterns))
            item = (size_t)(end - patterns);
        char *pattern = memory_copy_span(patterns, item);
        bool is_negative = pattern[0] == '!';
        if (pattern[0] == '|')
            named = true;
        /* Brackets are no pattern here. */
        char *plain = memory_new(2 * item + 1), *to = plain;
        for (const char *from = pattern + is_negative; *from; from++) {
            if (*from == '[' || *from == '\\')
                *to++ = '\\';
            *to++ = *from;
        }
        bool fits = fnmatch(plain, host, FNM_CASEFOLD) == 0;
        free(plain);
        free(pattern);
        if (fits && is_negative)
            return NAMING_TAKEN_OUT;
        named |= fits;
        patterns += item + 1;
    }
    return named ? NAMING_NAMED : NAMING_NONE;
}

bool ssh_choice_marks(const char *line, const char *host, unsigned port)
{
    line += strspn(line, " \t");
    if (*line == '#')
        return false;
    bool is_marked = *line == '@';
    if (is_marked) {
        line += strcspn(line, " \t");
        line += strspn(line, " \t");
    }
    char *with_port = memory_format("[%s]:%u", host, port);
    size_t length = strcspn(line, " \t\n");
    /* libssh does not know marks, and does not take out what '!' takes out. */
    enum naming telling = is_marked ? NAMING_NAMED : NAMING_TAKEN_OUT;
    bool marks =
        find_naming(line, length, host) == telling || (port != 22 && find_naming(line, length, with_port) == telling);
    free(with_port);
    return marks;
}

static bool file_marks(const char *path, const char *host, unsigned port)
{
    FILE *file = fopen(path, "re");
    char *line = memory_new(LINE_SIZE);
    bool marks = false;
    while (file && !marks && fgets(line, LINE_SIZE, file))
        marks = ssh_choice_marks(line, host, port);
    if (file)
        fclose(file);
    free(line);
    return marks;
}

/* Looks at the files of a list that is separated by blanks: sees marks, and counts those with content. */
static unsigned look_at_known_hosts(
    struct ssh_surroundings *surroundings, const char *list, const char *host, unsigned port, const char *home)
{
    unsigned count = 0;
    while (list && *list) {
        size_t length = strcspn(list, " ");
        char *word = memory_copy_span(list, length), *path = ssh_config_path(word, home);
        if (is_file(path)) {
            count++;
            surroundings->has_marked_key |= file_marks(path, host, port);
        }
        free(word);
        free(path);
        list += length + (list[length] != 0);
    }
    return count;
}

/* An identity file of a security key says so in its name by default, and always in its public half. */
static bool is_hardware_key(const char *path)
{
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, "_sk") == 0)
        return true;
    char *public = memory_format("%s.pub", path), begin[4] = "";
    FILE *file = fopen(public, "re");
    bool is_hardware = file && fread(begin, 1, 3, file) == 3 && memcmp(begin, "sk-", 3) == 0;
    if (file)
        fclose(file);
    free(public);
    return is_hardware;
}

static void look_at_identities(struct ssh_surroundings *surroundings, const struct ssh_config *config, const char *home)
{
    size_t position = 0;
    for (const char *value; (value = ssh_config_next(config, "identityfile", &position));) {
        char *path = ssh_config_path(value, home);
        surroundings->has_hardware_key |= is_file(path) && is_hardware_key(path);
        free(path);
    }
    position = 0;
    for (const char *value; (value = ssh_config_next(config, "certificatefile", &position));) {
        char *path = ssh_config_path(value, home), *key = memory_copy_text(path);
        char *ending = strstr(key, "-cert.pub");
        if (ending)
            *ending = 0;
        surroundings->has_lone_certificate |= is_file(path) && (!ending || !is_file(key));
        free(path);
        free(key);
    }
}

static bool has_tickets(void)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/krb5cc_%lu", (unsigned long)getuid());
    return getenv("KRB5CCNAME") || is_file(path);
}

void ssh_surroundings_look(
    struct ssh_surroundings *surroundings, const struct ssh_config *config, const char *home, unsigned port)
{
    const char *host = ssh_config_value(config, "hostname");
    unsigned own = look_at_known_hosts(surroundings, ssh_config_value(config, "userknownhostsfile"), host, port, home);
    unsigned global =
        look_at_known_hosts(surroundings, ssh_config_value(config, "globalknownhostsfile"), host, port, home);
    surroundings->has_several_known_hosts = own > 1 || global > 1;
    surroundings->has_agent = getenv("SSH_AUTH_SOCK") != NULL;
    surroundings->has_tickets = has_tickets();
    look_at_identities(surroundings, config, home);
}

static bool knows_exchange(const struct ssh_config *config)
{
    static const char *const known[] = {"curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384", "ecdh-sha2-nistp521", "diffie-hellman-group14-sha256", "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512", "diffie-hellman-group-exchange-sha256"};
    const char *list = ssh_config_value(config, "kexalgorithms");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!list || ssh_config_list_has(list, known[i]))
            return true;
    return false;
}

const char *ssh_choice_reason(const struct ssh_config *config, const struct ssh_surroundings *surroundings)
{
    if (surroundings->has_master)
        return "a ControlMaster is connected";
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (ssh_config_value(config, keywords[i].keyword))
            return keywords[i].reason;
    if (surroundings->has_lone_certificate)
        return "CertificateFile is set";
    if (surroundings->has_hardware_key)
        return "there is a key on a security key";
    if (surroundings->has_agent && ssh_config_is_on(config, "identitiesonly"))
        return "IdentitiesOnly is set and an agent holds keys";
    if (surroundings->has_tickets && ssh_config_is_on(config, "gssapiauthentication"))
        return "there are Kerberos tickets";
    if (surroundings->has_marked_key)
        return "known_hosts holds @revoked, @cert-authority or '!' for it";
    if (surroundings->has_several_known_hosts)
        return "there are several known_hosts files";
    if (ssh_config_is_on(config, "canonicalizehostname"))
        return "CanonicalizeHostname is set";
    if (ssh_config_is_on(config, "verifyhostkeydns"))
        return "VerifyHostKeyDNS is set";
    if (!knows_exchange(config))
        return "KexAlgorithms holds nothing that libssh knows";
    return NULL;
}

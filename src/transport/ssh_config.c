/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dagtop/base/memory.h"

static void add_line(struct ssh_config *config, const char *line, size_t length)
{
    const char *blank = memchr(line, ' ', length);
    if (!blank || blank == line || config->count == SSH_CONFIG_LINE_LIMIT)
        return;
    memory_grow(&config->settings, &config->capacity, config->count + 1, sizeof *config->settings);
    struct ssh_setting *setting = &config->settings[config->count++];
    setting->keyword = memory_copy_span(line, (size_t)(blank - line));
    setting->value = memory_copy_span(blank + 1, length - (size_t)(blank + 1 - line));
    for (char *letter = setting->keyword; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
}

void ssh_config_read(struct ssh_config *config, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        add_line(config, text, length);
        text += length + (text[length] != 0);
    }
}

void ssh_config_release(struct ssh_config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->settings[i].keyword);
        free(config->settings[i].value);
    }
    free(config->settings);
    *config = (struct ssh_config){0};
}

const char *ssh_config_next(const struct ssh_config *config, const char *keyword, size_t *position)
{
    while (*position < config->count) {
        const struct ssh_setting *setting = &config->settings[(*position)++];
        if (strcmp(setting->keyword, keyword) == 0 && strcasecmp(setting->value, "none") != 0)
            return setting->value;
    }
    return NULL;
}

const char *ssh_config_value(const struct ssh_config *config, const char *keyword)
{
    size_t position = 0;
    return ssh_config_next(config, keyword, &position);
}

bool ssh_config_is_on(const struct ssh_config *config, const char *keyword)
{
    const char *value = ssh_config_value(config, keyword);
    return value && (strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "always") == 0);
}

unsigned ssh_config_number(const struct ssh_config *config, const char *keyword, unsigned otherwise)
{
    const char *value = ssh_config_value(config, keyword);
    char *end;
    unsigned long number = value ? strtoul(value, &end, 10) : 0;
    return value && end != value && *end == 0 && number < 1000000 ? (unsigned)number : otherwise;
}

bool ssh_config_list_has(const char *list, const char *word)
{
    size_t length = strlen(word);
    while (list && *list) {
        size_t item = strcspn(list, ",");
        if (item == length && memcmp(list, word, length) == 0)
            return true;
        list += item + (list[item] != 0);
    }
    return false;
}

char *ssh_config_path(const char *path, const char *home)
{
    return strncmp(path, "~/", 2) == 0 ? memory_format("%s/%s", home, path + 2) : memory_copy_text(path);
}

char *ssh_config_known_name(const struct ssh_config *config)
{
    const char *host = ssh_config_value(config, "hostname"), *alias = ssh_config_value(config, "hostkeyalias");
    unsigned port = ssh_config_number(config, "port", 22);
    if (alias || port == 22)
        return memory_copy_text(alias ? alias : host);
    return memory_format("[%s]:%u", host, port);
}

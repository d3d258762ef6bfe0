/* SPDX-License-Identifier: Apache-2.0 */
#include "dagtop/model/settings.h"

#include <stdlib.h>
#include <string.h>

void settings_init(struct settings *settings)
{
    *settings = (struct settings){0};
}

static void host_settings_release(struct host_settings *host)
{
    free(host->name);
    free(host->user);
    free(host->base);
    free(host->python);
    free(host->prologue);
    free(host->transport);
}

void settings_release(struct settings *settings)
{
    for (size_t i = 0; i < settings->host_count; i++)
        host_settings_release(&settings->hosts[i]);
    free(settings->hosts);
    attributes_release(&settings->variables);
    attributes_release(&settings->defaults);
    attributes_release(&settings->keys);
    free(settings->theme);
    free(settings->armed);
    free(settings->layout);
    free(settings->mouse);
    free(settings->title);
    free(settings->bell);
    free(settings->notify);
    free(settings->on_failed);
    free(settings->on_done);
    free(settings->on_end);
    settings_init(settings);
}

const struct host_settings *settings_host(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->host_count; i++)
        if (strcmp(settings->hosts[i].name, name) == 0)
            return &settings->hosts[i];
    return NULL;
}

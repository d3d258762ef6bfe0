/* SPDX-License-Identifier: Apache-2.0 */
/* A person's settings, as the config file gives them (load/config_file.h reads it). */
#ifndef DAGTOP_MODEL_SETTINGS_H
#define DAGTOP_MODEL_SETTINGS_H

#include <stdint.h>

#include "dagtop/model/attributes.h"

/* Settings of one host; 0 or NULL where not given. */
struct host_settings {
    char *name;
    char *user, *base, *python, *prologue, *transport;
    unsigned port, jobs, gpus;
    int64_t interval, queue_interval; /* milliseconds */
};

struct settings {
    struct host_settings *hosts;
    size_t host_count, host_capacity;
    struct attributes variables; /* {cm.NAME} */
    struct attributes defaults;  /* attributes for nodes that lack them, after the workflow's own defaults */
    struct attributes keys;      /* key -> action word */
    char *theme, *armed;
    char *layout;        /* auto, wide, tall, single */
    char *mouse, *title; /* yes or no; the title is on unless it is no */
    char *bell, *notify; /* yes: when something failed, when the workflow ends; all: when a node is done too; no */
    char *on_failed, *on_done, *on_end; /* commands for /bin/sh */
};

void settings_init(struct settings *settings);
void settings_release(struct settings *settings);

/* The settings of a host by name, or NULL. */
const struct host_settings *settings_host(const struct settings *settings, const char *name);

#endif

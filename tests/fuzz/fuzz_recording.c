/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings of the dashboard: whatever stands in a file, screens have sane sizes and no control characters. */
#include "dagtop/base/memory.h"
#include "dagtop/ui/recording.h"
#include "fuzz.h"

static void check(const struct canvas *screen)
{
    if (screen->width > 1000 || screen->height > 1000)
        broken("a screen of %dx%d", screen->width, screen->height);
    size_t count = (size_t)screen->width * (size_t)screen->height;
    for (size_t i = 0; i < count; i++) {
        uint32_t code_point = screen->cells[i].code_point;
        if ((code_point > 0 && code_point < ' ') || (code_point >= 0x7f && code_point < 0xa0))
            broken("a cell holds the control character %X", (unsigned)code_point);
    }
}

static void count_event(void *argument, int64_t time, const char *words)
{
    *(size_t *)argument += time >= 0 && words[0] != '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct player *player;
    struct error error;
    size_t events = 0;
    if (player_read("fuzz", (const char *)data, size, &player, &error) != STATUS_OK)
        return 0;
    int64_t end = player_duration(player);
    check(player_screen(player, end));
    check(player_screen(player, end / 2));
    check(player_screen(player, 0));
    if (player_event(player, false, &end))
        broken("something comes after the end");
    player_events(player, count_event, &events);
    player_close(player);
    return 0;
}

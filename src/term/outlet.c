/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "dagtop/base/clock.h"

enum { SETTLE_ROUNDS = 10, SETTLE_MILLISECONDS = 50, PATIENCE_MILLISECONDS = 5 };

void outlet_init(struct outlet *outlet, int number)
{
    const char *path = ttyname(number);
    outlet->number = number;
    outlet->terminal = fcntl(number, F_DUPFD_CLOEXEC, 3);
    outlet->own = path ? open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    outlet->memory = -1;
    outlet->is_slow = false;
#ifdef MFD_CLOEXEC
    outlet->memory = memfd_create("dagtop-screen", MFD_CLOEXEC);
#endif
    text_init(&outlet->waiting, 0);
    if (outlet->own >= 0 && (outlet->memory < 0 || outlet->terminal < 0)) {
        close(outlet->own);
        outlet->own = -1;
    }
}

void outlet_release(struct outlet *outlet)
{
    const int descriptors[] = {outlet->terminal, outlet->own, outlet->memory};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    text_release(&outlet->waiting);
}

/* Something can be written; how much, nobody tells. */
static bool takes_output(int descriptor, int milliseconds)
{
    struct pollfd one = {.fd = descriptor, .events = POLLOUT};
    return poll(&one, 1, milliseconds) != 0;
}

void outlet_begin(struct outlet *outlet)
{
    if (outlet->own >= 0)
        dup3(outlet->memory, outlet->number, O_CLOEXEC);
}

static void take_memory(struct outlet *outlet)
{
    char bytes[16384];
    ssize_t length;
    for (off_t offset = 0; (length = pread(outlet->memory, bytes, sizeof bytes, offset)) > 0; offset += length)
        text_append(&outlet->waiting, bytes, (size_t)length);
    if (ftruncate(outlet->memory, 0) == 0)
        lseek(outlet->memory, 0, SEEK_SET);
}

void outlet_end(struct outlet *outlet)
{
    if (outlet->own < 0)
        return;
    dup3(outlet->terminal, outlet->number, O_CLOEXEC);
    take_memory(outlet);
    outlet_flush(outlet);
}

void outlet_send(struct outlet *outlet, const char *bytes, size_t length)
{
    if (outlet->own < 0 && !takes_output(outlet->number, 0))
        return;
    text_append(&outlet->waiting, bytes, length);
    outlet_flush(outlet);
}

/* Whether a terminal that is full is worth another try now. */
static bool is_read_soon(struct outlet *outlet, int descriptor, int64_t end)
{
    int64_t left = end - clock_monotonic();
    if (outlet->is_slow)
        return false;
    outlet->is_slow = left <= 0 || !takes_output(descriptor, (int)left);
    return !outlet->is_slow;
}

bool outlet_flush(struct outlet *outlet)
{
    int64_t end = clock_monotonic() + PATIENCE_MILLISECONDS;
    int descriptor = outlet->own >= 0 ? outlet->own : outlet->number;
    if (outlet->own < 0 && !takes_output(descriptor, 0))
        return false;
    while (outlet->waiting.length > 0) {
        ssize_t written = write(descriptor, outlet->waiting.data, outlet->waiting.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EAGAIN && is_read_soon(outlet, descriptor, end))
            continue;
        if (written < 0 && errno == EAGAIN)
            return false;
        /* A terminal that is gone takes everything. */
        text_consume(&outlet->waiting, written > 0 ? (size_t)written : outlet->waiting.length);
    }
    outlet->is_slow = false;
    return outlet->own < 0 || takes_output(descriptor, 0);
}

void outlet_settle(struct outlet *outlet)
{
    int descriptor = outlet->own >= 0 ? outlet->own : outlet->number;
    for (int i = 0; i < SETTLE_ROUNDS && !outlet_flush(outlet); i++)
        takes_output(descriptor, SETTLE_MILLISECONDS);
    text_clear(&outlet->waiting);
    if (!takes_output(descriptor, 0))
        tcflush(descriptor, TCOFLUSH);
}

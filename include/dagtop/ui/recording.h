/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings: everything that was on a dashboard's screen, and what happened, with times. Lines of text:
 *
 *   dagtop-recording 1             first line
 *   workflow NAME
 *   styles WORD...                 what the numbers of styles below stand for
 *   @ MILLISECONDS                 since the beginning: what follows happened then
 *   size COLUMNS ROWS              a new, empty screen; at least one a minute, so that seeking begins there
 *   row NUMBER STYLE:TEXT<TAB>...  a row that is different now
 *   event WORDS                    a node's new state, an action, for people and programs
 */
#ifndef DAGTOP_UI_RECORDING_H
#define DAGTOP_UI_RECORDING_H

#include "dagtop/base/canvas.h"
#include "dagtop/base/clock.h"
#include "dagtop/base/status.h"

struct recorder;

/* Appends to a new file; STATUS_EXISTS where there is one already. */
enum status recorder_open(
    const char *path, const char *workflow, struct recorder **recorder, struct error *error) MUST_CHECK;
void recorder_close(struct recorder *recorder);

/* What is on the screen at that time, in milliseconds of any clock that does not go back; false when the file cannot be
 * written any more (a full disk): then nothing more is recorded. */
bool recorder_frame(struct recorder *recorder, const struct canvas *canvas, int64_t now);
void recorder_event(struct recorder *recorder, int64_t now, const char *words);

struct player;

/* Reads a recording of at most 256 MiB; STATUS_INVALID with file and line for what is none. */
enum status player_open(const char *path, struct player **player, struct error *error) MUST_CHECK;

/* As player_open, of bytes that are there already (copied); name stands for them in errors. */
enum status player_read(
    const char *name, const char *bytes, size_t length, struct player **player, struct error *error) MUST_CHECK;
void player_close(struct player *player);
const char *player_workflow(const struct player *player);

/* Milliseconds from the first to the last line. */
int64_t player_duration(const struct player *player);

/* The screen as it was at a time; the player's, valid until the next call. */
const struct canvas *player_screen(struct player *player, int64_t time);

/* What was told next after a time, or last before it; the time becomes that of the event. NULL where there is nothing.
 */
const char *player_event(const struct player *player, bool before, int64_t *time);

/* Calls tell for each event. */
void player_events(
    const struct player *player, void (*tell)(void *argument, int64_t time, const char *words), void *argument);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Workflows in the middle of something, made by hand: what the tests of the screen look at. */
#ifndef DAGTOP_SCENES_H
#define DAGTOP_SCENES_H

#include "fake_engine.h"

/* The scene of that name at the given time; NULL where there is none. */
struct engine *scene_make(const char *name, const wall_time *now);

#endif

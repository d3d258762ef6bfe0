/* SPDX-License-Identifier: Apache-2.0 */
/* Several workflows in one dashboard: a list of them, and each by itself. */
#ifndef DAGTOP_APP_DASHBOARD_LIST_H
#define DAGTOP_APP_DASHBOARD_LIST_H

#include "session.h"

/* Whether the words name more than one workflow: several files, or a folder of them. */
bool dashboard_list_is_meant(const struct arguments *arguments);

/* Shows the list until it is left. */
enum exit_code dashboard_list_run(const struct arguments *arguments);

#endif

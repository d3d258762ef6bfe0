/* SPDX-License-Identifier: Apache-2.0 */
/* Host lists, as workflow files and command lines give them. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/model/host_list.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = memory_copy_span((const char *)data, size);
    struct name_list list;
    struct error error = {.status = STATUS_OK};
    name_list_init(&list);
    enum status status = host_list_expand(text, &list, &error);
    if (status == STATUS_OK && (list.count == 0 || list.count > HOST_LIST_LIMIT))
        broken("a list of %zu names", list.count);
    for (size_t i = 0; i < list.count; i++)
        if (!list.names[i][0] || strpbrk(list.names[i], "[],"))
            broken("the name '%s'", list.names[i]);
    if (status != STATUS_OK && (list.count || error.status != status || !error.message[0]))
        broken("a failure without its error, or with names");
    if (status != STATUS_OK && (error.column < 1 || error.column > strlen(text) + 1))
        broken("column %u of %zu", error.column, strlen(text));
    name_list_release(&list);
    free(text);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of batch systems and directives of scripts. */
#include <stdlib.h>
#include <string.h>

#include "dagtop/base/memory.h"
#include "dagtop/batch/batch.h"
#include "fuzz.h"

static void fold_all(const struct batch_list *list)
{
    struct batch_observation batch = {0};
    for (size_t i = 0; i < list->count && i < 64; i++) {
        batch_fold(list, list->jobs[i].id, 1, &batch);
        if (!batch.known || !batch.state || strcmp(batch.job, list->jobs[i].id) != 0)
            broken("a listed job is not known");
        (void)batch_job_nonce(&list->jobs[i]);
    }
    batch_observation_release(&batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum node_kind kinds[] = {NODE_KIND_SLURM, NODE_KIND_LSF};
    char *text = memory_copy_span((const char *)data, size);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct batch_system *system = batch_system_of(kinds[i]);
        struct batch_list list;
        struct error error;
        batch_list_init(&list);
        if (batch_read_list(system, text, size, &list, &error) == STATUS_OK)
            fold_all(&list);
        batch_list_release(&list);
        free(batch_script_option(system, text, "array"));
        (void)batch_judge_refusal(system, text);
    }
    if (batch_count_tasks(text) == 0)
        broken("a row without a task");
    free(text);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML door with all that stands behind it: any bytes are a workflow or a list of mistakes with places. */
#include "dagtop/base/memory.h"
#include "dagtop/load/workflow_file.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct workflow *workflow;
    struct error_list errors, warnings;
    error_list_init(&errors);
    error_list_init(&warnings);
    enum status status =
        workflow_file_parse((const char *)data, size, "/nowhere/wf.yaml", NULL, &workflow, &errors, &warnings);
    if ((status == STATUS_OK) != (workflow != NULL) || (status == STATUS_OK) != (errors.count == 0))
        broken("a workflow and mistakes, or neither");
    if (errors.count && !errors.errors[0].line)
        broken("a mistake without a place");
    workflow_free(workflow);
    error_list_release(&errors);
    error_list_release(&warnings);
    return 0;
}

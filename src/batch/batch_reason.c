/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons in plain words: squeue(1), "JOB REASON CODES". */
#include <string.h>

#include "batch_private.h"

static const struct {
    const char *reason, *words;
    bool is_prefix;
} reasons[] = {
    {"Priority", "jobs of a higher priority come first", false},
    {"Resources", "the resources that it asks for are in use", false},
    {"Dependency", "it waits for jobs that it depends on", false},
    {"DependencyNeverSatisfied", "a job that it depends on did not end as it has to, so it will never run", false},
    {"JobHeldUser", "its user holds it: release it", false},
    {"JobHeldAdmin", "an administrator of the cluster holds it", false},
    {"BeginTime", "its begin time has not come yet", false},
    {"JobArrayTaskLimit", "as many tasks of its array run as may run at once", false},
    {"Licenses", "it waits for a licence", false},
    {"Reservation", "its reservation has not begun", false},
    {"ReqNodeNotAvail", "a node that it asks for is not available (down, drained or reserved)", true},
    {"PartitionDown", "its partition is down", false},
    {"PartitionInactive", "its partition is inactive", false},
    {"PartitionNodeLimit", "it asks for more nodes than its partition allows", false},
    {"PartitionTimeLimit", "its time limit is longer than its partition allows", false},
    {"PartitionConfig", "it asks for more than the nodes of its partition have", false},
    {"BadConstraints", "no node has what it asks for", false},
    {"NodeDown", "a node that it needs is down", false},
    {"Nodes required for job are DOWN", "the nodes that it asks for are down, drained or reserved", true},
    {"Cleaning", "its last run is being cleaned up before it runs again", false},
    {"Prolog", "the cluster prepares its nodes", false},
    {"InvalidAccount", "its account does not exist", false},
    {"InvalidQOS", "its quality of service does not exist", false},
    {"AccountNotAllowed", "its account may not use this partition", false},
    {"QOSNotAllowed", "its quality of service may not be used here", false},
    {"launch failed requeued held", "it could not be launched, and is held: release it", true},
    {"job requeued in held state", "it was put back into the queue and is held: release it", true},
    {"QOSMaxSubmitJob", "as many jobs are submitted as its quality of service allows", true},
    {"QOSMaxJobsPerUser", "as many jobs of this user run as the quality of service allows", true},
    {"QOSMax", "it asks for more than its quality of service allows at once", true},
    {"QOSGrp", "all users of its quality of service together use as much as they may", true},
    {"QOS", "a limit of its quality of service", true},
    {"AssocMaxJobsLimit", "as many jobs of this user run as the account allows", false},
    {"AssocGrp", "all users of its account together use as much as they may", true},
    {"Assoc", "a limit of its account", true},
    {"MaxMemPerLimit", "it asks for more memory than is allowed", false},
    {"BurstBuffer", "it waits for its burst buffer", true},
    {"FrontEndDown", "no front end node is available", false},
    {"None", "the scheduler has not looked at it yet", false},
};

const char *batch_reason_words(const char *reason)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        bool fits = reasons[i].is_prefix ? strncmp(reason, reasons[i].reason, strlen(reasons[i].reason)) == 0
                                         : strcmp(reason, reasons[i].reason) == 0;
        if (fits)
            return reasons[i].words;
    }
    return reason;
}

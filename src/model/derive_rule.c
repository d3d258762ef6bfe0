/* SPDX-License-Identifier: Apache-2.0 */
#include "derive_rule.h"

#include <signal.h>
#include <string.h>

/* What is known of a node, as a set of bits. */
enum evidence {
    /* Of the newest attempt that is not void. */
    ATTEMPT = 1 << 0,
    RUN = 1 << 1,          /* its wrapper has decided to run */
    STOPPED = 1 << 2,      /* a cancel was decided first: it never ran */
    EXIT_ZERO = 1 << 3,    /* an exit record with code 0 */
    EXIT_OTHER = 1 << 4,   /* an exit record with another code or a signal */
    LOST = 1 << 5,         /* a lost record */
    CANCEL_ASKED = 1 << 6, /* a user asked */
    GONE = 1 << 7,         /* its machine says that the process is gone */
    ELSEWHERE = 1 << 8,    /* the agent that answered is on another machine */
    OLD = 1 << 9,          /* a newer one was asked for */
    SAID_FAILED = 1 << 10, /* by its last status line */

    /* What the scheduler says of its job. */
    BATCH_QUEUED = 1 << 11,
    BATCH_HELD = 1 << 12,
    BATCH_RUNNING = 1 << 13,
    BATCH_DONE = 1 << 14,
    BATCH_FAILED = 1 << 15,
    BATCH_CANCELLED = 1 << 16,

    /* What the last status line of a watched node without attempts says. */
    WATCH_SUBMITTED = 1 << 17,
    WATCH_RUNNING = 1 << 18,
    WATCH_DONE = 1 << 19,
    WATCH_FAILED = 1 << 20,
    WATCH_LOST = 1 << 21,

    /* Of the node. */
    SKIPPED = 1 << 22,
    HELD = 1 << 23,
    FILE_SAYS_DONE = 1 << 24, /* `status: done`, and there are no records at all */

    /* Derived from the others, to keep the table short. */
    ENDED = 1 << 25,     /* the attempt has a final record, or the scheduler says so */
    HAS_JOB = 1 << 26,   /* the batch system has taken its job */
    HAS_TASKS = 1 << 27, /* it is an array of which some tasks have begun */

    UNFINISHED = 1 << 28, /* the attempt is of some tasks of an array, and others had not ended well before */

    FINAL = STOPPED | EXIT_ZERO | EXIT_OTHER | LOST | BATCH_DONE | BATCH_FAILED | BATCH_CANCELLED,
    ABOUT_ATTEMPT = UNFINISHED | HAS_JOB | ATTEMPT | RUN | BATCH_RUNNING | ENDED | FINAL,
};

struct word_evidence {
    const char *word;
    unsigned evidence;
};

/* Job states of Slurm (squeue(1), sacct(1)) and LSF (bjobs(1)). */
static const struct word_evidence batch_words[] = {
    {"PENDING", BATCH_QUEUED},
    {"CONFIGURING", BATCH_QUEUED},
    {"REQUEUED", BATCH_QUEUED},
    {"REQUEUE_FED", BATCH_QUEUED},
    {"REQUEUE_HOLD", BATCH_HELD},
    {"SPECIAL_EXIT", BATCH_HELD},
    {"RESV_DEL_HOLD", BATCH_HELD},
    {"RUNNING", BATCH_RUNNING},
    {"COMPLETING", BATCH_RUNNING},
    {"SUSPENDED", BATCH_RUNNING},
    {"STOPPED", BATCH_RUNNING},
    {"SIGNALING", BATCH_RUNNING},
    {"STAGE_OUT", BATCH_RUNNING},
    {"RESIZING", BATCH_RUNNING},
    {"COMPLETED", BATCH_DONE},
    {"CANCELLED", BATCH_CANCELLED},
    {"REVOKED", BATCH_CANCELLED},
    {"FAILED", BATCH_FAILED},
    {"TIMEOUT", BATCH_FAILED},
    {"OUT_OF_MEMORY", BATCH_FAILED},
    {"NODE_FAIL", BATCH_FAILED},
    {"BOOT_FAIL", BATCH_FAILED},
    {"DEADLINE", BATCH_FAILED},
    {"PREEMPTED", BATCH_FAILED},
    {"LAUNCH_FAILED", BATCH_FAILED},
    {"PEND", BATCH_QUEUED},
    {"WAIT", BATCH_QUEUED},
    {"PSUSP", BATCH_HELD},
    {"RUN", BATCH_RUNNING},
    {"USUSP", BATCH_RUNNING},
    {"SSUSP", BATCH_RUNNING},
    {"DONE", BATCH_DONE},
    {"EXIT", BATCH_FAILED},
};

/* Words of status lines (dagtop-workflow(5)); other words change no state. */
static const struct word_evidence watch_words[] = {
    {"submitted", WATCH_SUBMITTED},
    {"running", WATCH_RUNNING},
    {"done", WATCH_DONE},
    {"failed", WATCH_FAILED},
    {"undefined", WATCH_LOST},
};

static const char never_satisfied[] = "DependencyNeverSatisfied";

/* The evidence of a word, read up to a blank or '+' ("CANCELLED by 1000", "CANCELLED+"); 0 for an unknown one. */
static unsigned find_word(const struct word_evidence *words, size_t count, const char *word)
{
    size_t length = strcspn(word, " +");
    for (size_t i = 0; i < count; i++)
        if (strncmp(words[i].word, word, length) == 0 && !words[i].word[length])
            return words[i].evidence;
    return 0;
}

enum batch_phase derive_batch_phase(const char *word)
{
    switch (find_word(batch_words, sizeof batch_words / sizeof *batch_words, word)) {
    case BATCH_QUEUED:
        return BATCH_PHASE_QUEUED;
    case BATCH_HELD:
        return BATCH_PHASE_HELD;
    case BATCH_RUNNING:
        return BATCH_PHASE_RUNNING;
    case BATCH_DONE:
        return BATCH_PHASE_DONE;
    case BATCH_FAILED:
        return BATCH_PHASE_FAILED;
    case BATCH_CANCELLED:
        return BATCH_PHASE_CANCELLED;
    default:
        return BATCH_PHASE_UNKNOWN;
    }
}

static unsigned batch_evidence(const struct batch_observation *batch, const struct attempt *attempt)
{
    if (!batch->known || !batch->state || (batch->job && (!attempt->jobid || strcmp(batch->job, attempt->jobid) != 0)))
        return 0;
    /* How the job ended for the attempt before says nothing of one that runs it again. */
    if (attempt->requeued && batch->observed + CLOCK_TOLERANCE < attempt->requested)
        return 0;
    unsigned evidence = find_word(batch_words, sizeof batch_words / sizeof *batch_words, batch->state);
    if (evidence == BATCH_QUEUED && batch->reason) {
        if (strncmp(batch->reason, "JobHeld", 7) == 0)
            evidence = BATCH_HELD;
    }
    /* The scheduler takes such a job out of the queue by itself: nobody has cancelled it. */
    bool is_open_or_cancelled = evidence == BATCH_QUEUED || evidence == BATCH_CANCELLED;
    if (is_open_or_cancelled && batch->reason && strcmp(batch->reason, never_satisfied) == 0)
        evidence = BATCH_FAILED;
    /* A look at the queue from before the job began says nothing of the job that runs now. */
    bool waits = evidence == BATCH_QUEUED || evidence == BATCH_HELD;
    bool has_just_begun = attempt->started == 0 || batch->observed <= attempt->started;
    return waits && attempt->decision == DECISION_RUN && has_just_begun ? 0 : evidence;
}

static unsigned attempt_evidence(const struct attempt *attempt, const struct observation *observation)
{
    const struct {
        bool holds;
        unsigned evidence;
    } facts[] = {
        {attempt->decision == DECISION_RUN, RUN},
        {attempt->decision == DECISION_CANCELLED, STOPPED},
        {attempt->exited, attempt->exit_code || attempt->signal ? EXIT_OTHER : EXIT_ZERO},
        {attempt->lost && !attempt->exited, LOST},
        {attempt->cancelled, CANCEL_ASKED},
        {attempt->jobid != NULL, HAS_JOB},
        {observation->batch.known && observation->batch.task_count > 0, HAS_TASKS},
        {attempt->unfinished != NULL, UNFINISHED},
        {attempt->gone, GONE},
        {attempt->elsewhere, ELSEWHERE},
        {attempt->number < observation->wanted, OLD},
        {observation->report.status && strcmp(observation->report.status, "failed") == 0, SAID_FAILED},
    };
    unsigned evidence = ATTEMPT | batch_evidence(&observation->batch, attempt);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (facts[i].holds)
            evidence |= facts[i].evidence;
    return evidence & FINAL ? evidence | ENDED : evidence;
}

static unsigned watch_evidence(const struct report *report)
{
    unsigned evidence =
        report->status ? find_word(watch_words, sizeof watch_words / sizeof *watch_words, report->status) : 0;
    return evidence != WATCH_FAILED && report->progress >= 100 ? WATCH_DONE : evidence;
}

static unsigned gather(const struct node *node, const struct observation *observation, const struct attempt *attempt)
{
    unsigned evidence = 0;
    if (attempt)
        evidence |= attempt_evidence(attempt, observation);
    else if (node->work == NODE_WORK_WATCHED)
        evidence |= watch_evidence(&observation->report);
    if (observation->skipped)
        evidence |= SKIPPED;
    if (observation->held)
        evidence |= HELD;
    if (node->status_done && !attempt && !observation->held && !observation->wanted)
        evidence |= FILE_SAYS_DONE;
    return evidence;
}

static void tell_machine(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    (void)observation;
    text_append_format(text, "the process is on %s", attempt->machine ? attempt->machine : "another machine");
}

static void tell_scheduler(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    (void)attempt;
    if (observation->batch.reason)
        text_append_string(text, observation->batch.reason);
}

static void tell_cause(struct text *text, const char *cause, const struct attempt *attempt)
{
    text_append_string(text, cause);
    if (strcmp(cause, "TIMEOUT") == 0 && attempt->started && attempt->ended >= attempt->started) {
        char duration[32];
        clock_format_duration(attempt->ended - attempt->started, duration, sizeof duration);
        text_append_format(text, " after %s", duration);
    }
}

/* The names of signals that jobs die of, without SIG. */
static const char *signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } signals[] = {{SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGILL, "ILL"}, {SIGTRAP, "TRAP"},
        {SIGABRT, "ABRT"}, {SIGBUS, "BUS"}, {SIGFPE, "FPE"}, {SIGKILL, "KILL"}, {SIGSEGV, "SEGV"}, {SIGPIPE, "PIPE"},
        {SIGALRM, "ALRM"}, {SIGTERM, "TERM"}, {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"}, {SIGXCPU, "XCPU"},
        {SIGXFSZ, "XFSZ"}};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return NULL;
}

/* Slurm's way to say that a job could not open its output file or enter its directory. */
enum { SIGNAL_NO_OUTPUT = 53 };

static void tell_exit(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    (void)observation;
    /* A scheduler's plain "FAILED" says less than the code beside it, which is 128 and the signal where it was one. */
    bool says_why = attempt->cause && strcmp(attempt->cause, "FAILED") != 0;
    int signal =
        attempt->signal || !attempt->cause || attempt->exit_code <= 128 ? attempt->signal : attempt->exit_code - 128;
    const char *name = signal_name(signal);
    if (says_why)
        tell_cause(text, attempt->cause, attempt);
    else if (attempt->cause && signal == SIGNAL_NO_OUTPUT)
        text_append_string(text, "it could not open its output file or enter its directory");
    else if (name)
        text_append_format(text, "signal %d (%s)", signal, name);
    else if (signal)
        text_append_format(text, "signal %d", signal);
    else
        text_append_format(text, "exit %d", attempt->exit_code);
}

/* The scheduler knows a cause that an exit code hides: OUT_OF_MEMORY, NODE_FAIL. */
static void tell_batch_end(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    const struct batch_observation *batch = &observation->batch;
    bool never = batch->reason && strcmp(batch->reason, never_satisfied) == 0;
    /* "FAILED" alone is no cause: the exit record will tell it. */
    if (batch->task_count == 0 && strcmp(batch->state, "FAILED") == 0) {
        if (attempt->exited)
            tell_exit(text, attempt, observation);
        return;
    }
    tell_cause(text, never ? never_satisfied : batch->state, attempt);
    if (batch->task_count > 0 && batch->reason)
        text_append_format(text, ": %s", batch->reason);
    else if (attempt->exited && !(attempt->cause && strcmp(attempt->cause, batch->state) == 0)) {
        text_append_string(text, ", ");
        tell_exit(text, attempt, observation);
    }
}

static void tell_unfinished(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    (void)observation;
    bool several = attempt->unfinished[strspn(attempt->unfinished, "0123456789")] != '\0';
    text_append_format(text, "task%s %s did not end well before", several ? "s" : "", attempt->unfinished);
}

static void tell_message(struct text *text, const struct attempt *attempt, const struct observation *observation)
{
    (void)attempt;
    const char *message = observation->report.message;
    text_append_string(text, message ? message : "its last status line says so");
}

/* Precedence (dagtop(1)): live, skipped, ended, held, ready. The first row that fits decides. */
static const struct derive_rule rules[] = {
    {ATTEMPT | BATCH_HELD, ENDED, .state = STATE_HELD, .tell = tell_scheduler},
    {ATTEMPT | BATCH_QUEUED, ENDED, .state = STATE_QUEUED, .tell = tell_scheduler},
    {ATTEMPT | BATCH_RUNNING | HAS_TASKS, ENDED | CANCEL_ASKED, .state = STATE_RUNNING, .tell = tell_scheduler},
    {RUN | GONE, ENDED, .state = STATE_RUNNING, .reason = "looking for its exit record"},
    {RUN | CANCEL_ASKED, ENDED, .state = STATE_RUNNING, .reason = "being cancelled"},
    {RUN | ELSEWHERE, ENDED, .state = STATE_RUNNING, .tell = tell_machine},
    {RUN, ENDED, .state = STATE_RUNNING},
    {BATCH_RUNNING, ENDED, .state = STATE_RUNNING},
    {HAS_JOB, ENDED | CANCEL_ASKED, .state = STATE_QUEUED},
    {ATTEMPT | CANCEL_ASKED, ENDED, .state = STATE_SUBMITTED, .reason = "being cancelled"},
    {ATTEMPT, ENDED, .state = STATE_SUBMITTED},
    {WATCH_SUBMITTED, 0, .state = STATE_SUBMITTED},
    {WATCH_RUNNING, 0, .state = STATE_RUNNING},

    {SKIPPED, 0, .state = STATE_SKIPPED, .reason = "skipped by a user"},
    {FILE_SAYS_DONE, 0, .state = STATE_SKIPPED, .reason = "status: done in the workflow file"},

    {EXIT_ZERO, SAID_FAILED | OLD | UNFINISHED, .state = STATE_DONE},
    {BATCH_DONE, EXIT_OTHER | SAID_FAILED | OLD | UNFINISHED, .state = STATE_DONE},
    {STOPPED, OLD, .state = STATE_CANCELLED, .reason = "cancelled by a user before it started"},
    {ENDED | CANCEL_ASKED, OLD, .state = STATE_CANCELLED, .reason = "cancelled by a user"},
    {BATCH_CANCELLED, EXIT_ZERO | OLD, .state = STATE_CANCELLED, .reason = "cancelled in the batch queue"},
    {EXIT_ZERO | UNFINISHED, OLD, .state = STATE_FAILED, .tell = tell_unfinished},
    {BATCH_DONE | UNFINISHED, OLD | EXIT_OTHER, .state = STATE_FAILED, .tell = tell_unfinished},
    {EXIT_ZERO, OLD, .state = STATE_FAILED, .reason = "exit 0, but its last status line says failed"},
    {BATCH_FAILED, OLD, .state = STATE_FAILED, .tell = tell_batch_end},
    {EXIT_OTHER, OLD, .state = STATE_FAILED, .tell = tell_exit},
    {BATCH_DONE, OLD, .state = STATE_FAILED, .reason = "completed, but its last status line says failed"},
    {LOST, OLD, .state = STATE_LOST, .reason = "the process is gone and left no exit record"},
    {WATCH_DONE, 0, .state = STATE_DONE},
    {WATCH_FAILED, 0, .state = STATE_FAILED, .tell = tell_message},
    {WATCH_LOST, 0, .state = STATE_LOST, .tell = tell_message},

    {HELD, 0, .state = STATE_HELD, .reason = "held by a user"},
    {0, 0, .state = STATE_READY},
};

const struct derive_rule *derive_rule_find(
    const struct node *node, const struct observation *observation, const struct attempt **attempt)
{
    const struct attempt *newest = observation_newest(observation);
    unsigned evidence = gather(node, observation, newest);
    const struct derive_rule *rule = rules;
    while ((evidence & rule->must) != rule->must || evidence & rule->must_not)
        rule++;
    *attempt = rule->must & ABOUT_ATTEMPT ? newest : NULL;
    return rule;
}

void derive_rule_tell(const struct derive_rule *rule, const struct attempt *attempt,
    const struct observation *observation, struct text *reason)
{
    if (rule->reason)
        text_append_string(reason, rule->reason);
    if (rule->tell)
        rule->tell(reason, attempt, observation);
}
